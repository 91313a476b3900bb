#!/bin/bash
# What resume says: which run it asks about, of hosts that nothing was sent to, and of hosts of which nothing
# can be proved.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
cat >"$CASE/gate.yaml" <<'Y'
name: gate
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/gate, content: "{{ n }}\n"}
  - run: [sh, -c, "touch /run/gate; until [ -e /run/go ]; do sleep 0.05; done"]
  - file: {path: /etc/gate-after, content: "{{ n }}\n"}
Y
recorded() { # the first step's end is in the ledger
	"$DROVER" history show last --json | grep -q '"event":"step.end"'
}
begin() { # N: an apply whose canary acts, and then drover is killed
	on web1 rm -f /run/gate /run/go
	"$DROVER" apply -y -e "n=$1" "$CASE/gate.yaml" >"$CASE/killed" 2>&1 </dev/null &
	victim=$!
	ok "apply $1: the canary acts" wait_for 30 on web1 "test -e /run/gate"
	ok "and tells what it did" wait_for 30 recorded
	kill -KILL $victim
	wait $victim 2>/dev/null
}

begin 1
on web1 touch /run/go
exits 8 "a host that nothing was sent to is untried" drover resume
like "$err" "resuming r-[0-9]+: apply .*gate.yaml of 20..-..-.. ..:..:.." "the run is named that nobody named"
like "$err" "^web2: untried \(exit code 8\): nothing was sent before drover was gone; apply again" "what that means is said"
like "$("$DROVER" history show last)" "web2 .*untried.*nothing was sent to it" "and recorded"
like "$err" "1 changed, 1 untried|1 untried, 1 changed" "the canary is proved"
ok "nothing came to it" on web2 test ! -e /etc/gate

begin 2
"$fleet" partition web1
exits 7 "a host that cannot be asked stays unknown" drover --connect-timeout 1s resume last
unlike "$err" "resuming" "a run that was named is not named again"
like "$err$out" "web1: unknown: not proved: .*; 1 of 3 steps is recorded as done: file /etc/gate; resume again once it is reached" \
	"with what is known, and what to do"
"$fleet" heal web1
on web1 touch /run/go
exits 0 "which proves it" drover resume
like "$err" "1 changed" "then"

begin 3
run=$("$DROVER" history --json --limit 1 | grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' | head -n 1)
"$fleet" kill web1 >/dev/null 2>&1
"$fleet" start web1 >/dev/null 2>&1
exits 7 "a host that lost power as it acted" drover resume "$run"
like "$err$out" "web1: unknown: .*; [1-3] of 3 steps (is|are) recorded as done: file /etc/gate.*; look at the host \(drover plan\), or apply again" \
	"is to be looked at"
