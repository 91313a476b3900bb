#!/bin/sh
# Whether root's podman has a container of this name, as its store says.
look_container() { # NAME
	set +f
	for k_file in "$(store_of -)"/*-containers/containers.json /run/containers/storage/*-containers/*containers.json; do
		[ -r "$k_file" ] || continue
		if tr -d ' \t\n' <"$k_file" | grep -qF "\"names\":[\"$1\""; then
			echo container
			return
		fi
	done
}
