#!/bin/bash
# Apps that are a user's own, on a Debian 13 host: what the user needs, what runs, health, names that ps, apps, logs,
# start, stop and restart take, a version that fails and takes itself back, releases, undo, and what leaves. A Debian 12
# host with the old control groups is refused by name.
# shellcheck disable=SC2016,SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"
# Another image that takes over the name.
"$fleet" image localhost/web:2 "$CASE/other.tar" >/dev/null
sed 's#localhost/web:2#localhost/web:1#g' "$CASE/other.tar" >"$CASE/two.tar"

# Device nodes that the machine keeps for root are everybody's on real hosts.
for host in $hosts; do
	on "$host" 'for d in net/tun fuse; do umount /dev/$d && rm -f /dev/$d; done
		mknod -m 666 /dev/net/tun c 10 200; mknod -m 666 /dev/fuse c 10 229' 2>/dev/null
done
own() { # COMMAND: as ops, on web2
	on web2 "cd / && setpriv --reuid ops --regid ops --init-groups env -i PATH=/usr/bin:/bin HOME=/home/ops XDG_RUNTIME_DIR=/run/user/\$(id -u ops) $1"
}
image_of() { # REPLICA: the id of what it runs
	own "podman inspect -f '{{.Image}}' shop-$1" 2>/dev/null
}
book() { # NAME ARCHIVE HEALTH [HOSTS]
	cat >"$CASE/$1.yaml" <<-Y
		name: shop
		hosts: "${4:-web2}"
		rollout: {on_failure: ${5:-stop}}
		apps:
		  shop:
		    image: {archive: $2}
		    as: ops
		    replicas: 2
		    ports: {http: {container: 8080, host: 9080}}
		    env: {WHO: $1}
		    files: {/etc/shop.conf: {content: "of $1\n", mode: 0600}, /data: {volume: shop-data}}
		    health: {$3}
		tasks:
		  - user: {name: ops, shell: /usr/sbin/nologin}
	Y
}
book first web.tar 'http: ":http/", interval: 1s, retries: 20'
if [ "$(on web1 'stat -f -c %T /sys/fs/cgroup')" != cgroup2fs ]; then
	book old web.tar 'http: ":http/"' web1
	exits 11 "where control groups are of version 1 it is refused" drover apply -y "$CASE/old.yaml"
	like "$out$err" 'control groups of version 2, and the host has version 1' "by name"
	ok "and nothing is there" on web1 '! id ops'
fi
on web2 'useradd -m -s /usr/sbin/nologin ops'
book bad web.tar 'http: ":http/nowhere", interval: 200ms, retries: 3' web2 rollback
exits 1 "a first version that fails its check" drover apply -y "$CASE/bad.yaml"
like "$out$err" 'rolled-back' "takes itself back"
is "$(on web2 'find /home/ops/.config/systemd -type f 2>/dev/null; ls /var/lib/systemd/linger; ls /etc/drover/apps 2>/dev/null')" "" \
	"with unit, lingering and files"
on web2 'loginctl terminate-user ops; userdel -rf ops' 2>/dev/null
exits 0 "an app of a user that a task makes" drover apply -y "$CASE/first.yaml"
like "$out" 'lingering of ops' "lingering is a step"
like "$out" 'image localhost/web:1 of ops' "and its image in the store of the user"
ok "it answers" answers web2 9080
ok "as does its second replica" answers web2 9081
is "$(own 'systemctl --user is-active shop-0 shop-1' | xargs)" "active active" "its units are the user's"
is "$(own 'systemctl --user is-enabled shop-0 shop-1' | xargs)" "enabled enabled" "enabled without a login"
is "$(on web2 'ls /etc/systemd/system/shop-* 2>/dev/null; podman ps -aq 2>/dev/null')" "" "and root has neither unit nor container"
pid=$(own "podman inspect -f '{{.State.Pid}}' shop-0")
is "$(on web2 "stat -c %U /proc/$pid")" ops "its processes are the user's"
is "$(own 'podman exec shop-0 cat /etc/shop.conf')" "of first" "it reads a file that is for it alone"
like "$(on web2 "cat /proc/$pid/uid_map" | xargs)" '^0 [1-9][0-9]* 1 ' "its root is that user"
hosts=web2
# podman tidies up behind an exec in its own time, and touches its store then.
wait_for 30 on web2 '! pgrep -u ops -f "[p]odman.* cleanup"'
nothing_differs "$CASE/first.yaml" "the app"

