#!/bin/sh
# Whether root's podman has a container of this name, as its store says, and lacks a network.
look_container() { # NAME [NETWORK]
	[ -z "$2" ] || [ -e "/etc/containers/networks/$2.json" ] || [ -e "/etc/cni/net.d/$2.conflist" ] ||
		echo nonetwork
	set +f
	for k_file in "$(store_of -)"/*-containers/containers.json /run/containers/storage/*-containers/*containers.json; do
		[ -r "$k_file" ] || continue
		if tr -d ' \t\n' <"$k_file" | grep -qF "\"names\":[\"$1\""; then
			echo container
			return
		fi
	done
}
