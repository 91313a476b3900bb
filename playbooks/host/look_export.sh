#!/bin/sh
# What a volume of root's, or a directory, holds, in KiB; how much room there is for its export, and how much earlier
# ones take. Nothing where it holds nothing.
look_export() { # NAME|/DIRECTORY
	k_where=$1
	case $1 in
	/*) ;;
	*)
		[ "$(volume_mark - "$1")" ] || return 0
		k_where=$(store_of -)/volumes/$1/_data
		;;
	esac
	[ "$(find "$k_where" -mindepth 1 -print -quit 2>/dev/null)" ] || return 0
	echo full
	k_size=$(timeout 20 du -sk -- "$k_where" 2>/dev/null) || k_size=''
	[ -z "$k_size" ] || echo "size ${k_size%%[!0-9]*}"
	k_base=/var/lib/drover/runs
	[ -d $k_base ] || k_base=/var/lib
	df -Pk $k_base 2>/dev/null | awk 'NR == 2 { print "room " $4 }'
	set +f
	timeout 20 du -skc /var/lib/drover/runs/*/volumes 2>/dev/null | awk 'END { if ($2 == "total") print "older " $1 }'
	set -f
}
