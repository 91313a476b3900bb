#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Whether units are as they should be: what they printed, how often they were started, and their health
# checks. In front of carry.sh, whose records and texts it uses.
# Of a unit that logs to a namespace, that and the host's journal.
log_space() { # UNIT
	case $1 in */*) return ;; esac
	space=$(property "$1" LogNamespace)
	[ -z "$space" ] || echo "--namespace=+$space"
}
# True of a unit whose log is a file; $log then tells which.
log_file() { # UNIT
	log=/etc/drover/apps/${1%-*}/log-${1##*-} log=${log%.service}
	[ -r "$log" ]
}
# What such a unit printed: since its start, or the last lines.
file_of() { # UNIT since-start|LINES
	log_file "$1" || return
	case $2 in
	since-start) perl "${log%/*}/logfile.pl" said "$log" "$(property "$1" InvocationID)" ;;
	*) perl "${log%/*}/logfile.pl" last "$log" "$2" | sed 's/^[0-9]* //' ;;
	esac
}
# What the journal has of a unit, and nothing else.
journal_of() { # UNIT WORD...
	whose=$1
	shift
	case $whose in
	*/*) journalctl -q --no-pager -o cat _SYSTEMD_USER_UNIT="${whose#*/}" _UID="$(id -u -- "${whose%%/*}")" "$@" ;;
	*)
		# shellcheck disable=SC2046
		journalctl -q --no-pager -o cat $(log_space "$whose") -u "$whose" "$@"
		;;
	esac
}
last_lines() { # UNIT
	# Why its log cannot be kept, and it cannot start.
	[ ! -r "/etc/drover/apps/${1%-*}/logfile.pl" ] ||
		journal_of "${1%.service}-log.service" _TRANSPORT=stdout --since -1min -n 1 2>/dev/null
	journal_of "$1" -n 8 2>/dev/null
	file_of "$1" 8 2>/dev/null
}
# A unit that had to be started again by itself since we started it is not well.
steady() { # UNIT=RESTARTS
	name=${1%=*}
	case $(property "$name" ActiveState) in
	active | reloading) ;;
	inactive)
		[ "$(property "$name" Type)" = oneshot ] && [ "$(property "$name" Result)" = success ] ||
			abort "$name is not running$nl$(last_lines "$name")"
		;;
	*) abort "$name is $(property "$name" ActiveState) ($(property "$name" Result))$nl$(last_lines "$name")" ;;
	esac
	count=$(property "$name" NRestarts)
	[ "$count" = "${1##*=}" ] || abort "$name was restarted $count times since its start$nl$(last_lines "$name")"
}
steady_all() {
	for one in $watched; do
		steady "$one"
	done
}
probe_tcp() { # ADDRESS PORT SECONDS
	if command -v bash >/dev/null; then
		timeout "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
	elif command -v perl >/dev/null; then
		timeout "$3" perl -MIO::Socket::IP -e 'exit !IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => $ARGV[1])' "$1" "$2"
	else
		echo "neither bash nor perl is there to probe with"
		return 1
	fi
}
probe_http() { # ADDRESS PORT SECONDS PATH
	if command -v bash >/dev/null; then
		timeout "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
			printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$2" "$0" >&3
			IFS= read -r line <&3 || exit 1
			printf "%s" "${line%%[[:cntrl:]]*}"
			case $line in HTTP/1.[01]\ [23][0-9][0-9]*) ;; *) exit 1 ;; esac' "$1" "$2" "$4"
		return
	fi
	case $1 in *:*) set -- "[$1]" "$2" "$3" "$4" ;; esac
	if command -v curl >/dev/null; then
		curl -fsS -o /dev/null -m "$3" "http://$1:$2$4"
	elif command -v wget >/dev/null; then
		timeout "$3" wget -q -O /dev/null "http://$1:$2$4"
	else
		echo "neither bash, curl nor wget is there to probe with"
		return 1
	fi
}
# What the unit said since this start of it, and no other.
probe_journal() { # UNIT SECONDS PATTERN
	if log_file "$1"; then
		file_of "$1" since-start | grep -Eq -e "$3" && return
		echo "no line of its log since it was started matches $3"
		return 1
	fi
	start=_SYSTEMD_INVOCATION_ID=$(property "$1" InvocationID)
	case $1 in
	*/*) set -- "$2" "$3" _SYSTEMD_USER_UNIT="${1#*/}" _UID="$(id -u -- "${1%%/*}")" "$start" ;;
	*) set -- "$2" "$3" -u "$1" "$start" "$(log_space "$1")" ;;
	esac
	# shellcheck disable=SC2016
	timeout "$1" sh -c 'pattern=$0 && journalctl -q --no-pager -o cat "$@" | grep -Eq -e "$pattern"' \
		"$2" "$3" "$4" "$5" ${6:+"$6"} && return
	echo "no line of its journal since it was started matches $2"
	return 1
}
probe() { # KIND ADDRESS PORT SECONDS PATH
	case $1 in
	http) probe_http "$2" "$3" "$4" "$5" ;;
	tcp) probe_tcp "$2" "$3" "$4" ;;
	exec) with_words "args/$5" timeout "$4" ;;
	journal) with_words "args/$5" probe_journal "$name" "$4" ;;
	esac
}
# Well at once, or within the time that so many tries at this interval take; a unit that ended is not
# waited for.
well() { # UNIT KIND ADDRESS PORT INTERVAL TIMEOUT RETRIES PATH
	name=$1 kind=$2 interval=$5 seconds=$((($6 + 999) / 1000)) wait=100
	now
	deadline=$((up + $5 * $7 / 10))
	until text=$(probe "$kind" "$3" "$4" "$seconds" "$8" 2>&1 3<&- 9>&-); do
		now
		[ "$up" -lt "$deadline" ] || abort "health check $kind failed for $(($5 * $7)) ms: $text$nl$(last_lines "$name")"
		[ "$name" = - ] || [ "$(property "$name" ActiveState)" != failed ] || steady "$name=0"
		pause $wait
		wait=$((wait * 2))
		[ $wait -le "$interval" ] || wait=$interval
	done
}
gate() { # ...
	gates="$gates$*$nl"
	well "$@"
}
# What was well once is to be so when it has been watched.
well_still() {
	while read -r words <&5; do
		# shellcheck disable=SC2086
		[ -z "$words" ] || well $words 5<&-
	done 5<<-END
		$gates
	END
}
