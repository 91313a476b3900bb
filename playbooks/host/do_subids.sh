#!/bin/sh
# shellcheck disable=SC2034
# Gives a user a range of ids of its own, where no other has any.
do_subids() { # USER FIRST: as the plan said
	# A user that was made meanwhile may have been given some.
	if [ "$(subids_of "$1" /etc/subuid)" -ge 65536 ] && [ "$(subids_of "$1" /etc/subgid)" -ge 65536 ]; then
		return 0
	fi
	k_first=$(subids_next)
	if [ "$k_first" != "$2" ]; then
		text="the ids from $2 were given to somebody else meanwhile; plan again"
		return 1
	fi
	set -- "$1" "$k_first-$((k_first + 65535))"
	for k_file in subuid subgid; do
		[ "$(subids_of "$1" /etc/$k_file)" -lt 65536 ] || continue
		text=$(usermod "--add-${k_file}s" "$2" -- "$1" 2>&1) || return 1
	done
	text=''
}
