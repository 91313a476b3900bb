#!/bin/bash
# What is run around a stop of a replica, and a health check by the journal: on a Debian 12 and a Debian 13 host.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle drain
read -r one two <<<"$hosts"
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null
# Each hook tells which replica, and whether that runs and as which start.
hook='echo "$0 $DROVER_APP-$DROVER_REPLICA $(systemctl is-active $DROVER_UNIT)" >>/root/hooks; ! test -e /root/$0-fails-$DROVER_REPLICA'
web() { # TEXT [ON_FAILURE]
	cat >"$CASE/web.yaml" <<YAML
name: web
hosts: "@all-of-them"
rollout: {canary: 1, batch: 1, max_fail: 1, on_failure: ${2:-stop}}
apps:
  web:
    image: {archive: web.tar}
    replicas: 2
    ports: {http: 8080}
    files: {/www/index.html: {content: "$1\n"}}
    health: {http: ":http/", interval: 200ms, timeout: 2s, retries: 15}
    drain:
      before: [sh, -c, '$hook', drain]
      after: [sh, -c, '$hook', undrain]
      timeout: 5s
YAML
}
hooks() { # HOST: and forget them
	on "$1" 'paste -sd"|" /root/hooks; rm -f /root/hooks' 2>/dev/null
}
walk() { # HOST
	# shellcheck disable=SC2016
	on "$1" 'find /etc -xdev -type f -exec sha256sum {} + | sort -k2; sort /var/lib/drover/manifest
		systemctl show -P InvocationID -- web-0.service web-1.service'
}
once='drain web-0 active|undrain web-0 active|drain web-1 active|undrain web-1 active'

web one
exits 0 "the first start" drover apply -y "$CASE/web.yaml"
like "$err$out" "drain: before a replica of web stops, sh runs on the host" "the plan says what runs"
for host in $hosts; do is "$(hooks "$host")" "undrain web-0 active|undrain web-1 active" "nothing is drained that did not run, and each serves when it is well on $host"; done
web two
exits 0 "a new version" drover apply -y "$CASE/web.yaml"
for host in $hosts; do is "$(hooks "$host")" "$once" "one replica after another is drained before it stops, and back when it is well on $host"; done
exits 0 "its undo" drover undo -y last
back='drain web-1 active|undrain web-1 active|drain web-0 active|undrain web-0 active'
for host in $hosts; do is "$(hooks "$host")" "$back" "is drained alike on $host, the last first"; done
exits 0 "and the undo of that" drover undo -y last
for host in $hosts; do is "$(hooks "$host")" "$once" "too"; done

# By hand too, as the host keeps it.
exits 0 "a restart by hand" drover restart -y web
like "$out" "must pass its health check .http. before the next" "is proved as the release says"
for host in $hosts; do is "$(hooks "$host")" "$once" "and drains one replica after another on $host"; done
exits 0 "a stop by hand" drover stop -y web
like "$out" "drain: before a replica of web stops, sh runs on the host" "says what runs"
for host in $hosts; do is "$(hooks "$host")" "drain web-0 active|drain web-1 active" "and it does on $host"; done
exits 0 "a start by hand" drover start -y web
for host in $hosts; do is "$(hooks "$host")" "undrain web-0 active|undrain web-1 active" "lets them serve again on $host"; done
on "$one" touch /root/drain-fails-0
exits 1 "one that cannot be drained" drover stop -y "$one" web
like "$err" "$one: failed: drain of web-0.service: exit 1; nothing was changed here" "does not stop"
is "$(on "$one" 'systemctl is-active web-0 web-1' | paste -sd' ')" "active active" "nor does the other"
hooks "$one" >/dev/null
on "$one" rm /root/drain-fails-0

# What cannot be drained is not changed.
on "$one" touch /root/drain-fails-0
walk "$one" >"$CASE/before"
web three
exits 8 "a drain that fails stops its host" drover apply -y "$CASE/web.yaml"
like "$err" "$one: failed: drain of web-0.service: exit 1; nothing was changed here" "before anything was changed"
walk "$one" >"$CASE/after"
ok "nothing was" diff "$CASE/before" "$CASE/after"
is "$(hooks "$one")" "drain web-0 active|undrain web-0 active" "and what was not stopped serves again"
on "$one" 'rm /root/drain-fails-0; touch /root/drain-fails-1'
web three rollback
exits 8 "the drain of the second replica fails" drover apply -y "$CASE/web.yaml"
like "$err" "$one: rolled-back: restored as it was before.*drain of web-1.service: exit 1" "and the host goes back"
is "$(hooks "$one")" "drain web-0 active|undrain web-0 active|drain web-1 active|undrain web-1 active|drain web-0 active|undrain web-0 active" "by the same hooks"
walk "$one" | head -n -3 >"$CASE/after"
head -n -3 "$CASE/before" >"$CASE/was"
ok "to what it was" diff "$CASE/was" "$CASE/after"
on "$one" 'rm /root/drain-fails-1; touch /root/undrain-fails-0'
exits 8 "a replica that cannot serve again" drover apply -y "$CASE/web.yaml"
like "$err" "$one: rolled-back: .*undrain of web-0.service: exit 1" "fails its host"
on "$one" 'rm /root/undrain-fails-0 /root/hooks'
sed -i "s/before: .*/before: [sleep, '1000']/; s/timeout: 5s/timeout: 1s/" "$CASE/web.yaml"
exits 8 "a drain that hangs" drover apply -y "$CASE/web.yaml"
like "$err" "$one: failed: drain of web-0.service: stopped at its time limit of 1 s; nothing was changed here" "ends at its limit"
walk "$two" >"$CASE/after"
unlike "$(hooks "$two")" drain "and the other host was never tried"

# By the journal: what this start of the unit said, and no earlier one.
says() { # TEXT PATTERN
	cat >"$CASE/says.yaml" <<YAML
name: says
hosts: "@all-of-them"
rollout: {canary: 0, batch: 2, max_fail: 2, on_failure: rollback}
apps:
  says:
    image: {archive: web.tar}
    env: {TEXT: "$1"}
    command: [sh, -c, 'sleep 1; echo "\$TEXT"; exec httpd -f -p 9090 -h /www']
    health: {journal: '$2', interval: 200ms, timeout: 2s, retries: 20}
YAML
}
says "ready at port 9090" '^ready at port [0-9]{4}$'
exits 0 "a line of the journal says that it is well" drover apply -y "$CASE/says.yaml"
says "not yet" '^ready at port [0-9]{4}$'
exits 1 "what an earlier start said counts for nothing" drover apply -y "$CASE/says.yaml"
for host in $hosts; do like "$err" "$host(,[^ ]*)?: rolled-back: .*health check journal failed for 4000 ms: no line of its journal since it was started matches" "$host goes back"; done
for host in $hosts; do is "$(on "$host" 'grep -c "ready at" /etc/systemd/system/says-0.service; systemctl is-active says-0.service' | paste -sd' ')" "1 active" "to the one that was well"; done
