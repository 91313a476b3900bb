#!/bin/bash
# The console plans and applies on two real hosts: what is left out is left alone, a pause holds the next
# batch back, a plan that is left changes nothing, and what failed is tried once more.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
driver=$root/build/release/tests/fleet/console
ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
export TERM=xterm-256color LC_ALL=C.UTF-8 DROVER_PLAYBOOK=$CASE/site.yaml
program=${DROVER:-$root/build/release/drover}
screen() { # WHAT: a script from standard input
	local script
	script=$(cat)
	if "$driver" 100x30 "$program" <<<"$script" >"$CASE/screen" 2>&1; then
		pass "$1"
	else
		fail "$1" "$(cat "$CASE/screen")"
	fi
}
there() { # HOST FILE: its text, or nothing
	on "$1" "cat $2 2>/dev/null"
}

cat >"$CASE/site.yaml" <<'Y'
name: site
hosts: "web[1-2]"
rollout: {canary: 1, batch: 1}
tasks:
  - file: {path: /etc/console-one, content: "one of {{ host }}\n"}
  - file: {path: /etc/console-two, content: "two\n"}
Y
screen "a plan is looked at and left" <<'S'
wait 2 ok
keys P
wait Playbook to plan
keys \r
wait waits: A applies
wait 2 create
wait +one of {{ host }}
keys q
wait the plan was left: nothing was changed
wait [1 Fleet]
keys Q
end 0
S
is "$(there web1 /etc/console-one)$(there web2 /etc/console-one)" "" "and nothing was changed"
like "$(drover history)" "apply .*held" "the run ended as held"

screen "a host and a step are left out, the rest is applied" <<'S'
wait 2 ok
keys P
wait Playbook to plan
keys \r
wait waits: A applies
keys =jj
keys  
wait web2  left out
keys G
keys kk
wait /etc/console-two
keys  
wait [ ] + 2 /etc/console-two
keys A
wait On web1 (1 host, 0 pets)
keys y
wait [6 Run]
wait exit 12
wait 1 changed, 1 held
keys Q
end 0
S
is "$(there web1 /etc/console-one)" "one of web1" "the host that was not left out has it"
is "$(there web1 /etc/console-two)" "" "but not the step that was"
is "$(there web2 /etc/console-one)$(there web2 /etc/console-two)" "" "the host that was left out has nothing"
unlike "$(drover history show last --json | tail -50)" "console-two" "what was left out is not in what is recorded"
unlike "$(on web1 cat /var/lib/drover/manifest)" "console-two" "nor in the host's manifest"

screen "a pause holds the next batch back, and going on ends it" <<S
wait 2 ok
keys P
wait Playbook to plan
keys \\r
wait waits: A applies
keys A
wait On web[1-2] (2 hosts, 0 pets)
keys y
wait [6 Run]
keys p
wait PAUSED
wait paused: no batch begins
wait 1/2 hosts
sh timeout 60 $fleet shell-in web1 test -e /etc/console-two
sh ! timeout 60 $fleet shell-in web2 test -e /etc/console-two
keys p
wait 2 changed  exit 0
keys Q
end 0
S
is "$(there web2 /etc/console-one)" "one of web2" "then the second host has it too"

cat >>"$CASE/site.yaml" <<'Y'
  - run: 'echo before; test -e /etc/console-allowed || { echo "it is not allowed" >&2; exit 7; }'
Y
screen "what failed is on top with its output, and is tried once more through a plan" <<S
wait 2 ok
keys P
wait Playbook to plan
keys \\r
wait waits: A applies
wait 2 unpredicted
keys A
wait On web[1-2] (2 hosts, 0 pets)
keys y
wait [6 Run]
wait 1 failed, 1 untried  exit 8
wait it is not allowed
wait exit 7: before
wait r: retry 2
sh timeout 60 $fleet shell-in web1 touch /etc/console-allowed
sh timeout 60 $fleet shell-in web2 touch /etc/console-allowed
keys r
wait [5 Plan]
wait waits: A applies
keys A
wait On web[1-2] (2 hosts, 0 pets)
keys y
wait 2 changed  exit 0
keys Q
end 0
S
like "$(drover history show last --json | head -1)" '"--limit","web\[1-2\]"' "it is recorded with its hosts"

on web1 'echo "by hand" >/etc/console-two'
cat >"$CASE/drift" <<S
wait 2 ok
keys 5
wait No plan yet.
keys d
wait Drift of the playbook
keys \\^U$CASE/site.yaml\\r
wait drift site.yaml
wait 1 change
keys n
wait changed by hand since run
keys Q
end 0
S
screen "drift is told by the same screen" <"$CASE/drift"
