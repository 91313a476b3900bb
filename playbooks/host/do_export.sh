#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Keeps what a volume, or the directory of a program, holds in the act's own directory, and puts it back from there:
#   volumes/NAME.tar*   as the host can pack it       volumes/NAME.sum   KIB FILE SHA256, when that is on the disk
# Of a directory NAME is its path with = for each slash. Whoever uses it stands still while it is read; who is to get
# back what it held is stopped first. What it held until then is kept too: as NAME by an undo, as NAME.since by an act
# that takes itself back.
do_export() { # export|restore NAME|/DIRECTORY -|self|RUN KIB UNIT...
	k_what=$2 k_from=$3 k_most=$4
	k_verb=$1
	shift 4
	k_units=$*
	k_name=$(printf %s "${k_what#/}" | tr / =) k_thing="volume $k_what"
	[ "${k_what#/}" = "$k_what" ] || k_thing=$k_what
	text=''
	case $k_verb/$k_from in
	export/*)
		export_out "$k_name" still || return 1
		[ -e "volumes/$k_name.sum" ] || state=ok
		;;
	restore/self)
		# Where nothing ran on it since, it holds what it held.
		[ -r "volumes/$k_name.sum" ] && { export_done before || [ -e "volumes/$k_name.put" ]; } || return 0
		export_back volumes "$k_name.since" before && unwell="$unwell; $text"
		;;
	restore/*)
		harmless=''
		export_back "../$k_from/volumes" "$k_name" steps
		;;
	esac
}
# One of these units, or of those that use it, has been started, stopped or is to be, by the lines of a file.
export_done() { # FILE [UNIT]
	awk -v units=" ${2:-$k_units} " '$1 == "unit" && $2 !~ /^try-/ && index(units, " " $3 " ") { found = 1 }
		END { exit !found }' "$1" 2>/dev/null
}
export_mib() { # KIB
	echo "$((($1 + 1023) / 1024)) MiB"
}
# Where it lies, in k_where; empty: it is not there.
export_find() {
	k_where=''
	case $k_what in
	/*) [ ! -d "$k_what" ] || k_where=$k_what ;;
	*)
		podman volume exists "$k_what" 2>/dev/null || return 0
		k_where=$(podman volume inspect --format '{{.Mountpoint}}' -- "$k_what" 2>&1) || {
			text=$k_where
			return 1
		}
		;;
	esac
}
export_read() {
	case $k_what in
	/*) tar -C "$k_what" --numeric-owner -cf - . ;;
	*) podman volume export "$k_what" ;;
	esac
}
export_write() {
	case $k_what in
	/*) tar -C "$k_what" --numeric-owner -xpf - ;;
	*) podman volume import "$k_what" - ;;
	esac
}
export_pack() {
	case $k_end in
	.tar.zst) zstd -q -c ;;
	.tar.gz) gzip -1 -c ;;
	.tar) cat ;;
	esac
}
export_unpack() { # FILE
	case $1 in
	*.tar.zst) zstd -q -d -c "$1" ;;
	*.tar.gz) gzip -d -c "$1" ;;
	*.tar) cat "$1" ;;
	esac
}
export_containers() {
	podman ps -q --no-trunc --filter "volume=$k_what" --filter status=running 2>/dev/null
}
# A later act lets go of those that this one could not.
export_hold() {
	: >held || return 1
	case $k_what in
	/*)
		for k_unit in $k_units; do
			[ "$(property "$k_unit" ActiveState)" != active ] || echo "unit $k_unit" >>held
		done
		;;
	*) export_containers | sed 's/^/container /' >>held ;;
	esac
	settle held .
	while read -r k_kind k_who; do
		case $k_kind in
		container) text=$(podman pause "$k_who" 2>&1) ;;
		unit) text=$(systemctl kill -s STOP -- "$k_who" 2>&1) ;;
		esac </dev/null || return 1
	done <held
	text=''
}
export_free() { # DIRECTORY
	df -Pk "$1" | awk 'NR == 2 { print $4 }'
}
# There is room for all of it, were it not to get smaller: k_room is what it may take.
export_room() {
	k_size=$(du -sk -- "$k_where" 2>/dev/null)
	k_size=${k_size%%[!0-9]*}
	k_room=$(($(export_free .) - 8192))
	if [ "${k_size:-0}" -gt "$k_most" ]; then
		text="$k_thing holds $(export_mib "$k_size"), and at most $(export_mib "$k_most") are exported"
		return 1
	elif [ "${k_size:-0}" -gt "$k_room" ]; then
		text="$k_thing holds $(export_mib "$k_size"), and there is not so much room in $PWD"
		return 1
	fi
	[ "$k_room" -le "$k_most" ] || k_room=$k_most
}
export_stream() { # FILE
	rm -f volumes/bad
	{
		{ export_read || : >volumes/bad; } | { export_pack || : >volumes/bad; } | head -c $((k_room * 1024)) >"$1" ||
			: >volumes/bad
	} 2>volumes/said
	if [ -e volumes/bad ] || [ ! -s "$1" ]; then
		text="$(head -c 300 volumes/said | tr -d '\000')"
		return 1
	fi
}
# A signal waits until those that stand still go on.
export_out() { # NAME still|-
	export_find || return 1
	[ "$k_where" ] && [ "$(find "$k_where" -mindepth 1 -print -quit)" ] || return 0
	export_room && text=$(mkdir -p volumes 2>&1) || return 1
	if command -v zstd >/dev/null; then
		k_end=.tar.zst
	elif command -v gzip >/dev/null; then
		k_end=.tar.gz
	else
		k_end=.tar
	fi
	k_cut='' k_good=''
	if [ "$2" = still ]; then
		trap 'k_cut=1' TERM
		export_hold && export_stream "volumes/$1.part" && k_good=1
		let_go held
		trap 'abort "$by_signal"' TERM
		[ -z "$k_cut" ] || abort "$by_signal"
	else
		export_stream "volumes/$1.part" && k_good=1
	fi
	[ -z "$k_good" ] || export_keep "$1" || k_good=''
	rm -f "volumes/$1.part" volumes/bad volumes/said
	if [ -z "$k_good" ]; then
		text="$k_thing could not be exported${text:+: $text}"
		return 1
	fi
}
# What cannot be read back is no export.
export_keep() { # NAME
	text=$({ sync "volumes/$1.part" && mv -f "volumes/$1.part" "volumes/$1$k_end" &&
		export_unpack "volumes/$1$k_end" >/dev/null; } 2>&1) || return 1
	k_sum=$(sha256sum <"volumes/$1$k_end")
	text=$({ echo "${k_size:-0} $1$k_end ${k_sum%% *}" >"volumes/$1.sum" && sync "volumes/$1.sum" volumes .; } 2>&1) ||
		return 1
	text="$((($(wc -c <"volumes/$1$k_end") + 1023) / 1024)) KiB in $PWD/volumes/$1$k_end"
}
# Those that run on it: the units of the act, and of containers the units that run them.
export_users() {
	for k_unit in $k_units; do
		case $(property "$k_unit" ActiveState) in active | reloading | activating) echo "$k_unit" ;; esac
	done
	case $k_what in /*) return ;; esac
	for k_id in $(export_containers); do
		k_unit=$(podman inspect --format '{{index .Config.Labels "PODMAN_SYSTEMD_UNIT"}}' "$k_id" 2>/dev/null)
		echo "${k_unit:-container $k_id, which no unit runs}"
	done
}
export_stop() { # FILE: what its lines start again is told there to have run
	k_rest=''
	export_users | sort -u >volumes/users
	if grep -q ' ' volumes/users; then
		text="$k_thing is in use by $(grep ' ' volumes/users | head -n 1)"
		return 1
	fi
	while read -r k_unit <&7; do
		if [ "$drained" != "$k_unit" ] && ! hook drain "$k_unit"; then
			[ "$1" = before ] || return 1
			unwell="$unwell; $text"
		fi
		[ "$1" = before ] || before "unit stop $k_unit $(property "$k_unit" ActiveState)"
		k_rest="$k_rest $k_unit"
		text=$(systemctl stop -- "$k_unit" 2>&1 7<&-) || return 1
		rested="$rested $k_unit"
		[ "$drained" != "$k_unit" ] || drained=''
	done 7<volumes/users
	rm -f volumes/users
}
# Those stay down that the act itself starts, when it comes to them.
export_wake() { # FILE
	for k_unit in $k_rest; do
		export_done "$1" "$k_unit" || k_said=$(systemctl start -- "$k_unit" 2>&1) || {
			text="$k_unit: $k_said"
			return 1
		}
	done
}
export_put() { # FILE KIB
	export_find || return 1
	if [ -z "$k_where" ]; then
		case $k_what in
		/*) text=$(mkdir -p "$k_what" 2>&1) || return 1 ;;
		*) text=$(podman volume create -- "$k_what" 2>&1) || return 1 ;;
		esac
		export_find || return 1
	fi
	k_size=$(du -sk -- "$k_where" 2>/dev/null)
	k_size=${k_size%%[!0-9]*}
	if [ "$2" -gt $(($(export_free "$k_where") + ${k_size:-0})) ]; then
		text="there is no room for $(export_mib "$2") in $k_where"
		return 1
	fi
	: >"volumes/$k_name.put"
	settle "volumes/$k_name.put" volumes
	text=$({ find "$k_where" -mindepth 1 -delete && export_unpack "$1" | export_write &&
		{ sync -f "$k_where" || sync; }; } 2>&1)
}
export_back() { # DIRECTORY NAME steps|before: what it holds now is kept as NAME
	if ! read -r k_kib k_file k_sum <"$1/$k_name.sum" 2>/dev/null; then
		text="no export of $k_thing by that run is kept here"
		return 1
	fi
	k_file=$1/$k_file
	k_is=$(sha256sum <"$k_file" 2>&1)
	if [ "${k_is%% *}" != "$k_sum" ]; then
		text="$k_file is damaged"
		return 1
	fi
	k_cause=''
	text=$(mkdir -p volumes 2>&1) || return 1
	if export_stop "$3" && export_out "$2" -; then
		k_held=$text
		export_put "$k_file" "$k_kib" || {
			k_cause="$k_thing could not be put back from $k_file: $text"
			export_undo "$2"
		}
	else
		k_cause=$text
	fi
	if [ "$k_cause" ]; then
		export_wake /dev/null
		text=$k_cause
		return 1
	fi
	export_wake "$3" || return 1
	text="$k_thing is as it was${k_held:+; what it held until now: $k_held}"
}
# What it held a moment ago.
export_undo() { # NAME
	read -r k_kib k_file k_sum <"volumes/$1.sum" 2>/dev/null || return 0
	if export_put "volumes/$k_file" "$k_kib"; then
		k_cause="$k_cause; it holds what it held"
	else
		k_cause="$k_cause; what it held is in $PWD/volumes/$k_file"
	fi
}
