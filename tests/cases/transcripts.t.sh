#!/bin/bash
# Transcripts: of the terminals of the screen Terms, by a key, and by what the inventory says of them.
# shellcheck source=tests/cases/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
case_start
case_farm
build=$(dirname "$DROVER")
driver=$build/tests/fleet/console
ok "the driver is built" make -s -C "$TESTS/.." DEV=1 CONF="$(basename "$build")" "build/$(basename "$build")/tests/fleet/console"
typed() { # SIZE ARGUMENT...
	local size=$1
	shift
	"$driver" "$size" "$DROVER" "$@"
}
kept() { cat "$XDG_STATE_HOME"/drover/ledger.db* | tr -d '\0'; }
pieces() { drover history show last --json | grep -c '"event":"transcript"'; }

# What is typed at a prompt without echo goes to the host, as its file shows, and stands nowhere here.
cat >ask <<SH
stty -echo
printf 'Pass''word: '
read -r secret
stty echo
echo
[ -n "\$secret" ] && printf '%s\n' "\$secret" >>$MEET/\$1 && echo thanked \$1
SH
chmod 755 ask
ok "two terminals of which one is recorded" typed 100x30 ssh 127.9.1.1,127.9.1.2 <<SCRIPT
wait [7 Terms]
wait typing to 127.9.1.1
gone connecting
keys echo be''fore\r
wait before
keys \\^]t
wait REC
keys sh $CASE/ask one\r
wait Password:
keys canary-one\r
wait thanked one
keys \\^]\t
wait typing to 127.9.1.2
keys sh $CASE/ask two\r
wait Password:
keys canary-two\r
wait thanked two
keys \\^]h
wait typing to 127.9.1.1
keys \\^]t
gone REC
keys echo be''hind\r
wait behind
keys \\^]Q
end 0
restored
SCRIPT
is "$(cat "$MEET/one" "$MEET/two" | paste -sd' ')" "canary-one canary-two" "both hosts had the word"
exits 0 "the one is played" drover history play --text last 127.9.1.1
like "$out" 'before' "from what the screen showed when it began"
like "$out" 'Password:' "what the host asked"
like "$out" 'thanked one' "and what it answered"
unlike "$out" 'behind' "to where it ended"
unlike "$(kept)" 'canary' "the words typed without echo stand nowhere"
is "$(pieces)" 1 "one terminal was kept"
exits 2 "the other was not recorded" drover history play --text last 127.9.1.2

ok "those that are typed to are recorded together" typed 100x30 ssh 127.9.1.1,127.9.1.2 <<'SCRIPT'
wait [7 Terms]
wait typing to 127.9.1.1
gone connecting
keys \^]b
wait goes to the 0 put in
keys \^]b
wait goes to all 2
keys \^]t
wait 2 recorded from here on
keys set -- $SSH_CONNECTION; echo to''gether at $3\r
wait together at 127.9.1.1
wait together at 127.9.1.2
keys \^]Q
end 0
restored
SCRIPT
for host in 127.9.1.1 127.9.1.2; do
	exits 0 "$host is played" drover history play --text last $host
	like "$out" 'together' "with what it showed"
done

# Side by side, each when it was; r-2 has two.
ok "two are played side by side" typed 100x30 history play r-2 '127.9.1.[1-2]' --idle 100ms <<'SCRIPT'
wait 127.9.1.1
wait 127.9.1.2
wait together at 127.9.1.1
wait together at 127.9.1.2
wait (the end)
show
keys q
end 0
restored
SCRIPT
ok "on a small screen on pages" typed 80x12 history play r-2 127.9.1.1 127.9.1.2 --idle 100ms <<'SCRIPT'
wait together at 127.9.1.1
wait page 1/2
keys n
wait together at 127.9.1.2
wait page 2/2
keys \^C
end 130
restored
SCRIPT
exits 0 "as text they come one after another" drover history play r-2 127.9.1.1,127.9.1.2
is "$(grep -c '^== 127.9.1.[12] ==' <<<"$out")" 2 "each under its name"
like "$out" 'together at 127.9.1.2' "with what it showed"
exits 2 "one that was not recorded" drover history play r-2 127.9.1.1 127.9.1.3
like "$err" 'r-2 has no transcript of 127.9.1.3' "is named"
exits 2 "a difference of sets is none of this" drover history play r-2 '127.9.1.[1-2]!127.9.1.1'
exits 2 "a file holds one" drover history play r-2 127.9.1.1 127.9.1.2 --cast both.cast

