#!/bin/sh
# shellcheck disable=SC2154
# Whether what is waited for is there by now; each look takes a few seconds at most.
wait_tcp() { # ADDRESS PORT
	if command -v bash >/dev/null; then
		timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
	else
		timeout 5 perl -MIO::Socket::IP -e 'exit !IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => $ARGV[1])' "$1" "$2"
	fi
}
# The status of the answer; its body is not looked at.
wait_http() { # ADDRESS PORT PATH CODES
	k_host=$1
	case $1 in *:*) k_host="[$1]" ;; esac
	if command -v bash >/dev/null; then
		k_code=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
			printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$2" "$3" >&3
			IFS=" " read -r version code rest <&3 && case $version in HTTP/1.*) printf "%.3s" "$code" ;; esac' \
			"$1" "$2" "$3" "$k_host")
	elif command -v curl >/dev/null; then
		k_code=$(curl -s -o /dev/null -w '%{http_code}' -m 5 "http://$k_host:$2$3")
	else
		k_code=$(timeout 5 wget -S -O /dev/null "http://$k_host:$2$3" 2>&1 | sed -n 's/^ *HTTP\/1[^ ]* \([0-9]*\).*/\1/p' | tail -n 1)
	fi
	case ,$4, in
	,-,) case $k_code in 2?? | 3??) return 0 ;; esac ;;
	*,"${k_code:-none}",*) return 0 ;;
	esac
	return 1
}
# Only what was said since the act began counts.
wait_journal() { # UNIT PATTERN
	[ "${since:-}" ] || return 1
	if [ "$1" = - ]; then set -- "$2"; else set -- "$2" -u "$1"; fi
	k_pattern=$1
	shift
	journalctl -q --no-pager -o cat --since "@$since" "$@" | grep -Eq -e "$k_pattern"
}
look_wait() { # present|absent KIND WORDS...
	k_state=$1
	k_kind=$2
	shift 2
	case $k_kind in
	port) wait_tcp "$@" ;;
	http) wait_http "$@" ;;
	file) [ -e "$1" ] || [ -L "$1" ] ;;
	unit) case $(systemctl is-active -- "$1") in active | reloading) ;; *) false ;; esac ;;
	journal) wait_journal "$@" ;;
	*) false ;;
	esac >/dev/null 2>&1
	case $?/$k_state in 0/present) echo holds ;; 0/absent) echo not ;; */absent) echo holds ;; *) echo not ;; esac
}
