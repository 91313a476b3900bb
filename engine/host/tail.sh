#!/bin/sh
# Prints the journal in its export form, from where it is told on. Changes nothing.
# Arguments: nonce, a container's name or "", a user and a unit of theirs or "" twice, the name of an app or
# unit or "", journalctl's own words. Says "NONCE journal TIME" first, TIME in
# seconds since 1970. Whoever reads comes back now and then: nobody who was cut off is followed for ever.
seen=''
nonce=$1 container=$2 user=$3 unit=$4 app=$5
shift 5
# Replicas whose log is a file are read there too: what keeps it knows where, and says it as journalctl would.
apps=/etc/drover/apps files=''
file_of() { # UNIT, or a pattern of units
	case $1 in *.*) set -- "$1" ;; *) set -- "$1" "$1.service" ;; esac
	for conf in "$apps"/*/log-*; do
		[ -r "$conf" ] || continue
		name=${conf%/log-*} name=${name##*/}-${conf##*/log-}.service
		# shellcheck disable=SC2254
		case $name in $1 | ${2:-$1}) files="$files $conf" ;; esac
	done
}
[ -z "$container" ] || file_of "$container"
command -v journalctl >/dev/null || {
	echo "this host has no journal" >&2
	exit 1
}
if [ -n "$container" ] && [ -n "$files" ]; then
	for word; do
		shift
		case $word in CONTAINER_NAME=*) set -- "$@" -u "$container.service" ;; *) set -- "$@" "$word" ;; esac
	done
	container=''
fi
if [ -n "$container" ] && command -v podman >/dev/null; then
	driver=$(podman inspect --type container --format '{{.HostConfig.LogConfig.Type}}' -- "$container" 2>/dev/null)
	case $driver in
	'' | journald) ;;
	*)
		echo "container $container logs by the driver $driver, which is not the journal" >&2
		exit 1
		;;
	esac
fi
if [ -n "$user" ]; then
	uid=$(id -u -- "$user" 2>/dev/null) || {
		echo "this host has no user $user" >&2
		exit 1
	}
	case $unit in *.*) ;; *) unit=$unit.service ;; esac
	# What it says, and what its manager says of it.
	set -- "$@" _SYSTEMD_USER_UNIT="$unit" _UID="$uid" + USER_UNIT="$unit" _UID="$uid"
fi
# A unit of a user's own, as one of the things to be read; words that end by + are another such thing.
of_user() { # USER UNIT
	uid=$(id -u -- "$1" 2>/dev/null) || return 0
	printf '%s\n' _SYSTEMD_USER_UNIT="$2" _UID="$uid" + USER_UNIT="$2" _UID="$uid" +
}
if [ -n "$app" ]; then
	# The app's units, else the instance of this name: UNIT, or USER/UNIT of a user's own.
	units=$(awk -F'\t' -v app="$app" '
		function name(id,	w) {
			if (sub(/^unit /, "", id)) return id
			if (!sub(/^userunit /, "", id)) return ""
			split(id, w, " of ")
			return w[2] "/" w[1]
		}
		name($1) == "" { next }
		$3 == app { all = all name($1) "\n" }
		$3 != "-" && name($1) ~ "/" && substr(name($1), index(name($1), "/") + 1) == app ".service" { one = one name($1) "\n" }
		END { printf "%s", all != "" ? all : one }' /var/lib/drover/manifest 2>/dev/null)
	case $units in
	*/*)
		words=$(for one in $units; do
			case $one in
			*/*) of_user "${one%%/*}" "${one#*/}" ;;
			*) printf '%s\n' _SYSTEMD_UNIT="$one" + UNIT="$one" _PID=1 + ;;
			esac
		done)
		# shellcheck disable=SC2086
		set -- "$@" ${words%+}
		;;
	*) for one in ${units:-$app}; do set -- "$@" -u "$one"; done ;;
	esac
	seen=${units:-$app}
fi
for word; do
	case $word in --unit[=]*) seen="$seen ${word#*=}" ;; esac
done
# Units that log to a namespace are read there, and what the host's journal has of them too. Patterns are of units
# that run.
spaces=''
if [ "$seen" ] && command -v systemctl >/dev/null; then
	set -f
	# shellcheck disable=SC2086
	spaces=$(systemctl show -p LogNamespace --value -- $seen 2>/dev/null | sort -u | grep .)
	set +f
fi
case $spaces in
'') ;;
*[!A-Za-z0-9_-]*)
	echo "these units log to several namespaces: name one of them" >&2
	exit 1
	;;
*) set -- "--namespace=+$spaces" "$@" ;;
esac
set -f
for word in $seen; do
	set +f
	file_of "$word"
done
set +f
leash=
command -v timeout >/dev/null && leash="timeout 1200"
printf '\n%s journal %s\n' "$nonce" "$(date +%s)"
if [ "$files" ]; then
	set -- --no-pager --quiet --output=export \
		--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM,_HOSTNAME,CONTAINER_NAME,_SYSTEMD_UNIT "$@"
	reader=${files##* } reader=${reader%/*}/logfile.pl
	files=$(printf '%s\n' $files | sort -u)
	# shellcheck disable=SC2086
	exec $leash perl "$reader" show $files -- "$@"
fi
exec $leash journalctl --no-pager --quiet --output=export \
	--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM,_HOSTNAME,CONTAINER_NAME,_SYSTEMD_UNIT "$@"
