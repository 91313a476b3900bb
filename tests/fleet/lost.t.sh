#!/bin/bash
# Acts that are lost on the way, on four real hosts: restarts that were left undone are done by the next
# act; hosts that are cut off in the middle of a batch go on alone, and are proved.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 4
all_cattle lost
read -r one _ three four <<<"$hosts"

book() { # NAME: a playbook from standard input
	{
		echo "name: $1"
		echo 'hosts: "@all-of-them"'
		cat
	} >"$CASE/$1.yaml"
}
cat >"$CASE/base.service" <<'UNIT'
[Service]
ExecStart=sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
book base <<'YAML'
tasks:
  - file: {path: /etc/drover-base, content: "one\n", mode: 0640}
  - unit: base.service
YAML
exits 0 "all hosts get their first state" drover apply -y "$CASE/base.yaml"

# An act that is killed after its files were switched leaves a restart undone: the next act does it.
book marker <<'YAML'
tasks:
  - file: {path: /etc/drover-base, content: "three\n"}
    then: restart base.service
  - run: [sleep, "30"]
    creates: /tmp/no-sleep
YAML
pid() { on "$1" systemctl show -p MainPID --value base.service; }
was=$(pid "$one")
"$DROVER" apply -y -l "$one" "$CASE/marker.yaml" >"$CASE/killed" 2>&1 &
seat=$!
asleep() { on "$one" 'pgrep -fx "sleep 30"'; }
kill_act() { # HOST
	# shellcheck disable=SC2016
	on "$1" 'systemctl kill -s KILL "$(systemctl list-units --plain --no-legend "drover-*.service" | cut -d" " -f1)"'
}
wait_for 30 asleep
kill_act "$one"
wait $seat
is $? 7 "an act that is killed in the middle is unknown"
is "$(on "$one" cat /etc/drover-base)" three "its file is there"
is "$(pid "$one")" "$was" "and what uses it was not restarted"
on "$one" touch /tmp/no-sleep
exits 0 "the next plan" drover plan -l "$one" "$CASE/marker.yaml"
like "$out" "restart base.service" "says that the restart is due"
exits 0 "the next apply does it" drover apply -y -l "$one" "$CASE/marker.yaml"
unlike "$(pid "$one")" "^$was\$" "the unit runs anew"
exits 0 "and then no more" drover apply -y -l "$one" "$CASE/marker.yaml"
like "$err" "1 ok" "nothing is due"

state() { on "$1" 'cat /etc/drover-base; sort /var/lib/drover/manifest'; } # HOST
# With on_failure: rollback the run takes back what such an act left; a host that goes down in the middle
# does it on its way.
book taken <<'YAML'
rollout: {on_failure: rollback}
tasks:
  - file: {path: /etc/drover-base, content: "four\n"}
    then: restart base.service
  - run: [sleep, "30"]
YAML
state "$one" >"$CASE/before"
"$DROVER" apply -y -l "$one" "$CASE/taken.yaml" >"$CASE/killed" 2>&1 &
seat=$!
wait_for 30 asleep
kill_act "$one"
wait $seat
is $? 1 "an act that is killed is taken back by its run"
like "$(cat "$CASE/killed")" "$one: rolled-back" "which says so"
state "$one" >"$CASE/after"
ok "the host is as it was" diff "$CASE/before" "$CASE/after"
"$DROVER" apply -y -l "$one" "$CASE/taken.yaml" >"$CASE/killed" 2>&1 &
seat=$!
wait_for 30 asleep
"$fleet" reboot "$one" >/dev/null 2>&1
wait $seat
taken=$?
# Its last words may reach the seat before the link goes; if not, resume has them.
err=$(cat "$CASE/killed")
[ $taken != 7 ] || { drover resume >/dev/null 2>"$CASE/resumed"; taken=$? err=$(cat "$CASE/resumed"); }
is $taken 1 "a host that is rebooted in the middle has taken it back"
like "$err" "$one: rolled-back: restored as it was before; .*stopped before its end" "before it went down"
state "$one" >"$CASE/after"
ok "and is as it was" diff "$CASE/before" "$CASE/after"
is "$(on "$one" systemctl is-active base.service)" active "its unit runs"

# Half of the hosts are cut off in the middle of a batch.
book half <<'YAML'
rollout: {canary: 0, batch: 100%, max_fail: 3}
tasks:
  - file: {path: /etc/drover-half, content: "x\n"}
  - run: [sh, -c, "sleep 3; touch /root/half-done"]
    creates: /root/half-done
YAML
"$DROVER" apply -y "$CASE/half.yaml" >"$CASE/half" 2>&1 &
seat=$!
for host in $three $four; do wait_for 30 on "$host" test -e /etc/drover-half; done
"$fleet" partition "$three" "$four"
wait $seat
is $? 7 "hosts that are cut off while they act are unknown"
like "$(cat "$CASE/half")" "2 changed" "the others go on"
like "$(cat "$CASE/half")" "2 unknown" "and these are counted"
for host in $three $four; do ok "$host goes on alone" wait_for 30 on "$host" test -e /root/half-done; done
"$fleet" heal "$three" "$four"
exits 0 "once they can be reached resume proves them" drover resume
like "$err" "2 changed" "as changed"
exits 0 "and there is nothing more to do" drover apply -y "$CASE/half.yaml"
like "$err" "4 ok" "anywhere"
