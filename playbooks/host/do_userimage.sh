#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Gives an image of root's store to a user, or takes it out of theirs; tag gives a name back to the image
# that had it.
do_userimage() { # present|tag|absent USER IMAGE ID|-
	k_who=$2
	case $1 in
	absent)
		text=$(as_user "$2" podman image rm -- "$3" 2>&1) && text='' && return 0
		# One that a container came to use meanwhile stays.
		as_user "$2" podman image exists "$3" && text="kept: $text"
		return
		;;
	tag) text=$(userimage_tag "$3" "$4" 2>&1) || return 1 ;;
	present)
		userimage_forget "$(userimage_id "$3")"
		text=$({ podman image save -- "$3" | as_user "$2" podman load -q; } 2>&1)
		;;
	esac
	k_id=$(userimage_id "$3")
	[ -n "$k_id" ] || return 1
	if [ "$4" != - ] && [ "$k_id" != "$4" ]; then
		text="another image came: $k_id"
		return 1
	fi
	text=''
}
userimage_id() { # IMAGE
	as_user "$k_who" podman image inspect --format '{{.Id}}' -- "$1" 2>/dev/null
}
userimage_tag() { # IMAGE ID
	as_user "$k_who" podman image exists "$2" || podman image save -- "$2" | as_user "$k_who" podman load -q || return 1
	as_user "$k_who" podman tag "$2" "$1"
}
# Images that lost their name to another of the same app are given anew when they are wanted again.
userimage_forget() { # ID: not that one
	set +f
	for k_id in $(as_user "$k_who" podman image list -q --no-trunc --filter dangling=true 2>/dev/null); do
		k_id=${k_id#sha256:}
		[ "$k_id" != "$1" ] || continue
		! grep -qs "^i	.*	$k_id\$" "$base"/releases/*/*/state || as_user "$k_who" podman image rm "$k_id" >/dev/null 2>&1
	done
	set -f
}
