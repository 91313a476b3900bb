#!/bin/bash
# What a playbook says of its apps, read back from the running payload on Debian 12 (podman 4.3) and 13 (5.4):
# user, directory, labels, restarts and stops; ports of all forms; directories, volumes and memory; what the app
# is told; the order of apps that need one another.
# shellcheck disable=SC2016,SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"

inspect() { # HOST CONTAINER FORMAT
	on "$1" "podman inspect -f '$3' $2 2>/dev/null"
}
inside() { # HOST CONTAINER COMMAND
	on "$1" "podman exec $2 sh -c '$3' 2>&1"
}
proc() { # HOST CONTAINER FILE
	on "$1" "cat /proc/$(inspect "$1" "$2" '{{.State.Pid}}')/$3"
}
restarts() { # HOST UNIT
	on "$1" "systemctl show -p NRestarts --value $2"
}
restarted() { # HOST UNIT
	[ "$(restarts "$1" "$2")" -ge 1 ] && on "$1" "systemctl is-active $2"
}
is_failed() { # HOST UNIT
	[ "$(on "$1" "systemctl is-active $2")" = failed ]
}
started_at() { # HOST UNIT
	on "$1" "systemctl show -p ActiveEnterTimestampMonotonic --value $2"
}

cat >"$CASE/shop.yaml" <<'Y'
name: shop
hosts: web[1-2]
rollout: {canary: 2, batch: 2}
apps:
  shop:
    image: {archive: web.tar}
    replicas: 2
    needs: [quiet]
    command:
      - /bin/sh
      - -c
      - "trap 'echo told >/srv/out/told; exit 0' USR1; for p in 8080 8082; do httpd -p $p -h /www; done; while :; do sleep 1; done"
    user: 1000:1001
    workdir: /www
    labels: {tier: front, a.b/c: "x 50% $HOME"}
    restart: always
    stop: {signal: SIGUSR1, timeout: 20s}
    ports:
      web: {container: 8080-8082, host: 9080-9082, bind: [0.0.0.0]}
      ask: {container: 53, host: 5300, protocol: udp}
    files:
      /srv/in: {dir: /srv/in-here}
      /srv/out: {dir: /srv/out, mode: rw}
      /cache: {tmpfs: 1M}
      /mine: {tmpfs: 1M, mode: 0700}
      /data: {volume: shop-data}
      /ref: {volume: shop-data, mode: ro}
    health: {http: ":web/"}
  quiet:
    image: {archive: web.tar}
    restart: no
tasks:
  - dir: {path: /srv/out, mode: 1777}
Y
exits 0 "the plan" drover plan "$CASE/shop.yaml"
like "$out" 'publishes 0.0.0.0:9083-9085 \(web of shop\)' "tells a range of ports, behind that of the other replica"
like "$out" 'publishes 0.0.0.0:5301/udp \(ask of shop\)' "and one of udp"
like "$out" '\+ .*/srv/in-here/' "the directory that is missing"
like "$out" 'shop starts behind quiet, which it needs' "and what starts first"
exits 0 "the app is made" drover apply -y "$CASE/shop.yaml"
for host in $hosts; do
	is "$(inspect "$host" shop-0 '{{.Config.User}} {{.Config.WorkingDir}} {{.Config.StopTimeout}} {{index .Config.Labels "a.b/c"}}')" \
		'1000:1001 /www 20 x 50% $HOME' "$host: podman has user, directory, time to stop and labels"
	is "$(proc "$host" shop-0 status | awk '/^[UG]id/ { print $2 }' | xargs)" "1000 1001" "the payload is that user"
	is "$(inside "$host" shop-0 pwd)" /www "in that directory"
	ok "the first of the range answers" wait_for 10 answers "$host" 9080
	ok "and the last, of the second replica" wait_for 10 answers "$host" 9085
	like "$(on "$host" 'podman port shop-1 2>/dev/null')" '53/udp -> 0.0.0.0:5301' "udp is published"
	is "$(inside "$host" shop-1 'echo "$PORT_WEB $PORT_WEB_LAST $PORT_ASK $PORT_ASK_PROTOCOL $DROVER_LOG $DROVER_READS $DROVER_WRITES"')" \
		"8080 8082 53 udp stdout /srv/in:/ref /srv/out:/cache:/mine:/data" "the environment tells of ports and paths"
	told=$(inside "$host" shop-1 'cat /run/drover/resources.json')
	like "$told" '"web":\{"protocol":"tcp","container":8080,"host":9083,"count":3,"bind":\["0.0.0.0"\]\}' "and resources.json of ports"
	like "$told" '"/cache":\{"kind":"tmpfs","writable":true,"size":1048576\}' "of memory"
	like "$told" '"/srv/in":\{"kind":"dir","writable":false\}' "and of directories"
	like "$(inside "$host" shop-0 'echo x >/srv/in/x; echo x >/ref/x')" 'Read-only.*' "what is to be read is not written to"
	is "$(inside "$host" shop-0 'echo x >/srv/in/x; echo x >/ref/x' | grep -c 'Read-only')" 2 "neither a directory nor a volume"
	is "$(inside "$host" shop-0 'echo x >/srv/out/x && echo x >/cache/x && echo ok')" ok "what is to be written to is"
	is "$(on "$host" 'cat /srv/out/x; stat -c %a /srv/out /srv/in-here' | xargs)" "x 1777 755" "in the host's directory, which is as the task says"
	is "$(inside "$host" shop-0 'rm /cache/x; head -c 2000000 /dev/zero >/cache/y' >/dev/null; inside "$host" shop-0 'stat -c %s /cache/y')" 1048576 \
		"the memory has its size"
	is "$(inside "$host" shop-0 'stat -c %a /cache /mine' | xargs)" "1777 700" "and its mode"
	ok "what it needs was started first" test "$(started_at "$host" quiet-0)" -lt "$(started_at "$host" shop-0)"
	like "$(on "$host" 'systemctl show -p After -p Wants shop-1')" 'After=.*quiet-0.service' "and is so by systemd"
