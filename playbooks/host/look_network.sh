#!/bin/sh
# A network of podman's: the file that it is. Of one that is to go: who uses it.
look_network() { # USER NAME [going]
	k_store=$(store_of "$1")
	[ "$(cat "$k_store/defaultNetworkBackend" 2>/dev/null)" != cni ] || echo cni
	if [ "$1" = - ]; then k_file=/etc/containers/networks/$2.json; else k_file=$k_store/networks/$2.json; fi
	[ -r "$k_file" ] || return 0
	if [ "$3" ]; then
		echo there
		k_used=$(as_user "$1" podman ps -a --filter "network=$2" --format '{{.Names}}' | head -c 65536 | sort | tr '\n' ' ')
		[ -z "$k_used" ] || echo "used $k_used"
	else
		echo "network $(tr -d '\n' <"$k_file")"
	fi
}
