#!/bin/bash
# What is a user's own, on Debian 12 and 13: units, services, volumes, networks, images, containers. The Debian 12
# hosts have the old control groups where the machine has them: rootless containers are then refused by name.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"

# Device nodes that the machine keeps for root are everybody's on real hosts.
for host in $hosts; do
	on "$host" 'for d in net/tun fuse; do umount /dev/$d && rm -f /dev/$d; done
		mknod -m 666 /dev/net/tun c 10 200; mknod -m 666 /dev/fuse c 10 229' 2>/dev/null
done
book own <<'E'
  - {unit: {name: tick.service, content: "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=default.target\n"}, as: ops}
  - {service: {name: podman.socket, state: started}, as: ops}
  - {volume: {name: mine, labels: {a: b}}, as: ops}
  - {network: mynet, as: ops}
E
exits 11 "a user that is not there is refused" drover apply -y "$CASE/own.yaml"
like "$out$err" 'the host has no user ops' "by name"
sed -i 's/^tasks:/tasks:\n  - {run: [useradd, -m, -s, \/usr\/sbin\/nologin, ops], unless: id ops}/' "$CASE/own.yaml"
exits 0 "but not when a task before may make it" drover apply -y "$CASE/own.yaml"
like "$out" 'lingering of ops' "lingering is a step of the plan"
like "$out" 'subordinate ids of ops' "as are subordinate ids"
own() { # HOST COMMAND: as ops
	on "$1" "cd / && setpriv --reuid ops --regid ops --init-groups env -i PATH=/usr/bin:/bin HOME=/home/ops XDG_RUNTIME_DIR=/run/user/\$(id -u ops) $2"
}
for host in $hosts; do
	is "$(own "$host" 'systemctl --user is-active tick.service podman.socket' | xargs)" "active active" "ops's units run on $host"
	is "$(on "$host" 'stat -c "%U %a" /home/ops/.config/systemd/user/tick.service; ls /var/lib/systemd/linger' | xargs)" \
		"ops 644 ops" "with a file of ops's, without a login"
	ok "ops has the volume" on "$host" 'test -d /home/ops/.local/share/containers/storage/volumes/mine'
	is "$(on "$host" 'podman volume ls -q | grep -c mine' 2>/dev/null)" 0 "and root has not"
done
nothing_differs "$CASE/own.yaml" "what is ops's"
sed -i 's/sleep 1000/sleep 1001/' "$CASE/own.yaml"
exits 0 "a changed unit" drover apply -y "$CASE/own.yaml"
like "$out" '\+ExecStart=/bin/sleep 1001' "is shown"
like "$(own web1 'systemctl --user show -p ExecStart tick.service')" 'sleep 1001' "written"
ok "and restarted" on web1 'pgrep -u ops -f "sleep 1001"'
tick() { # HOST: how it stands there
	{ own "$1" 'systemctl --user is-active tick.service' && own "$1" 'systemctl --user is-enabled tick.service'; } 2>/dev/null | xargs
}
exits 0 "an undo of it" drover undo -y last
for host in $hosts; do
	ok "$host: the unit of before runs" on "$host" 'pgrep -u ops -f "sleep 1000" && grep -q "sleep 1000" /home/ops/.config/systemd/user/tick.service'
	is "$(tick "$host")" "active enabled" "$host: and is enabled as before"
done
exits 0 "that undo undone" drover undo -y last
for host in $hosts; do ok "$host: the change is back" on "$host" 'pgrep -u ops -f "sleep 1001"'; done
grep -v tick.service "$CASE/own.yaml" >"$CASE/pruned.yaml"
exits 0 "a unit of ops's that left the playbook" drover apply -y "$CASE/pruned.yaml"
for host in $hosts; do
	ok "$host: is gone, and does not run" on "$host" 'test ! -e /home/ops/.config/systemd/user/tick.service && ! pgrep -u ops -f "sleep 1001"'
	unlike "$(on "$host" 'cat /var/lib/drover/manifest')" 'tick.service' "$host: nor is it in the manifest"
