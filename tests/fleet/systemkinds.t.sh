#!/bin/bash
# Users, packages and kernel parameters on Debian 12 and 13: made, left alone, changed, removed, refused,
# and failing in the middle.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
root=$PWD
mkdir -p build
export DROVER_FLEET_STATE=$root/build/fleet-systemkinds
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end' EXIT
"$fleet" up 2 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	exit 1
}
export DROVER_INVENTORY=$DROVER_FLEET_STATE/inventory.yaml DROVER_SSH_CONFIG=$DROVER_FLEET_STATE/ssh_config
hosts="web1 web2"

on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	"$fleet" shell-in "$host" sh -c "$*"
}
execs() { "$fleet" sshd-log "$1" | grep -c 'Starting session: command'; }
walk() { # HOST: what these kinds could touch, with inodes and times
	# shellcheck disable=SC2016
	on "$1" 'find /etc /root /home /srv /var/lib/drover /var/lib/dpkg /var/lib/apt /var/cache/apt -xdev \
		-printf "%i %T@ %m %U %p\n" | sort -k5'
}
book() { # NAME: its tasks from standard input
	{
		printf 'name: %s\nhosts: "web[1-2]"\nrollout: {canary: 2, max_fail: 100%%}\ntasks:\n' "$1"
		cat
	} >"$CASE/$1.yaml"
}
# What is so already costs one look, and nothing on the host is touched.
nothing_differs() { # PLAYBOOK WHAT
	local host before
	for host in $hosts; do
		walk "$host" >"$CASE/before.$host"
		execs "$host" >"$CASE/execs.$host"
	done
	exits 0 "$2 a second time: nothing differs" drover apply -y --exit-code "$1"
	for host in $hosts; do
		walk "$host" >"$CASE/after.$host"
		ok "no inode and no time changed on $host" diff "$CASE/before.$host" "$CASE/after.$host"
		before=$(cat "$CASE/execs.$host")
		is "$(execs "$host")" $((before + 1)) "$host was asked once"
	done
}

# Kernel parameters. The hosts have a network of their own; the rest of the kernel is not theirs.
for host in $hosts; do
	ok "$host has a network interface with a dot" on "$host" 'ip link add dr0.7 type veth peer name dr1'
done
book sysctl <<'E'
  - sysctl: {name: net.ipv4.ip_forward, value: 1}
  - sysctl: {name: net.ipv4.tcp_rmem, value: "4096  65536	4194304"}
  - sysctl: {name: net/ipv4/conf/dr0.7/rp_filter, value: 2}
E
for host in $hosts; do on "$host" 'echo 0 >/proc/sys/net/ipv4/ip_forward'; done
exits 0 "kernel parameters are planned" drover plan "$CASE/sysctl.yaml"
like "$out" 'net.ipv4.ip_forward.*0 -> 1, not kept over a boot yet' "with what they are"
exits 0 "and set" drover apply -y "$CASE/sysctl.yaml"
for host in $hosts; do
	is "$(on "$host" 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/dr0.7/rp_filter | xargs')" "1 2" \
		"the kernel of $host has them"
	on "$host" 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/dr0.7/rp_filter
		/usr/lib/systemd/systemd-sysctl'
	is "$(on "$host" 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/dr0.7/rp_filter | xargs')" "1 2" \
		"and gets them back when it boots"
done
nothing_differs "$CASE/sysctl.yaml" "kernel parameters"
on web1 'echo 1 >/proc/sys/net/ipv4/conf/dr0.7/rp_filter'
exits 5 "one changed by hand is seen" drover plan --exit-code "$CASE/sysctl.yaml"
like "$out" '1 -> 2' "with both values"
sed -i 's/4194304/8388608/' "$CASE/sysctl.yaml"
exits 0 "a change is made" drover apply -y "$CASE/sysctl.yaml"
is "$(on web2 'cat /proc/sys/net/ipv4/tcp_rmem' | tr '\t' ' ')" "4096 65536 8388608" "in the kernel"
like "$(on web2 'cat /etc/sysctl.d/*tcp_rmem.conf')" '4096 65536 8388608' "and in the file"
book unknown <<'E'
  - file: {path: /etc/not-yet, content: "x\n"}
  - sysctl: {name: net.ipv4.no_such_thing, value: 1}
E
exits 11 "an unknown parameter is refused" drover apply -y "$CASE/unknown.yaml"
like "$out$err" 'the kernel has no such parameter' "by name"
ok "before anything is done" on web1 'test ! -e /etc/not-yet'
book bad <<'E'
  - sysctl: {name: net.ipv4.ip_forward, value: ""}
E
exits 3 "a bad value is told before any contact" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:[0-9]+: sysctl: value' "at its place"
book middle <<'E'
  - sysctl: {name: net.ipv4.ip_forward, value: 0}
  - sysctl: {name: net.ipv4.conf.all.rp_filter, value: abc}
  - sysctl: {name: net.ipv4.conf.all.log_martians, value: 1}
E
exits 1 "a value that the kernel does not take ends the act there" drover apply -y "$CASE/middle.yaml"
like "$out$err" 'the kernel does not take "abc" for net.ipv4.conf.all.rp_filter: Invalid argument' "with its reason"
is "$(on web1 'cat /proc/sys/net/ipv4/ip_forward; ls /etc/sysctl.d | grep -c "rp_filter\|martians"' | xargs)" \
	"0 1" "what stood before it is done, what stood behind it is not"
exits 0 "resume finds the same on the hosts" drover resume last
like "$out$err" "every host is proved" "and nothing open"
sed -i 's/, value: [^}]*}/, state: absent}/' "$CASE/sysctl.yaml"
exits 0 "their files go" drover apply -y "$CASE/sysctl.yaml"
is "$(on web1 'ls /etc/sysctl.d | grep -c drover; cat /proc/sys/net/ipv4/conf/dr0.7/rp_filter' | xargs)" "0 2" \
	"and their values stay until the next boot"
nothing_differs "$CASE/sysctl.yaml" "what is gone"
