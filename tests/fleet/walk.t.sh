#!/bin/bash
# What the console shows of itself is enough: from Fleet a failing unit is found, its log read, it is restarted
# and seen in History, by keys that the help or the hints tell of, at most twelve of them. Then a unit is
# stopped by a key, and a host is lost and comes back.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 3
driver=$root/build/release/tests/fleet/console
ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
export TERM=xterm-256color LC_ALL=C.UTF-8
program=${DROVER:-$root/build/release/drover}
screen() { # SIZE WHAT: a script from standard input
	local script
	script=$(cat)
	if "$driver" "$1" "$program" <<<"$script" >"$CASE/screen" 2>&1; then
		pass "$2"
	else
		fail "$2" "$(cat "$CASE/screen")"
	fi
}
state() { on web2 systemctl is-active shop; }

# A unit that fails, and says why in its log.
fails() {
	on web2 'rm -f /etc/shop.conf
		printf "[Service]\nExecStart=/bin/sh -c %s\n" \
			"\"echo opening; test -e /etc/shop.conf || { echo /etc/shop.conf is not there; exit 3; }; exec sleep infinity\"" \
			>/etc/systemd/system/shop.service
		systemctl daemon-reload; systemctl restart shop; true'
	wait_for 20 is_failed
}
is_failed() { [ "$(state)" = failed ]; }

# The tabs: their names where there is room, else their digits.
walk() { # SIZE HISTORY: how the tab of History is told at the end
	ok "a unit fails" fails
	screen "$1" "the walk at $1 takes at most 12 keys, all of them told" <<S
wait 1 FAIL
press ? ? help
wait f             show only hosts that are not ok
press \\e Esc leaves
gone Esc leaves
keys f
wait CATTLE (1 of
press \\r Enter open
wait [2 Host]
wait >  ✗ shop.service
press l l logs
wait /etc/shop.conf is not there
sh timeout 60 $fleet shell-in web2 touch /etc/shop.conf
press 2 2 Host
wait [2 Host]
press r r restart
wait On web2 (1 host, 0 pets) this runs:
wait systemctl restart -- shop.service
press y y Yes
wait exit 0
press 8 $2
wait [8 History]
wait restart shop.
pressed 12
keys 1
wait 3 ok
keys Q
end 0
S
	is "$(state)" active "and the unit runs"
}
walk 100x30 "8 History"
walk 80x24 "[6 Run]  7"

screen 100x30 "a unit is stopped by a key, and that is seen" <<S
wait 3 ok
keys :host web2 shop.service\\r
wait ● shop.service
wait | ● running
press D D stop
press n n Cancel
wait nothing was done
press D D stop
wait systemctl stop -- shop.service
press y y Yes
wait exit 0
keys 2
wait ○ shop.service
wait | ○ dead
sh test "\$(timeout 60 $fleet shell-in web2 systemctl is-active shop)" = inactive
keys Q
end 0
S

screen 100x30 "a host that is lost is told with the reason, and comes back by itself" <<S
wait 3 ok
sh timeout 60 $fleet partition web1
wait 1 unreach
keys f
wait web1 unreachable: 
keys \\r
wait [2 Host]
wait unreachable: 
keys l
wait web1: 
sh timeout 60 $fleet heal web1
keys 1
keys f
wait 3 ok
keys Q
end 0
S
