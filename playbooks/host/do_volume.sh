#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Makes, keeps, makes anew or removes a volume. What it holds goes only when that was said (drop), after
# it was exported (export), or not at all (keep).
do_volume() { # create|keep|renew|absent USER NAME force|- drop|export|keep OPTION...
	k_op=$1 k_who=$2 k_name=$3 k_force=$4 k_data=$5
	shift 5
	k_record=$(volume_record "$k_who" "$k_name")
	k_kept=/var/lib/drover/volumes/$k_name-$run.tar
	case $k_op in
	create) volume_create "$@" || return 1 ;;
	keep) ;;
	renew)
		volume_unused || return 1
		k_data="export"
		volume_leave || return 1
		volume_create "$@" && volume_refill || return 1
		;;
	absent)
		[ "$(volume_mark "$k_who" "$k_name")" ] || return 0
		volume_unused && volume_leave || return 1
		return 0
		;;
	esac
	text=$({ mkdir -p "${k_record%/*}" && {
		volume_mark "$k_who" "$k_name"
		volume_told "$k_who" "$k_name" 2>/dev/null
	} >"$k_record.new" && sync "$k_record.new" && mv -f "$k_record.new" "$k_record"; } 2>&1)
}
volume_create() { # OPTION...
	text=$(as_user "$k_who" podman volume create "$@" -- "$k_name" 2>&1) || return 1
	text=''
}
volume_unused() {
	k_used=$(as_user "$k_who" podman ps -a --filter "volume=$k_name" --format '{{.Names}}' 2>/dev/null | tr '\n' ' ')
	[ -n "$k_used" ] && [ "$k_force" != force ] || return 0
	text="the volume is used by containers: ${k_used% } (force: true removes them with it)"
	return 1
}
volume_leave() {
	k_where=$(as_user "$k_who" podman volume inspect --format '{{.Mountpoint}}' -- "$k_name" 2>/dev/null)
	k_told=''
	if [ -z "$k_where" ] || [ -n "$(ls -A "$k_where" 2>&1)" ]; then
		case $k_data in
		keep)
			text="the volume is not empty"
			return 1
			;;
		export)
			text=$({ mkdir -p "${k_kept%/*}" && as_user "$k_who" podman volume export "$k_name" >"$k_kept" &&
				sync "$k_kept"; } 2>&1) && [ -s "$k_kept" ] || {
				rm -f "$k_kept"
				text="the volume could not be exported, so it stays: $text"
				return 1
			}
			k_told="what it held is in $k_kept"
			;;
		esac
	fi
	if [ "$k_force" = force ]; then
		text=$(as_user "$k_who" podman volume rm -f -- "$k_name" 2>&1) || return 1
	else
		text=$(as_user "$k_who" podman volume rm -- "$k_name" 2>&1) || return 1
	fi
	rm -f "$k_record"
	text=$k_told
}
volume_refill() {
	[ -n "$k_told" ] || return 0
	text=$(as_user "$k_who" podman volume import "$k_name" - <"$k_kept" 2>&1) || {
		text="$k_told, and could not be put back: $text"
		return 1
	}
	rm -f "$k_kept"
	text=''
}
