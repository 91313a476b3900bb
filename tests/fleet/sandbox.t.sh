#!/bin/bash
# What an app is held to, read back from the payload as it runs: limits, capabilities, seccomp, file system,
# network. And what its plan says where a host cannot enforce it, as Debian 13 hosts cannot that have no controllers.
# shellcheck disable=SC2016,SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"

in_app() { # HOST CONTAINER COMMAND: with what the payload may do
	on "$1" "podman exec $2 sh -c '$3' 2>&1"
}
payload() { # HOST CONTAINER FILE: of its first process
	on "$1" "cat /proc/\$(podman inspect -f '{{.State.Pid}}' $2 2>/dev/null)/$3"
}
status_of() { # HOST CONTAINER WORD...
	local host=$1 container=$2
	shift 2
	payload "$host" "$container" status | awk -v words="$*" 'BEGIN { n = split(words, word, " ") }
		{ value[$1] = $2 } END { for (i = 1; i <= n; i++) printf "%s%s", value[word[i] ":"], i < n ? " " : "\n" }'
}
# Where control groups of version 1 or 2 keep a value of a unit.
group_of() { # HOST UNIT CONTROLLER FILE-OF-V1 FILE-OF-V2
	on "$1" "cat /sys/fs/cgroup/$3/system.slice/$2/$4 2>/dev/null || cat /sys/fs/cgroup/system.slice/$2/$5"
}
limits_bite() { # HOST
	on "$1" '[ ! -e /sys/fs/cgroup/cgroup.controllers ] || grep -q "cpu.*memory.*pids" /sys/fs/cgroup/cgroup.controllers'
}

cat >"$CASE/deny.json" <<'E'
{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]
}
E
cat >"$CASE/box.yaml" <<'E'
name: box
hosts: "web[1-2]"
rollout: {canary: 2, max_fail: 100%}
apps:
  tight:
    image: {archive: web.tar}
    files: {/www/index.html: {content: "tight\n"}}
    ports: {http: 8080}
    limits: {cpu: 0.25, memory: 32M, tasks: 40, io: 200, nofile: 256}
    sandbox: {read_only: true, seccomp: deny.json}
    health: {http: ":http/", interval: 500ms, retries: 20}
  wide:
    image: {archive: web.tar}
    network: back
    files: {/www/index.html: {content: "wide\n"}}
    sandbox: {capabilities: [NET_BIND_SERVICE, CHOWN], no_new_privileges: false, seccomp: unconfined}
  alone:
    image: {archive: web.tar}
    network: none
    sandbox: {apparmor: drover-none, selinux: {type: container_t}}
  open:
    image: {archive: web.tar}
    network: host
    ports: {http: 8099}
    health: {http: ":http/", interval: 500ms, retries: 20}
tasks:
  - network: back
E
exits 0 "it is planned" drover plan "$CASE/box.yaml"
like "$out" 'opened: wide has the capabilities CHOWN, NET_BIND_SERVICE' "capabilities are said"
like "$out" 'opened: wide may make any system call \(seccomp: unconfined\)' "so is a sandbox without seccomp"
like "$out" 'opened: tight may make any system call that deny.json does not name' "and one that allows by default"
like "$out" 'opened: programs of wide may gain privileges' "and privileges that can be gained"
like "$out" "opened: open has the host's network" "and the network of the host"
for host in $hosts; do
	exits 0 "the plan of $host" drover plan --limit "$host" "$CASE/box.yaml"
	if limits_bite "$host"; then
		unlike "$out" 'not enforced: limits of tight: cpu' "nothing is said of limits that bite"
	else
		like "$out" 'not enforced: limits of tight: cpu, memory, tasks, io \(the host has no control group controller' \
			"limits do not bite there, which it says"
	fi
	if on "$host" 'test ! -d /sys/kernel/security/apparmor'; then
		like "$out" 'not enforced: apparmor of alone: drover-none \(the host has no AppArmor\)' "nor is AppArmor"
	fi
	if on "$host" 'test ! -e /sys/fs/selinux/enforce'; then
		like "$out" 'not enforced: selinux of alone \(the host has no SELinux\)' "nor SELinux"
	fi
done
exits 0 "it is applied" drover apply -y "$CASE/box.yaml"

