# shellcheck shell=sh disable=SC2034
# Words of what stands on a host of the herd in place of systemd and podman. /herd/fail is what is to go wrong
# there once; what is asked that nobody foresaw stands in /herd/unknown.
UNITS=/herd/units
fails() { # WORD
	[ "$(cat /herd/fail 2>/dev/null)" = "$1" ] || return 1
	rm -f /herd/fail
	echo "$1" >>/herd/failed
}
unknown() { # WORD...
	echo "$0 $*" >>/herd/unknown
	exit 64
}
uptime_now() {
	read -r up _ </proc/uptime
	echo "$up"
}
