#!/bin/sh
# A volume: that it is there, and how it was made. Of one that is to go: also who uses it.
look_volume() { # USER NAME [going]
	k_mark=$(volume_mark "$1" "$2")
	[ "$k_mark" ] || return 0
	echo there
	k_record=$(volume_record "$1" "$2")
	if [ "$3" ]; then
		k_used=$(as_user "$1" podman ps -a --filter "volume=$2" --format '{{.Names}}' | head -c 65536 | sort | tr '\n' ' ')
		[ -z "$k_used" ] || echo "used $k_used"
		[ -z "$(ls -A "$(store_of "$1")/volumes/$2/_data" 2>/dev/null)" ] || echo full
	elif [ -r "$k_record" ] && [ "$(head -n 1 "$k_record")" = "$k_mark" ]; then
		sed 1d "$k_record"
	elif manager_of "$1"; then
		volume_told "$1" "$2"
	else
		echo unknown
	fi
}
