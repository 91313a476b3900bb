# Tells what a host is, by the word `fact KEY VALUE` of the program that this stands in, which leaves
# out what is empty. Changes nothing, there or in that program's shell.
tell_file() { # KEY PATH
	line=''
	[ ! -r "$2" ] || IFS= read -r line <"$2" || :
	fact "$1" "$line"
}
# A file that is no shell costs these two facts and no others.
tell_os() { # FILE
	text=$({ . "$1" && printf %s "${ID:-linux}${VERSION_ID:+-$VERSION_ID}"; } 2>/dev/null </dev/null | head -c 4096)
	fact os "${text:-linux}"
	fact os-name "$({ . "$1" && printf %s "$PRETTY_NAME"; } 2>/dev/null </dev/null | head -c 4096)"
}
tell_login() {
	if [ "$(id -u)" = 0 ]; then fact root yes; else fact root no; fi
	name=$(id -un 2>/dev/null || id -u)
	fact user "$name"
	text=$(getent passwd "$name" 2>/dev/null || grep "^$name:" /etc/passwd)
	fact shell "${text##*:}"
}
tell_kernel() {
	tell_file kernel /proc/sys/kernel/osrelease
	fact arch "$(uname -m)"
	tell_file hostname /proc/sys/kernel/hostname
	fact cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
	while read -r name text _; do
		[ "$name" != MemTotal: ] || fact memory $((text * 1024))
	done 2>/dev/null </proc/meminfo
	tell_file machine-id /etc/machine-id
	tell_file boot-id /proc/sys/kernel/random/boot_id
	tell_file virtualization /run/systemd/container
}
tell_cgroups() {
	names=''
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		fact cgroup v2
		read -r names </sys/fs/cgroup/cgroup.controllers
	else
		fact cgroup v1
		for name in cpu memory pids; do
			[ ! -d /sys/fs/cgroup/$name ] || names="$names $name"
		done
		[ ! -d /sys/fs/cgroup/blkio ] || names="$names io"
	fi
	names=${names# }
	fact cgroup-controllers "${names:-none}"
}
tell_guards() {
	# Some hosts hide the processes of others from a login that is not root.
	text=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/1/status 2>/dev/null)
	fact capabilities "${text:-none}"
	if grep -q '^Seccomp:' /proc/self/status; then fact seccomp yes; else fact seccomp no; fi
	if [ -d /sys/kernel/security/apparmor ] && grep -qs Y /sys/module/apparmor/parameters/enabled; then
		fact apparmor on
	else
		fact apparmor off
	fi
	if grep -qsF '[bfq]' /sys/block/*/queue/scheduler ||
		grep -qs 'enable=1' /sys/fs/cgroup/io.cost.qos; then
		fact io-weights yes
	else
		fact io-weights no
	fi
	if [ ! -r /sys/fs/selinux/enforce ]; then
		fact selinux off
	elif [ "$(head -c 1 /sys/fs/selinux/enforce)" = 1 ]; then
		fact selinux enforcing
	else
		fact selinux permissive
	fi
}
tell_tools() {
	names=''
	for name in bash python3 perl curl wget git; do
		! command -v $name >/dev/null 2>&1 || names="$names $name"
	done
	fact tools "${names# }"
	if text=$(systemctl --version 2>/dev/null | head -c 4096) && [ "$text" ]; then
		set -f
		names=''
		for name in $text; do
			case $name in [+-][A-Z]*) names="$names $name" ;; esac
		done
		text=${text#systemd }
		fact systemd "${text%% *}"
		fact systemd-features "${names# }"
		[ ! -d /run/systemd/system ] || fact init systemd
	fi
	text=$(podman --version 2>/dev/null | head -c 4096)
	fact podman "${text##* }"
}
tell_facts() (
	unset IFS
	set +f
	name=/etc/os-release
	[ -r $name ] || name=/usr/lib/os-release
	tell_os $name
	tell_login
	tell_kernel
	tell_cgroups
	tell_guards
	tell_tools
)
