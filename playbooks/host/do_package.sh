#!/bin/sh
# shellcheck disable=SC2034
# Installs or removes packages in one transaction of apt, which removes nothing that the plan did not
# name. Who holds apt's locks is waited for, two minutes at most.
k_package_patiently() { # COMMAND...
	k_until=$(($(date +%s) + 120))
	while :; do
		"$@" >apt.said 2>&1
		k_status=$?
		[ $k_status != 0 ] || break
		grep -qE 'Could not get lock|Unable to (acquire|lock)' apt.said || break
		[ "$(date +%s)" -lt $k_until ] || break
		sleep 1
	done
	cat apt.said
	rm -f apt.said
	return "$k_status"
}
k_package_update() { # SECONDS
	k_package_stale "$1" || return 0
	k_package_patiently k_package_apt -o APT::Update::Error-Mode=any update || return 1
	touch /var/lib/drover/apt-updated
}
k_package_act() { # VERB UPDATE RECOMMENDS [may-remove=NAME]... SPEC...
	k_verb=$1 k_recommends=$3 k_may=' ' k_pinned='' k_options=''
	[ "$1" != install ] || k_package_update "$2" || return 1
	shift 3
	while [ $# -gt 0 ]; do
		case $1 in
		may-remove=*) k_may="$k_may${1#*=} " ;;
		*) break ;;
		esac
		shift
	done
	for k_line; do
		case $k_line in *=*) k_pinned=--allow-downgrades ;; esac
	done
	[ "$k_recommends" = - ] || k_options="-o APT::Install-Recommends=$k_recommends"
	k_package_forecast "$k_verb" "$k_recommends" "$@" | sed -n 's/^remv \([^ ]*\).*/\1/p' >apt.remove
	while read -r k_line; do
		case $k_may in
		*" $k_line "*) ;;
		*)
			echo "apt would remove $k_line too, which the plan did not say: nothing was done"
			return 1
			;;
		esac
	done <apt.remove
	rm -f apt.remove
	# shellcheck disable=SC2086
	k_package_patiently k_package_apt -y $k_pinned $k_options -o DPkg::Lock::Timeout=60 \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$k_verb" "$@"
}
# What went wrong comes before all that was said.
k_package_trouble() {
	grep -E '^(E:|dpkg: error|dpkg-deb: error| .* subprocess .* error exit status|apt would)' output
	[ -z "$(dpkg --audit 2>&1)" ] || echo "dpkg was left in the middle: \`dpkg --configure -a\` on the host mends it"
}
do_package() { # VERB UPDATE RECOMMENDS [may-remove=NAME]... SPEC...
	# What maintainers' scripts make is for all to read.
	(umask 022 && k_package_act "$@") >output 2>&1 </dev/null
	k_result=$?
	text=$([ $k_result = 0 ] || k_package_trouble | head -c 2048 && tail -c 14000 output)
	return $k_result
}
