#!/bin/sh
# What is kept of the release of an app that a unit is of, in one line; and which units want that one to run.
look_kept() { # APP UNIT [wanted]
	k_id=$(app=$1 unit="unit $2" awk -F'\t' '$1 == ENVIRON["unit"] && $3 == ENVIRON["app"] { print $4; exit }' \
		/var/lib/drover/manifest 2>/dev/null)
	case $k_id in
	'' | *[!0-9a-f]*) ;;
	*)
		k_text=$(head -n 1 "/var/lib/drover/releases/$1/$k_id/resources" 2>/dev/null)
		[ -z "$k_text" ] || printf 'kept %s\n' "$k_text"
		;;
	esac
	[ "$3" ] || return 0
	for k_name in $(systemctl show -p WantedBy -p RequiredBy --value -- "$2" | tr ' ' '\n'); do
		case $k_name in
		*.service) ! systemctl -q is-active -- "$k_name" || echo "wanted $k_name" ;;
		esac
	done
}
