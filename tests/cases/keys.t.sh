#!/bin/bash
# drover keys: the map as it is, with keys.conf, and what is refused there.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
conf=$XDG_CONFIG_HOME/drover
mkdir -p "$conf"

exits 0 "keys" drover keys
like "$out" '^fleet +Enter +open ' "a screen's own keys are there"
like "$out" '^\* +\? F1 +help ' "and those of every screen"
exits 0 "keys fleet" drover keys fleet
is "$(grep -c '^host ' <<<"$out")" 0 "one screen alone"
exits 2 "keys of no screen" drover keys nowhere
exits 2 "a preset that there is not" drover keys --preset emacs
exits 0 "keys of a preset" drover keys --preset vim --json fleet
like "$out" '"keys":"l\|enter","action":"open"' "vim opens with l"

printf '# mine\n\npreset = vim\n* refresh = f5\nfleet open = o\n' >"$conf/keys.conf"
exits 0 "keys with keys.conf" drover keys --json
like "$out" '"screen":"fleet","keys":"o","action":"open"' "the file's keys outweigh its preset's"
like "$out" '"screen":"\*","keys":"f5","action":"refresh"' "keys of every screen"
exits 0 "keys of another preset" drover keys --preset default --json
like "$out" '"screen":"fleet","keys":"o","action":"open"' "--preset leaves the file's own lines"

printf 'fleet open = q\nflet open = x\nfleet opn = x\nfleet open = ctl-x\n' >"$conf/keys.conf"
exits 3 "mistakes in keys.conf" drover keys
like "$err" "keys.conf:2:1: no screen 'flet'; did you mean 'fleet'\?" "a screen that is not"
like "$err" "keys.conf:3:7: no action 'opn' on fleet; did you mean 'open'\?" "an action that is not"
like "$err" "keys.conf:4:14: no key 'ctl-x'" "a key that is not"
printf 'fleet open = q\n' >"$conf/keys.conf"
exits 3 "a clash in keys.conf" drover keys
like "$err" "keys.conf:1:1: q is 'open' and 'back' on fleet; free it: \* back = none" "both are named"
rm "$conf/keys.conf"