# What the inventory says goes before what is asked for.
cat >policy.yaml <<'YAML'
fleet: farm
defaults: {transcripts: always}
groups:
  quiet: {transcripts: never, hosts: "127.9.1.[5-6]"}
  loud: {hosts: "127.9.1.[7-8]"}
  free: {transcripts: asked, hosts: 127.9.1.9}
YAML
exits 2 "never: it is not to be had" drover -i ./policy.yaml ssh --record 127.9.1.5 -- true
like "$err" 'policy.yaml:4: *says transcripts: never of 127.9.1.5|policy.yaml:4 says transcripts: never' "and the line is named"
exits 0 "always: a command's terminal" drover -i ./policy.yaml ssh 127.9.1.7 -- echo heard
is "$(pieces)" 1 "is kept"
exits 0 "but no pipes" drover -i ./policy.yaml ssh -T 127.9.1.7 -- echo heard
is "$(pieces)" 0 "which are none"
exits 0 "asked: not by itself" drover -i ./policy.yaml ssh 127.9.1.9 -- echo heard
is "$(pieces)" 0 "nothing is kept"
exits 0 "but on demand" drover -i ./policy.yaml ssh --record 127.9.1.9 -- echo heard
is "$(pieces)" 1 "it is"
like "$(drover -i ./policy.yaml hosts 127.9.1.5 --json)" '"transcripts":"never"' "hosts tells it"
cat >>policy.yaml <<'YAML'
hosts: {127.9.1.5: {kind: cattle}, 127.9.1.7: {kind: cattle}}
YAML
ok "on the screen Terms it holds too" typed 100x30 -i ./policy.yaml ssh 127.9.1.5,127.9.1.7 <<'SCRIPT'
wait [7 Terms]
wait typing to 127.9.1.5
gone connecting
wait REC
keys \^]b
wait goes to the 0 put in
keys \^]b
wait goes to all 2
keys \^]t
wait 1 never: the inventory says transcripts: never; 1 always
keys set -- $SSH_CONNECTION; echo be''sides at $3\r
wait besides at 127.9.1.5
wait besides at 127.9.1.7
keys \^]Q
end 0
restored
SCRIPT
exits 0 "always is played" drover history play --text last 127.9.1.7
like "$out" 'besides' "with what it showed"
exits 2 "never is not" drover history play --text last 127.9.1.5
is "$(pieces)" 1 "for nothing was kept"

# How much of them is kept, and how long.
noise='head -c 15000 /dev/urandom | od -An -tx1'
cat >bounds.yaml <<'YAML'
fleet: bounds
transcripts_most: 30K
hosts: {127.9.1.9: {transcripts: always}}
YAML
first=$(drover history --limit 1 --json | python3 -c 'import json, sys; print(int(json.loads(sys.stdin.readline())["alias"][2:]) + 1)')
exits 0 "a terminal that is kept" drover -i ./bounds.yaml ssh 127.9.1.9 -- "$noise"
exits 0 "is, while there is room" drover history play --text "r-$first" 127.9.1.9
exits 0 "one more" drover -i ./bounds.yaml ssh 127.9.1.9 -- "$noise"
like "$err" 'the transcripts of 1 old run are not kept any longer' "takes its place, which is told"
exits 3 "the older is gone" drover history play --text "r-$first" 127.9.1.9
exits 0 "the newer is not" drover history play --text "r-$((first + 1))" 127.9.1.9
exits 0 "nor is anything of another fleet" drover history play --text r-1 127.9.1.1
sed -i 's/transcripts_most: .*/transcripts_keep: 1s/' bounds.yaml
grown() {
	drover -i ./bounds.yaml ssh -T 127.9.1.9 -- true
	! drover history play --text "r-$((first + 1))" 127.9.1.9
}
ok "what is older than it may be goes with the next that ends" wait_for 60 grown
exits 0 "the ledger is sound" drover history verify
