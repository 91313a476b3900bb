#!/bin/sh
# What rootless podman needs of a host for one user: who may map, which ids, what controls groups. With auto: what root's
# podman needs for containers with users of their own, where it takes away all that is mounted in /sys/kernel, in the
# order in which it came.
look_subids() { # USER [auto]
	for k_tool in newuidmap newgidmap; do
		command -v $k_tool >/dev/null || echo "missing $k_tool"
	done
	for k_file in subuid subgid; do
		k_count=$(subids_of "$1" /etc/$k_file)
		[ "$k_count" -lt 65536 ] || echo $k_file
	done
	echo "next $(subids_next "${2:-}")"
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || echo oldgroups
	[ "${2:-}" = auto ] || return 0
	[ "$(cat /proc/sys/user/max_user_namespaces 2>/dev/null)" != 0 ] || echo nousers
	! awk '$5 == "/sys/kernel" { is = 1 } $5 ~ "^/sys/kernel/" { within = 1 } END { exit !(is && within) }' \
		/proc/self/mountinfo || echo mounted
}
