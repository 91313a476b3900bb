#!/bin/bash
# Containers with users of their own, on Debian 12 and 13. As they boot these hosts have /sys/kernel as a mount with
# others in it, which podman cannot do with, and are refused by name; without those others, as on machines, the ids that
# a replica has are read back from its first process.
# shellcheck disable=SC2016,SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"
cat >"$CASE/box.yaml" <<'E'
name: box
hosts: "web[1-2]"
rollout: {canary: 2, max_fail: 100%}
apps:
  box:
    image: {archive: web.tar}
    replicas: 2
    ports: {http: {container: 8080, host: 9080}}
    files: {/etc/box.conf: {content: "of the box\n"}}
    sandbox: {user: auto}
    health: {http: ":http/", interval: 500ms, retries: 40}
E
maps() { # HOST REPLICA: first id inside, on the host, and how many
	on "$1" "cat /proc/\$(podman inspect -f '{{.State.Pid}}' box-$2 2>/dev/null)/uid_map" | xargs
}
exits 11 "hosts where podman cannot give users of their own are refused" drover apply -y "$CASE/box.yaml"
like "$out$err" "where /sys/kernel is a mount with others in it" "by name"
for host in $hosts; do
	is "$(on "$host" 'grep -c "^containers:" /etc/subuid; ls /etc/systemd/system/box-* 2>/dev/null')" 0 "and nothing was done to $host"
	on "$host" 'umount /sys/kernel/debug /sys/kernel/tracing'
done
exits 0 "where it can" drover apply -y "$CASE/box.yaml"
like "$out" "1879048192-1895825407 for users and groups" "the plan gives containers their ids"
for host in $hosts; do
	is "$(on "$host" 'grep -h "^containers:" /etc/subuid /etc/subgid' | sort -u)" "containers:1879048192:16777216" "$host has them"
	zero=$(maps "$host" 0) one=$(maps "$host" 1)
	like "$zero" '^0 18[0-9]{8} [0-9]+$' "$host: root inside is nobody that the host knows"
	like "$one" '^0 18[0-9]{8} [0-9]+$' "nor is the other's"
	unlike "$one" "^$zero\$" "and they are none of one another's"
	is "$(on "$host" 'stat -c %u /proc/$(podman inspect -f "{{.State.Pid}}" box-0 2>/dev/null)')" "$(cut -d' ' -f2 <<<"$zero")" \
		"its processes run as that"
	is "$(on "$host" 'podman exec box-0 cat /etc/box.conf')" "of the box" "it reads its file"
	ok "$host answers" answers "$host" 9081
done
exits 0 "nothing is left to do" drover apply -y --exit-code "$CASE/box.yaml"
on web1 'sed -i /^containers:/d /etc/subuid'
exits 0 "ids that went are given again" drover apply -y "$CASE/box.yaml"
is "$(on web1 'grep -c "^containers:" /etc/subuid')" 1 "once"
sed -i 's/user: auto/user: host/' "$CASE/box.yaml"
exits 0 "without it" drover apply -y "$CASE/box.yaml"
is "$(maps web1 0)" "0 0 4294967295" "root inside is the host's"
