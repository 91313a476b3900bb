#!/bin/sh
# shellcheck disable=SC2034
# What dpkg has of some packages, and what apt would do about the rest. apt is asked without its caches:
# it would write them anew.
k_package_stale() { # SECONDS: the lists are older, or their sources are newer
	[ "$1" != - ] || return 1
	k_newest=0
	for k_file in /var/lib/drover/apt-updated /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists; do
		k_time=$(stat -c %Y $k_file 2>/dev/null) || continue
		[ "$k_time" -le "$k_newest" ] || k_newest=$k_time
	done
	k_package_lists || return 0
	[ $(($(date +%s) - k_newest)) -le "$1" ] || return 0
	k_sources=$(find /etc/apt/sources.list /etc/apt/sources.list.d -exec stat -c %Y {} + 2>/dev/null | sort -n | tail -n 1)
	[ "${k_sources:-0}" -gt "$k_newest" ]
}
k_package_lists() {
	[ "$(find -L /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' | head -n 1)" ]
}
k_package_apt() { # APT-GET'S WORDS...
	LC_ALL=C DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none apt-get -q -o Dpkg::Use-Pty=0 "$@"
}
# What it would do, a line a package: "inst NAME ...", "remv NAME ...", "error ...".
k_package_forecast() { # VERB RECOMMENDS SPEC...
	k_verb=$1 k_recommends=$2
	shift 2
	[ "$k_recommends" = - ] || set -- -o "APT::Install-Recommends=$k_recommends" "$@"
	k_package_apt -s -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 \
		"$k_verb" "$@" 2>&1 </dev/null |
		sed -n -e 's/^Inst /inst /p' -e 's/^Remv /remv /p' -e 's/^Purg /remv /p' -e 's/^E: /error /p' \
			-e 's/^WARNING: The following essential packages.*/essential/p'
}
# The status of one: installed (in this version), not-installed, config-files, half-configured, ...
k_package_status() { # SPEC
	k_name=${1%%=*} k_version='' k_found=not-installed
	case $1 in *=*) k_version=${1#*=} ;; esac
	case $k_name in
	*:*) k_arch=${k_name#*:} k_name=${k_name%%:*} ;;
	*) k_arch=$k_native ;;
	esac
	while read -r k_n k_a k_s k_v; do
		[ "$k_n" = "$k_name" ] || continue
		case $k_a in "$k_arch" | all) ;; *) continue ;; esac
		if [ "$k_s" = installed ] && [ "$k_version" ] && [ "$k_v" != "$k_version" ]; then k_s=other; fi
		k_found=$k_s
	done <<-END
	$k_have
	END
}
k_package_wrong() { # STATE SPEC: it is not as it should be
	k_package_status "$2"
	case $1-$k_found in
	present-installed | absent-not-installed | absent-config-files | purged-not-installed) return 1 ;;
	*-installed | *-other | *-config-files) ;;
	*) echo "half $k_name is $k_found" ;;
	esac
}
look_package() { # present|latest|absent|purged UPDATE RECOMMENDS SPEC...
	k_state=$1 k_update=$2 k_recommends=$3 k_names='' k_todo='' k_verb=install
	shift 3
	IFS=' '
	for k_tool in dpkg-query apt-get; do
		command -v $k_tool >/dev/null || { echo "lacks $k_tool" && return; }
	done
	[ -z "$(find /var/lib/dpkg/updates -type f)" ] || echo interrupted
	k_native=$(dpkg --print-architecture)
	for k_spec; do k_names="$k_names ${k_spec%%=*}"; done
	# shellcheck disable=SC2086
	k_have=$(dpkg-query -W -f '${Package} ${Architecture} ${db:Status-Status} ${Version}\n' $k_names 2>/dev/null | head -c 1048576)
	for k_spec; do
		k_package_wrong "$k_state" "$k_spec" || continue
		k_todo="$k_todo $k_spec"
		echo "todo $k_spec"
	done
	[ "$k_todo" ] || return 0
	case $k_state in
	absent) k_verb=remove ;;
	purged) k_verb=purge ;;
	*)
		k_package_lists || echo never
		if k_package_stale "$k_update"; then echo stale; fi
		;;
	esac
	# shellcheck disable=SC2086
	k_package_forecast $k_verb "$k_recommends" $k_todo
}
