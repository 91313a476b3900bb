#!/bin/sh
# shellcheck shell=sh disable=SC2034,SC2154
# The lock of a host, of which an act holds descriptor 9, and what acts that died left behind. Stands in
# the program of an act, before carry.sh, whose words it uses.

# The line of an act that is under way, told from its unit and its records: the lock's file may have
# been deleted or damaged.
under_way() {
	grep -L ' end ' $base/runs/*/result 2>/dev/null | while read -r other; do
		other=${other%/result}
		name=${other##*/}
		[ "$name" != "$run" ] && grep -q " $boot [0-9.]* begin " "$other/result" || continue
		case $(systemctl is-active "drover-$name.service") in
		active | activating | deactivating | reloading)
			printf '%s\t%s\t%s\n' "$name" "$(date -u -r "$other/request" +%Y-%m-%dT%H:%M:%S.000Z)" "$(cat "$other/about")"
			return
			;;
		esac
	done
}
# Whoever has just taken the lock says so in a moment, and whoever has ended lets go of it; what stands
# in its file until then names somebody else.
take_lock() {
	holder='' tries=0
	while [ $tries -lt 20 ]; do
		if flock -n 9; then
			holder=$(under_way)
			[ -z "$holder" ]
			return
		fi
		holder=$(under_way)
		[ -z "$holder" ] || return 1
		tries=$((tries + 1))
		sleep 0.05
	done
	read -r old rest <$base/lock
	grep -q ' end ' "$base/runs/$old/result" 2>/dev/null || holder=$(cat $base/lock)
	return 1
}
# Those that an act holds still, "container ID" or "unit NAME" a line, go on.
let_go() { # FILE
	while read -r kind who; do
		case $kind in
		container) podman unpause "$who" ;;
		unit) systemctl kill -s CONT -- "$who" ;;
		esac </dev/null >/dev/null 2>&1 9>&-
	done <"$1"
	rm -f "$1"
}
# An act that was killed, or lost its power, left what it had laid ready, and no line in the journal;
# one that is yet to be taken back is not at its end.
sweep() {
	grep -L ' end ' $base/runs/*/result 2>/dev/null | while read -r other; do
		other=${other%/result}
		name=${other##*/}
		[ "$name" != "$run" ] && [ ! -e "$other/swept" ] && grep -q ' begin ' "$other/result" || continue
		[ ! -e "/etc/systemd/system/drover-revert-$name.service" ] || continue
		cat "$other"/files.* 2>/dev/null | while read -r n mode owner group digest kind path; do
			case $kind in
			[eto]) rm -rf "${path%/*}/.drover-$name.$n" ;;
			*) rm -f "${path%/*}/.drover-$name.$n" "${path%/*}/.drover-$name.$n.old" ;;
			esac
			rm -rf "${path%/*}/.drover-$name.$n.root"
		done
		[ ! -s "$other/held" ] || let_go "$other/held"
		outcome=unknown
		if ! grep -q ' switch$' "$other/result"; then
			outcome=failed
			sort -r "$other/dirs" 2>/dev/null | while IFS= read -r path; do rmdir "$path" 2>/dev/null; done
		fi
		# It may have died between its line in the journal and its last record.
		grep -qF "	$name	" $base/journal 2>/dev/null ||
			printf '%s\t%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" "$name" $outcome "$(cat "$other/about")" >>$base/journal
		: >"$other/swept"
	done
}
