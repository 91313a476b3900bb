#!/bin/sh
# What rootless podman needs of a host for one user: who may map, which ids, what controls groups.
look_subids() { # USER
	for k_tool in newuidmap newgidmap; do
		command -v $k_tool >/dev/null || echo "missing $k_tool"
	done
	for k_file in subuid subgid; do
		k_count=$(subids_of "$1" /etc/$k_file)
		[ "$k_count" -lt 65536 ] || echo $k_file
	done
	echo "next $(subids_next)"
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || echo oldgroups
}
