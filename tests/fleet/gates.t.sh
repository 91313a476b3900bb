#!/bin/bash
# Health checks that lie, on a real host: that hang, that print success and fail, that are well once and
# then no more. Each ends the act in bounded time, and by its exit status alone.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 1 --debian 13
cp -r "$root/playbooks/examples/site" "$CASE/site"
"$fleet" image localhost/site:1 "$CASE/site/site.tar" >/dev/null

gate() { # NAME SOAK HEALTH: an app with that health check
	cat >"$CASE/site/$1.yaml" <<YAML
name: $1
hosts: web1
rollout: {soak: $2, on_failure: rollback}
apps:
  $1:
    image: {archive: site.tar}
    ports: {http: {container: 8080, host: 8080}}
    health: $3
YAML
}
was_not() { # NAME
	is "$("$fleet" shell-in web1 sh -c "ls -d /etc/systemd/system/$1-0.service /etc/drover/apps/$1 2>/dev/null; systemctl is-active $1-0.service")" \
		inactive "nothing of it is left"
}
began() { start=$SECONDS; }

gate liar 1s '{exec: [sh, -c, "echo healthy; exit 1"], interval: 200ms, timeout: 1s, retries: 3}'
exits 1 "a check that says it is well and ends with 1 has failed" drover apply -y "$CASE/site/liar.yaml"
like "$err" "rolled-back: restored as it was before.*health check exec failed for 600 ms: healthy" "with what it said"
was_not liar
gate hangs 1s '{exec: [sleep, "1000"], interval: 200ms, timeout: 1s, retries: 3}'
began
exits 1 "a check that hangs has failed" drover apply -y "$CASE/site/hangs.yaml"
ok "within its own time" test $((SECONDS - start)) -lt 60
was_not hangs
"$fleet" shell-in web1 rm -f /run/flap
gate flaps 1s '{exec: [sh, -c, "if [ -e /run/flap ]; then echo down; exit 1; fi; : >/run/flap"], interval: 200ms, timeout: 1s, retries: 3}'
exits 1 "a check that is well once and then no more has failed when it was watched" drover apply -y "$CASE/site/flaps.yaml"
like "$err" "rolled-back: .*health check exec failed for 600 ms: down" "with what it says then"
was_not flaps
# shellcheck disable=SC2016
gate slow 1s '{exec: [sh, -c, "date +%s >>/run/slow; test 3 -le \"$(wc -l </run/slow)\""], interval: 200ms, timeout: 1s, retries: 20}'
exits 0 "a check that is well in the end is good" drover apply -y "$CASE/site/slow.yaml"
like "$err" "1 changed" "and what it watches stays"

# What an undo starts again is proved well by the check that it had before.
tries() { on web1 'wc -l </run/slow'; }
gate slow 1s '{exec: [touch, /run/newer], interval: 200ms, timeout: 1s, retries: 3}'
sed -i 's/^    health:/    env: {LOG: debug}\n&/' "$CASE/site/slow.yaml"
exits 0 "another version, with another check" drover apply -y "$CASE/site/slow.yaml"
ok "which is asked" on web1 'test -e /run/newer && rm /run/newer'
before=$(tries)
exits 0 "an undo of it" drover undo -y last
ok "asks the check of the version that is back" test "$(tries)" -gt "$before"
ok "and not the other" on web1 'test ! -e /run/newer'
exits 0 "that undo undone" drover undo -y last
ok "asks the newer one" on web1 'test -e /run/newer'
on web1 'rm /run/slow && mkdir /run/slow'
exits 1 "a version that is back and not well" drover undo -y last
like "$err" "health check exec failed" "fails the undo"
