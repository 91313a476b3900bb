#!/bin/bash
# An apply that is told to stop, on two real hosts: who is at work comes to his end, nobody new begins; a
# second signal leaves them, unknown, to be proved later. And hosts that cannot be reached at all.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2

cat >"$CASE/slow.yaml" <<'YAML'
name: slow
hosts: "@web"
rollout: {canary: 1}
tasks:
  - run: [sh, -c, "touch /run/begun; while test ! -e /run/go-on; do sleep 0.1; done; touch /root/done"]
    creates: /root/done
YAML
begin() { # until web1 is at work
	on web1 rm -f /run/go-on /run/begun /root/done
	"$DROVER" apply -y "$CASE/slow.yaml" >"$CASE/seat" 2>&1 &
	seat=$!
	wait_for 30 on web1 test -e /run/begun
}
stops() { # SIGNAL STATUS
	begin
	kill -s "$1" $seat
	wait_for 10 grep -q "stopping: " "$CASE/seat"
	on web1 touch /run/go-on
	wait $seat
	is $? "$2" "$1: who is at work comes to his end"
	like "$(cat "$CASE/seat")" "web1: changed" "web1 has"
	like "$(cat "$CASE/seat")" "r-[0-9]*: .*1 changed.*1 untried|r-[0-9]*: .*1 untried.*1 changed" "web2 was not begun, and the last line counts both"
	ok "indeed it was not" on web2 test ! -e /root/done
}
stops INT 130
stops TERM 143
stops HUP 129
begin
kill -s TERM $seat
wait_for 10 grep -q "stopping: " "$CASE/seat"
kill -s INT $seat
wait $seat
is $? 143 "a second signal does not wait, and the first one counts"
like "$(cat "$CASE/seat")" "web1: unknown" "what web1 did is unknown"
like "$(cat "$CASE/seat")" "1 unknown" "and counted as such"
on web1 touch /run/go-on
exits 0 "resume proves it" drover resume
like "$err" "1 changed" "as what it came to"

# Nobody is touched where too many are away.
on web1 rm -f /root/done
"$fleet" partition web2
exits 8 "half of the hosts away stop the run before its first act" drover --connect-timeout 2s apply -y "$CASE/slow.yaml"
like "$err" "1 of 2 hosts not reached \(max_unreachable 50%\)" "with the reason"
like "$err" "web2: unreachable" "and the host"
"$fleet" partition web1
exits 4 "if all are away there is nothing to stop" drover --connect-timeout 2s apply -y "$CASE/slow.yaml"
like "$err" "2 unreachable" "all are owed"
"$fleet" heal web1 web2
for host in web1 web2; do ok "nothing came to $host" on "$host" test ! -e /root/done; done