for host in $hosts; do
	ok "$host: tight answers" wait_for 20 answers "$host" 8080
	is "$(status_of "$host" tight-0 CapEff CapPrm CapBnd)" "0000000000000000 0000000000000000 0000000000000000" \
		"$host: it has no capability, and can get none"
	is "$(status_of "$host" tight-0 NoNewPrivs Seccomp)" "1 2" "$host: it gains no privileges, and its calls are filtered"
	# The host itself may stand behind a filter of the machine's.
	own=$(on "$host" "sed -n 's/^Seccomp_filters:[[:space:]]*//p' /proc/1/status")
	ok "$host: by one filter more than its host" test "$(status_of "$host" tight-0 Seccomp_filters)" -gt "$own"
	like "$(in_app "$host" tight-0 'mkdir /tmp/a')" 'not permitted' "$host: the profile denies a call"
	ok "$host: which another app may make" in_app "$host" wide-0 'mkdir /tmp/a'
	like "$(in_app "$host" tight-0 'echo a >/etc/a')" 'Read-only' "$host: its file system is read-only"
	ok "$host: but for its places to write" in_app "$host" tight-0 'echo a >/tmp/b && echo a >/run/b'
	like "$(in_app "$host" wide-0 'echo a >/www/index.html')" 'Read-only' "$host: a file of an app is not written to"
	like "$(in_app "$host" tight-0 'nc -l -p 80 </dev/null')" 'Permission denied' "$host: a low port is not bound"
	unlike "$(in_app "$host" wide-0 'busybox timeout 1 nc -l -p 80 </dev/null')" 'denied' "$host: but where that was added"
	is "$(status_of "$host" wide-0 CapEff CapBnd NoNewPrivs Seccomp_filters)" "0000000000000401 0000000000000401 0 $own" \
		"$host: wide has what it was given, and no more"
	like "$(in_app "$host" tight-0 'chown 1 /tmp/b')" 'not permitted' "$host: who has no CHOWN gives nothing away"
	ok "$host: who has it does" in_app "$host" wide-0 'chown 1 /tmp/a'
	like "$(payload "$host" tight-0 limits | grep 'Max open files' | xargs)" '^Max open files 256 256 ' "$host: it has 256 files"
	is "$(on "$host" 'systemctl show -p IOWeight --value tight-0')" 200 "$host: and its weight"
	is "$(in_app "$host" alone-0 'ls /sys/class/net' | xargs)" lo "$host: alone is alone"
	like "$(on "$host" "podman inspect -f '{{.NetworkSettings.Networks}}' wide-0 2>/dev/null")" '^map\[back:' "$host: wide is in its network"
	ok "$host: open answers by the host's own network" wait_for 20 answers "$host" 8099
	is "$(on "$host" "readlink /proc/\$(podman inspect -f '{{.State.Pid}}' open-0 2>/dev/null)/ns/net")" \
		"$(on "$host" 'readlink /proc/1/ns/net')" "$host: which it stands in"
done

# Limits, where they bite.
for host in $hosts; do
	limits_bite "$host" || continue
	unit=tight-0.service
	like "$(payload "$host" tight-0 cgroup)" "system.slice/$unit" "$host: the payload is in its unit"
	is "$(group_of "$host" $unit memory memory.limit_in_bytes memory.max)" 33554432 "$host: it has 32 MiB"
	is "$(group_of "$host" $unit pids pids.max pids.max)" 40 "$host: 40 tasks"
	like "$(group_of "$host" $unit cpu cpu.cfs_quota_us cpu.max)" '^25000' "$host: a quarter of a processor"
	in_app "$host" tight-0 'head -c 100000000 /dev/zero | tail >/dev/null' >/dev/null
	if on "$host" "test -e /sys/fs/cgroup/memory/system.slice/$unit"; then
		like "$(group_of "$host" $unit memory memory.failcnt '')" '^[1-9]' "$host: more memory is denied"
	else
		like "$(group_of "$host" $unit '' '' memory.events)" 'max [1-9]' "$host: more memory is denied"
	fi
	[ "$(group_of "$host" $unit memory memory.max_usage_in_bytes memory.peak)" -le 33554432 ]
	is $? 0 "$host: and it never had more"
	like "$(in_app "$host" tight-0 'i=0; while [ $i -lt 60 ]; do sleep 3 & i=$((i + 1)); done')" \
		"can.t fork|Resource temporarily" "$host: more tasks are denied"
	in_app "$host" tight-0 'busybox timeout 2 sh -c "while :; do :; done"' >/dev/null
	like "$(group_of "$host" $unit cpu cpu.stat cpu.stat)" 'nr_throttled [1-9]' "$host: more of a processor too"
done
nothing_differs "$CASE/box.yaml" "the box"

sed -i 's/"mkdirat"/"mkdirat", "rmdir"/' "$CASE/deny.json"
exits 0 "a changed profile" drover apply -y "$CASE/box.yaml"
like "$out" 'tight-0.*restart' "restarts its app"
unlike "$out" 'wide-0.*restart' "and no other"
ok "web1: which answers" wait_for 20 answers web1 8080
like "$(in_app web1 tight-0 'rmdir /tmp/nothing')" 'not permitted' "and the profile is in force"

# Mistakes are told before any contact; what a host lacks, in its plan.
cp "$CASE/box.yaml" "$CASE/bad.yaml"
sed -i 's/CHOWN/CHWON/; s/SCMP_ACT_ALLOW/SCMP_ACT_ALOW/' "$CASE/bad.yaml" "$CASE/deny.json"
exits 3 "a misspelt capability and a misspelt profile" drover plan "$CASE/bad.yaml"
like "$err" 'bad.yaml:[0-9]+:[0-9]+: capabilities: there is no "CHWON"; did you mean "CHOWN"\?' "are told"
like "$err" 'deny.json: defaultAction: there is no "SCMP_ACT_ALOW"; did you mean "SCMP_ACT_ALLOW"\?' "each at its place"
cat >"$CASE/lost.yaml" <<'E'
name: lost
hosts: "web[1-2]"
apps: {lost: {image: {archive: web.tar}, network: nowhere}}
E
exits 11 "a network that is nowhere is refused" drover apply -y "$CASE/lost.yaml"
like "$out$err" 'the host has no network nowhere' "by its name"
