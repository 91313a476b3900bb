#!/bin/sh
# shellcheck disable=SC2034
# Gives an image of root's store to a user, or takes it out of theirs.
do_userimage() { # present|absent USER IMAGE ID|-
	if [ "$1" = absent ]; then
		text=$(as_user "$2" podman image rm -- "$3" 2>&1) || return 1
		text=''
		return 0
	fi
	text=$({ podman image save -- "$3" | as_user "$2" podman load -q; } 2>&1)
	k_id=$(as_user "$2" podman image inspect --format '{{.Id}}' -- "$3" 2>/dev/null)
	[ -n "$k_id" ] || return 1
	if [ "$4" != - ] && [ "$k_id" != "$4" ]; then
		text="another image came: $k_id"
		return 1
	fi
	text=''
}
