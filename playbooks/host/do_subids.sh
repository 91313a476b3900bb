#!/bin/sh
# shellcheck disable=SC2034
# Gives a user a range of ids of its own, where no other has any; with auto one that is no account's.
do_subids() { # USER FIRST [auto]: as the plan said
	# A user that was made meanwhile may have been given some.
	if [ "$(subids_of "$1" /etc/subuid)" -ge 65536 ] && [ "$(subids_of "$1" /etc/subgid)" -ge 65536 ]; then
		return 0
	fi
	k_first=$(subids_next "${3:-}")
	if [ "$k_first" != "$2" ]; then
		text="the ids from $2 were given to somebody else meanwhile; plan again"
		return 1
	fi
	k_ids=65536
	[ "${3:-}" != auto ] || k_ids=16777216
	for k_file in subuid subgid; do
		[ "$(subids_of "$1" /etc/$k_file)" -lt 65536 ] || continue
		if [ "${3:-}" = auto ]; then
			text=$(subids_append "$1:$k_first:$k_ids" /etc/$k_file 2>&1) || return 1
		else
			text=$(usermod "--add-${k_file}s" "$k_first-$((k_first + k_ids - 1))" -- "$1" 2>&1) || return 1
		fi
	done
	text=''
}
# usermod does it for accounts only.
subids_append() { # LINE FILE
	k_new=$2.drover-new
	{ [ ! -e "$2" ] || cat "$2"; } >"$k_new" && printf '%s\n' "$1" >>"$k_new" && chmod 0644 "$k_new" &&
		settle "$k_new" && mv -f "$k_new" "$2"
}
