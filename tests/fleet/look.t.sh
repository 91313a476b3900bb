#!/bin/bash
# The Fleet screen over real hosts: a unit fails and is seen, a host is lost and comes back, one program a host
# answers and goes with the console, a run leaves the polls as they were.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
read -r one two <<<"$hosts"
all_cattle look
export LC_ALL=C.UTF-8
screen() { tmux -L "look-$$" "$@"; }
shows() { screen capture-pane -p | grep -Eq -- "$1"; }
hides() { ! shows "$1"; }
press() { screen send-keys "$@"; }
ends() { ! screen has-session 2>/dev/null; }
looks_shown() { # WHAT PATTERN
	wait_for 60 shows "$2"
	is $? 0 "$1" || screen capture-pane -p
}
# How many programs of a console run there; one whose link was lost without the host's notice may still.
programs() { on "$1" "pgrep -xc timeout || true"; }
gone() { [ "$(programs "$1")" = 0 ]; }
logins() { "$fleet" sshd-log "$1" | grep -c 'Accepted publickey'; }

screen new -d -x 100 -y 30 "$DROVER -i $DROVER_INVENTORY -F $DROVER_SSH_CONFIG"
looks_shown "both hosts answer" '2 ok'
looks_shown "and are told apart by what they run" "$one +all"
before=$(logins "$one") execs=$(execs "$one")
is "$(programs "$one")" 1 "one program there answers the console"

on "$one" "systemd-run --unit=look-fails false" >/dev/null 2>&1
looks_shown "a unit that fails is seen" "1 FAIL.*look-fails.service"
on "$one" "systemctl reset-failed look-fails.service"
looks_shown "and that it is well again" '2 ok'
is "$(logins "$one")" "$before" "nobody logged in for that"
is "$(execs "$one")" "$execs" "and no other command ran"

"$fleet" partition "$two"
looks_shown "a host that is cut off is unreachable" '1 unreach +1 ok'
looks_shown "with the reason" "$two .*(nothing he|connect|timed)"
"$fleet" heal "$two"
looks_shown "and comes back by itself" '2 ok'

press '*' '!'
looks_shown "a command can be run on the marked" 'Command for 2 hosts'
press 'echo from-the-console' Enter
looks_shown "after a question" 'this runs'
press y
looks_shown "and runs" 'from-the-console'
looks_shown "to its end" 'exit 0'
press 1
looks_shown "the polls go on" '2 ok'

press Z
wait_for 30 gone "$one"
is $? 0 "paused, no program is left there"
press Z
looks_shown "and it goes on" '2 ok'
press Q
ok "the console is left" wait_for 30 ends
ends || screen capture-pane -p
wait_for 30 gone "$one"
is $? 0 "and leaves no program on the host whose link held"