done
exits 0 "an undo of that" drover undo -y last
for host in $hosts; do
	is "$(tick "$host")" "active enabled" "$host: it runs and is enabled again"
	like "$(on "$host" 'cat /var/lib/drover/manifest')" 'tick.service' "$host: and in the manifest"
done
exits 0 "then the playbook has nothing to add" drover apply -y --exit-code "$CASE/own.yaml"
exits 0 "once more a change" drover apply -y "$CASE/pruned.yaml"
on web1 "printf '[Service]\nExecStart=/bin/sleep 7\n' >/home/ops/.config/systemd/user/tick.service"
exits 6 "what ops put there since" drover undo -y last
like "$out" "not touched: .*tick.service.*changed since, by hand" "is left alone"
ok "as it is" on web1 'grep -q "sleep 7" /home/ops/.config/systemd/user/tick.service && rm /home/ops/.config/systemd/user/tick.service'
is "$(tick web2)" "active enabled" "the other host is done"
on web1 'mkdir -p /home/ops/trap && chown ops /home/ops/trap && mv /home/ops/.config/systemd/user /home/ops/was &&
	mkdir /root/target && ln -s /root/target /home/ops/.config/systemd/user'
exits 1 "a link that ops planted" drover apply -y -l web1 "$CASE/own.yaml"
is "$(on web1 'ls /root/target')" "" "leads nowhere that ops could not go"
on web1 'rm /home/ops/.config/systemd/user && mv /home/ops/was /home/ops/.config/systemd/user'
book middle <<'E'
  - {unit: {name: broken.service, content: "[Service]\nType=oneshot\nExecStart=/bin/false\nRemainAfterExit=yes\n"}, as: ops}
  - {unit: {name: behind.service, content: "[Service]\nExecStart=/bin/sleep 1\n"}, as: ops}
E
exits 1 "a unit of ops's that fails ends the act" drover apply -y "$CASE/middle.yaml"
like "$out$err" 'broken.service of ops: failed' "which is said"
ok "what stood behind it is not done" on web1 'test ! -e /home/ops/.config/systemd/user/behind.service'
exits 0 "resume finds the same on the hosts" drover resume last
book bad <<'E'
  - {unit: {name: a.service, content: "[Service]\nExecStart=/bin/true\n"}, as: "Not A User"}
E
exits 3 "a bad user is told before any contact" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:[0-9]+: as: a user or group name is wanted here' "at its place"
book ownsite web2 <<'E'
  - container: {name: ownsite, image: {archive: web.tar}, ports: ["8091:8080"], volumes: [mine:/data], network: mynet}
    as: ops
E
exits 0 "a container of ops's on Debian 13" drover apply -y "$CASE/ownsite.yaml"
ok "answers" wait_for 30 answers web2 8091
hosts=web2
nothing_differs "$CASE/ownsite.yaml" "ops's container"
sed 's/web2/web1/' "$CASE/ownsite.yaml" >"$CASE/ownsite1.yaml"
if [ "$(on web1 'stat -f -c %T /sys/fs/cgroup')" != cgroup2fs ]; then
	exits 11 "where control groups are of version 1 it is refused" drover apply -y "$CASE/ownsite1.yaml"
	like "$out$err" 'control groups of version 2, and the host has version 1' "by name"
fi
book owngone web2 <<'E'
  - {container: {name: ownsite, state: absent}, as: ops}
  - {image: {name: "localhost/web:1", state: absent}, as: ops}
  - {volume: {name: mine, state: absent}, as: ops}
  - {network: {name: mynet, state: absent}, as: ops}
E
exits 0 "all of it goes" drover apply -y "$CASE/owngone.yaml"
is "$(on web2 'ls /home/ops/.config/systemd/user/ownsite.service /home/ops/.local/share/containers/storage/volumes/mine' 2>/dev/null)" \
	"" "from its places"