exits 0 "apps shows it" drover apps --exit-code -l web2 "$CASE/first.yaml"
like "$out" 'shop +shop +app +2 +2 +ok +localhost/web:1' "two of two"
exits 0 "with its instances" drover apps --instances -l web2
like "$out" 'shop +web2 +ops/shop-0.service +ok' "by the user and the unit"
exits 0 "ps takes the name of the app" drover ps web2 shop
like "$out" 'web2 +unit +shop-0.service +active' "with its unit"
exits 0 "logs take it too" drover logs web2 shop
like "$out" 'shop-0' "and tell of both"
like "$out" 'shop-1' "instances"
exits 0 "logs of an instance" drover logs web2 shop-1
unlike "$out" 'shop-0\[' "have no other's lines"
exits 0 "logs of a unit in full" drover logs web2 ops/shop-0.service
like "$out" 'web2' "find it"
exits 0 "stop" drover stop -y web2 shop-1
is "$(own 'systemctl --user is-active shop-0 shop-1' | xargs)" "active inactive" "stops one instance"
exits 0 "start" drover start -y web2 shop
is "$(own 'systemctl --user is-active shop-0 shop-1' | xargs)" "active active" "starts what does not run"
before=$(image_of 0 && own 'systemctl --user show -p ActiveEnterTimestampMonotonic --value shop-0')
exits 0 "restart" drover restart -y web2 shop --playbook "$CASE/first.yaml"
unlike "$(own 'systemctl --user show -p ActiveEnterTimestampMonotonic --value shop-0')" "^${before##*$'\n'}\$" "starts them anew"
on web2 'su -s /bin/sh ops -c "echo x >>/home/ops/.config/systemd/user/shop-0.service"'
exits 5 "a unit changed by hand" drover apps --exit-code -l web2 "$CASE/first.yaml"
like "$out" 'its unit file was changed by hand' "is said"
exits 0 "and put right" drover apply -y "$CASE/first.yaml"

one=$(image_of 0)
book bad two.tar 'http: ":http/nowhere", interval: 200ms, retries: 3' web2 rollback
exits 1 "a version that fails its check" drover apply -y "$CASE/bad.yaml"
like "$out$err" 'rolled-back' "takes itself back"
is "$(image_of 0) $(image_of 1)" "$one $one" "its image too"
is "$(own 'podman exec shop-0 cat /etc/shop.conf')" "of first" "and its files"
ok "it answers" answers web2 9080
exits 0 "as if nothing had been" drover apply -y --exit-code "$CASE/first.yaml"

book bad other.tar 'http: ":http/nowhere", interval: 200ms, retries: 3' web2 rollback
exits 1 "a version under another name that fails" drover apply -y "$CASE/bad.yaml"
like "$out$err" 'rolled-back' "takes itself back"
is "$(image_of 0) $(image_of 1)" "$one $one" "to the image that had lost its name meanwhile"
ok "and answers" answers web2 9080
exits 0 "as if nothing had been" drover apply -y --exit-code "$CASE/first.yaml"

book second two.tar 'http: ":http/"'
exits 0 "a second version" drover apply -y "$CASE/second.yaml"
two=$(image_of 0)
unlike "$two" "^$one\$" "runs another image"
is "$(own 'podman exec shop-0 cat /etc/shop.conf')" "of second" "with its file"
exits 0 "rolled back" drover rollback -y shop -t web2
is "$(image_of 0) $(image_of 1)" "$one $one" "it has the image of before"
is "$(own 'podman exec shop-1 cat /etc/shop.conf')" "of first" "and its file"
exits 0 "undone" drover undo -y last
is "$(image_of 0) $(image_of 1)" "$two $two" "it has the second again"
ok "and answers" answers web2 9081

cat >"$CASE/gone.yaml" <<-Y
	name: shop
	hosts: web2
	tasks:
	  - user: {name: ops, shell: /usr/sbin/nologin}
Y
exits 0 "an app that left the playbook" drover apply -y "$CASE/gone.yaml"
is "$(own 'podman ps -aq; ls /home/ops/.config/systemd/user/*.service' 2>/dev/null)" "" "is gone with its units"
is "$(own 'podman image list -q localhost/web')" "" "and its image"
unlike "$(on web2 'cat /var/lib/drover/manifest')" 'shop-' "nor does the manifest know it"
is "$(own 'podman volume ls -q')" shop-data "what its volume holds stays"
