#!/bin/sh
# Restarts units of an app, one after another: each must come up, stay so for three seconds without having come up
# anew, and answer its health check, before the next. Behind this text stand lines
# UNIT of a user's own is USER/UNIT.
#   one UNIT [http ADDRESS PORT PATH | tcp ADDRESS PORT | exec WORD... | journal PATTERN]
manage() { # UNIT WORD...: systemctl by these words, the unit behind them
	which=$1
	shift
	case $which in
	*/*)
		uid=$(id -u -- "${which%%/*}") && gid=$(id -g -- "${which%%/*}") || return 1
		(cd / && exec setpriv --reuid "$uid" --regid "$gid" --init-groups env XDG_RUNTIME_DIR="/run/user/$uid" \
			systemctl --user "$@" -- "${which#*/}")
		;;
	*) systemctl "$@" -- "$which" ;;
	esac
}
answers() {
	case $1 in
	exec)
		shift
		timeout 10 "$@" >/dev/null 2>&1
		;;
	journal)
		case $unit in
		*/*) match="_SYSTEMD_USER_UNIT=${unit#*/}" ;;
		*)
			log=/etc/drover/apps/${unit%-*}/log-${unit##*-} log=${log%.service}
			if [ -r "$log" ]; then
				perl "${log%/*}/logfile.pl" said "$log" "$(manage "$unit" show -P InvocationID)" | grep -Eq -e "$2"
				return
			fi
			match="--unit=$unit" space=$(systemctl show -P LogNamespace -- "$unit")
			;;
		esac
		# shellcheck disable=SC2016
		timeout 10 sh -c 'journalctl -q --no-pager -o cat "$0" "_SYSTEMD_INVOCATION_ID=$1" ${3:+"--namespace=+$3"} | grep -Eq -e "$2"' \
			"$match" "$(manage "$unit" show -P InvocationID)" "$2" "${space:-}"
		;;
	*)
		# shellcheck disable=SC2016
		timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 1
			[ "$0" = http ] || exit 0
			printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3
			IFS=" " read -r _ code _ <&3 && [ "$code" -ge 200 ] && [ "$code" -lt 400 ]' "$@" 2>/dev/null
		;;
	esac
}
one() {
	unit=$1 tries=0
	shift
	manage "$unit" cat >/dev/null 2>&1 || return 0
	manage "$unit" restart || exit 1
	sleep 3
	state=$(manage "$unit" is-active)
	if [ "$state" = inactive ] && [ "$(manage "$unit" show -P Type)" = oneshot ]; then state=ended; fi
	echo "$unit: $state"
	case $state in active | ended) ;; *) exit 1 ;; esac
	again=$(manage "$unit" show -P NRestarts)
	[ "${again:-0}" = 0 ] || {
		echo "$unit came up $again times more by itself" >&2
		exit 1
	}
	[ $# -gt 0 ] || return 0
	until answers "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 20 ] || {
			echo "$unit: its health check ($1) does not answer" >&2
			exit 1
		}
		sleep 1
	done
	echo "$unit: healthy"
}
