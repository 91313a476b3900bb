#!/bin/sh
# Says what a host is: key=value lines. Changes nothing; a fact that cannot be had is left out.
fact() { # KEY VALUE
	[ -n "$2" ] && printf '%s=%s\n' "$1" "$2"
}
file() { # KEY PATH
	[ -r "$2" ] && read -r line <"$2" && fact "$1" "$line"
}
for f in /etc/os-release /usr/lib/os-release; do
	# shellcheck disable=SC1090
	[ -r $f ] && . $f 2>/dev/null && break
done
fact os "${ID:-linux}${VERSION_ID:+-$VERSION_ID}"
fact os-name "$PRETTY_NAME"
fact kernel "$(uname -r)"
fact arch "$(uname -m)"
fact hostname "$(uname -n)"
fact cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
while read -r key value _; do
	case $key in
	MemTotal:) fact memory $((value * 1024)) ;;
	esac
done </proc/meminfo
file machine-id /etc/machine-id
file boot-id /proc/sys/kernel/random/boot_id
read -r up rest </proc/uptime && fact uptime "${up%.*}"
grep -qsF '[bfq]' /sys/block/*/queue/scheduler || grep -qs 'enable=1' /sys/fs/cgroup/io.cost.qos &&
	fact io-weights yes || fact io-weights no
fact user "$(id -un 2>/dev/null || id -u)"
[ "$(id -u)" = 0 ] && fact root yes || fact root no
fact shell "$SHELL"
if version=$(systemctl --version 2>/dev/null); then
	set -f
	set -- $version
	fact systemd "$2"
	for word; do
		case $word in
		[+-][A-Z]*) features="$features $word" ;;
		esac
	done
	fact systemd-features "${features# }"
	[ -d /run/systemd/system ] && fact init systemd
fi
if version=$(podman --version 2>/dev/null); then
	fact podman "${version##* }"
fi
if [ -r /sys/fs/selinux/enforce ]; then
	read -r enforce </sys/fs/selinux/enforce
	[ "$enforce" = 1 ] && fact selinux enforcing || fact selinux permissive
else
	fact selinux off
fi
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	fact cgroup v2
	file cgroup-controllers /sys/fs/cgroup/cgroup.controllers
else
	fact cgroup v1
	for name in cpu memory pids; do
		[ -d /sys/fs/cgroup/$name ] && controllers="$controllers $name"
	done
	[ -d /sys/fs/cgroup/blkio ] && controllers="$controllers io"
	fact cgroup-controllers "${controllers# }"
fi
while read -r key value; do
	[ "$key" != CapBnd: ] || fact capabilities "$value"
done </proc/1/status
grep -q '^Seccomp:' /proc/self/status && fact seccomp yes || fact seccomp no
[ -d /sys/kernel/security/apparmor ] && grep -qs Y /sys/module/apparmor/parameters/enabled &&
	fact apparmor on || fact apparmor off
file virtualization /run/systemd/container
for tool in bash python3 perl curl wget git; do
	command -v $tool >/dev/null 2>&1 && tools="$tools $tool"
done
fact tools "${tools# }"
# Last, because the seat takes its own time when this arrives.
fact clock "$(date +%s.%N)"
true
