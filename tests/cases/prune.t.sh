#!/bin/bash
# history prune: what old runs said and showed goes out of the ledger, and what is in use stays.
# shellcheck source=tests/cases/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
case_start
case_farm
ledger=$XDG_STATE_HOME/drover/ledger.db
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<<"$out"; }

drover run 127.9.1.1,127.9.1.2 -- 'echo first; head -c 300000 /dev/urandom | od -An -tx1' >/dev/null 2>&1
drover ssh --record 127.9.1.1 -- echo shown >/dev/null 2>&1
drover run 127.9.1.1,127.9.1.2 -- echo second >/dev/null 2>&1
exits 2 "how much is to be said" drover history prune -y
like "$err" 'needs --older DUR or --keep N' "by age or number"
exits 2 "no run is named" drover history prune r-1 --keep 1
exits 2 "its options are its own" drover history --keep 1
exits 0 "what is young stays" drover history prune --older 1h -y
like "$out" 'took away 0 contents of 0 runs|would take away 0 contents of 0 runs' "all of it"

exits 0 "what would go is shown" drover history prune --keep 1 -n
like "$out" '^would take away 3 contents of 2 runs, ' "two outputs and a terminal"
exits 0 "as JSON too" drover --json history prune --keep 1 -n
is "$(field runs) $(field contents) $(field dry_run)" "2 3 True" "the same"
exits 12 "nobody is here to ask" drover history prune --keep 1
like "$err" 'held: nobody is here' "so nothing goes"
exits 0 "r-1 is whole" drover history show r-1
like "$out" '127.9.1.1, standard output' "with its output"
before=$(cat "$ledger"* | wc -c)

exits 0 "yes: it goes" drover history prune --keep 1 -y
like "$out" '^took away 3 contents of 2 runs, ' "as was shown"
like "$err" 'the ledger is .* smaller' "and the file is smaller"
ok "as it lies there" test "$(cat "$ledger"* | wc -c)" -lt $((before / 2))
exits 0 "the record is as it was written" drover history verify
exits 0 "runs are still listed" drover history
like "$out" 'r-1 .*run .*2 ok' "with how they ended"
like "$out" 'prune' "and the prune is one"
exits 0 "an old one is shown" drover history show r-1
like "$err" 'was pruned, 20' "without what was pruned"
unlike "$out" '^ +first' "which is not there"
exits 0 "the newest has all" drover history show r-3
like "$out" 'second' "what it said"
unlike "$err" 'pruned' "and nothing is amiss"
exits 3 "a terminal that is gone" drover history play --text r-2 127.9.1.1
like "$err" 'history prune takes away' "is told"
exits 0 "an old one goes out" drover history export r-1
is "$(grep -c '"event":"host.end"' <<<"$out") $(grep -c '"event":"host.out"' <<<"$out")" "2 0" "with what is left of it"
exits 0 "a second time" drover history prune --keep 1 -y
like "$out" '0 contents' "nothing is left to go but what came since"

# A run that is at work is in the way, unless it is a terminal.
"$DROVER" run 127.9.1.3 -- "echo at work; while ! test -e $MEET/go; do sleep 0.05; done" >slow.out 2>&1 &
slow=$!
wait_for 30 grep -q 'at work' slow.out
exits 9 "while a run is at work" drover history prune --keep 1 -y
like "$err" 'r-[0-9]+ \(run\) is at work' "nothing is pruned"
touch "$MEET/go"
wait $slow
is $? 0 "which ends well"
exits 0 "afterwards it may" drover history prune --keep 1 -y
exits 0 "and the ledger is sound" drover history verify
