#!/bin/bash
# A host that is armed, whose change may cut us off, and what befalls it then: the seat dies, or is told
# to stop; the host loses power.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 1 --debian 13
hosts=web1

# The seat dies while the host is armed.
on web1 'echo "ClientAliveInterval 30" >/etc/ssh/sshd_config.d/50-drover.conf; systemctl restart ssh'
cat >"$CASE/dies.yaml" <<'YAML'
name: dies
hosts: web1
tasks:
  - file: {path: /etc/ssh/sshd_config.d/50-drover.conf, content: "Port 2223\n"}
    confirm: {within: 6s}
    then: restart ssh.service
YAML
waits() { # HOST: an act waits to be confirmed
	# shellcheck disable=SC2016
	on "$1" 'grep -q " waits$" "/var/lib/drover/runs/$(ls /var/lib/drover/runs | tail -n 1)/result"'
}
begin() { # in the background, as $seat, until its host waits
	: >"$CASE/seat"
	"$DROVER" --connect-timeout 2s apply -y "$CASE/dies.yaml" >"$CASE/seat" 2>&1 &
	seat=$!
	wait_for 30 grep -q 'web1: armed' "$CASE/seat" && wait_for 30 waits web1
}
begin
kill -KILL $seat
wait $seat 2>/dev/null
ok "the host lets us in again by itself" wait_for 60 gets_in web1
exits 1 "resume proves that the host took it back by itself" drover resume
like "$err" "rolled-back: restored as it was before; not confirmed" "and says why"
is "$(on web1 cat /etc/ssh/sshd_config.d/50-drover.conf)" "ClientAliveInterval 30" "its file is as it was"
nothing_left

# A signal: an armed host is named, and not given up by the first.
begin
kill -INT $seat
wait $seat
is $? 130 "the first signal lets the armed host come to its end"
like "$(cat "$CASE/seat")" "armed: web1: still to be confirmed, or taken back" "names it"
like "$(cat "$CASE/seat")" "web1: rolled-back" "and tells how it ended"
begin
kill -TERM $seat
wait_for 10 grep -q "armed: web1: still" "$CASE/seat"
kill -TERM $seat
wait $seat
is $? 143 "the second leaves it"
like "$(cat "$CASE/seat")" "web1: unknown: armed when it was last heard" "saying that it is armed"
wait_for 60 gets_in web1
exits 1 "resume proves the rest" drover resume
like "$err" "web1: rolled-back" "as told"
nothing_left

# Power is lost while the host is armed, and while it is confirmed.
begin
"$fleet" kill web1 >/dev/null 2>&1
"$fleet" start web1 >/dev/null 2>&1
wait $seat
is $? 1 "a host that loses power while it is armed takes it back at boot"
like "$(cat "$CASE/seat")" "rolled-back: .*; the host was rebooted before it was confirmed" "and says so"
is "$(on web1 cat /etc/ssh/sshd_config.d/50-drover.conf)" "ClientAliveInterval 30" "its file is as it was"
ok "it lets us in" gets_in web1
nothing_left
