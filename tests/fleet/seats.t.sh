#!/bin/bash
# Several seats at the same hosts: HISTORIES (15) random histories, of which seats.py tells what must
# hold; then locks that are deleted, damaged, or held by somebody who does not go on.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 3
by() { # SEAT ARGUMENTS...
	XDG_STATE_HOME=$CASE/$1 "$DROVER" "${@:2}"
}
python3 -B "$root/tests/fleet/seats.py" >"$CASE/tap"
tapped=$?
grep -v '^1\.\.' "$CASE/tap"
count=$(grep -cE '^(not )?ok' "$CASE/tap")
is $tapped 0 "all histories were looked at"

# A holder that waits until it is told to go on.
book() { # NAME
	cat >"$CASE/$1.yaml" <<YAML
name: $1
hosts: web1
tasks:
  - run: [sh, -c, "touch /run/$1; until [ -e /run/go-$1 ]; do sleep 0.05; done"]
  - file: {path: /root/seat/a, content: "$1\n"}
YAML
}
hold() { # NAME: begins the act of that name by the seat north, and waits until it is under way
	book "$1"
	by north apply -y "$CASE/$1.yaml" >"$CASE/$1.out" 2>&1 </dev/null &
	holder=$!
	ok "$1: an act is under way" wait_for 20 on web1 "test -e /run/$1"
}
release() { # NAME
	on web1 "touch /run/go-$1"
	wait $holder
	is $? 0 "$1: the first ends well"
}
book second
holder_named() { # NAME
	like "$err" "web1: locked: another run holds the host's lock: .* at .* since .*, run [0-9a-f-]{36}" "$1: and the holder is named"
	ok "$1: the second did nothing" on web1 'test ! -e /run/second'
}

on web1 'touch /run/go-second'
hold deleted
on web1 'rm -f /var/lib/drover/lock'
exits 9 "a lock file that was deleted still holds" by south apply -y "$CASE/second.yaml"
holder_named deleted
release deleted

hold damaged
on web1 "head -c 300 /dev/urandom >/var/lib/drover/lock"
exits 9 "a lock file that was damaged still holds" by south apply -y "$CASE/second.yaml"
holder_named damaged
release damaged

# The act is stopped: its lock is not to be had, and nobody waits for it.
hold stopped
unit=$(on web1 "systemctl list-units --plain --no-legend 'drover-*.service'" | cut -d' ' -f1)
on web1 "systemctl kill -s STOP $unit"
exits 9 "an act that is stopped keeps its lock" by south apply -y "$CASE/second.yaml"
holder_named stopped
on web1 "systemctl kill -s CONT $unit"
release stopped

# The seat is stopped: its act goes on by itself, the next seat may come, and the sleeper learns it.
hold asleep
kill -STOP $holder
on web1 'touch /run/go-asleep'
gone() { ! on web1 "systemctl is-active --quiet 'drover-*.service'"; }
ok "the act of a seat that sleeps goes on" wait_for 20 gone
exits 0 "then the next seat may come" by south apply -y "$CASE/second.yaml"
is "$(on web1 cat /root/seat/a)" second "and does its work"
kill -CONT $holder
wait $holder
is $? 0 "the sleeper wakes and learns how its own act ended"
is "$(on web1 cat /root/seat/a)" second "without doing anything again"
exits 0 "what a stranger left as the lock" on web1 'printf "%s\n" "no tabs here" >/var/lib/drover/lock; rm -f /run/second'
exits 0 "does not keep anybody out when nobody holds it" by south apply -y "$CASE/second.yaml"