done
nothing_differs "$CASE/shop.yaml" "the app"

on web1 'podman kill quiet-0' >/dev/null 2>&1
ok "what was killed is not started again where it is not to be" wait_for 20 is_failed web1 quiet-0
is "$(restarts web1 quiet-0)" 0 "not once"
on web1 'podman exec shop-0 sh -c "kill -USR1 1"' >/dev/null 2>&1
ok "what ended well is where it is to be always" wait_for 20 restarted web1 shop-0
ok "and starts what it needs" on web1 'systemctl is-active quiet-0'
for host in $hosts; do
	on "$host" 'rm -f /srv/out/told; systemctl stop shop-1'
	is "$(on "$host" 'cat /srv/out/told')" told "$host: a stop is told by the signal"
	is "$(on "$host" 'systemctl show -p Result --value shop-1')" success "and is no failure"
	on "$host" 'systemctl start shop-1; rm -f /srv/out/told; podman stop shop-1' >/dev/null 2>&1
	is "$(on "$host" 'cat /srv/out/told')" told "so is one by hand"
done
exits 0 "the next apply starts what is stopped" drover apply -y "$CASE/shop.yaml"

on web1 'rm -rf /srv/other; echo file >/srv/other'
sed -i 's,/srv/in-here,/srv/other,' "$CASE/shop.yaml"
exits 11 "a file where the directory should be" drover apply -y --limit web1 "$CASE/shop.yaml"
like "$out$err" '/srv/other: .*stands there' "is refused by name"
ok "and the app goes on" on web1 'systemctl is-active shop-0'
exits 0 "elsewhere it is made" drover apply -y --limit web2 "$CASE/shop.yaml"
ok "and mounted" on web2 "podman inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' shop-0 2>/dev/null | grep -x /srv/other"
is "$(on web2 'ls -d /srv/in-here' 2>&1 | grep -c 'No such')" 1 "and the one before is gone"

# An order between hosts: web1 has what web2's app needs.
cat >"$CASE/apart.yaml" <<'Y'
name: shop
hosts: web[1-2]
rollout: {canary: 0, batch: 100%}
apps:
  front:
    image: {archive: web.tar}
    needs: store
    when: host == "web1"
  store:
    image: {archive: web.tar}
    when: host == "web2"
Y
exits 0 "an app that is needed on another host" drover plan "$CASE/apart.yaml"
like "$out$err" 'needs: web2 before web1' "is told in the plan"
like "$out$err" 'front needs store, which is not on this host' "with why"
exits 0 "the hosts change" drover apply -y "$CASE/apart.yaml"
like "$out$err" 'batch 1: 1 host' "in batches of their own"
ok "the one that is needed first" test "$(on web2 'stat -c %Y /etc/systemd/system/store-0.service')" -le \
	"$(on web1 'stat -c %Y /etc/systemd/system/front-0.service')"
