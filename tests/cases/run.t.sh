#!/bin/bash
# run on farm hosts: outcomes, exit codes, streams, records.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

exits 0 "true on 64 hosts" drover -vv run @farm -- true
like "$err" '64 ok' "all of them"
like "$err" 'logins 64, execs 64' "one login and one exec a host"

exits 1 "mixed failures are exit 1" drover run '127.9.1.[1-4]' -- \
	'case $SSH_CONNECTION in *127.9.1.2\ *) exit 7;; *127.9.1.3\ *) kill -TERM $$;; esac; echo fine'
like "$out" '^127\.9\.1\.1: fine$' "good hosts say their line"
like "$err" '127\.9\.1\.2: failed: exit status 7' "a status is told"
like "$err" '127\.9\.1\.3: failed: ended by signal TERM' "a signal is told"
like "$err" '2 ok, 2 failed' "the last line counts"
exits 7 "-S is the largest status" drover run -S '127.9.1.[1-4]' -- \
	'case $SSH_CONNECTION in *127.9.1.2\ *) exit 7;; *127.9.1.3\ *) exit 3;; esac'
exits 0 "-S is 0 when all is well" drover run -S 127.9.1.1 -- true

exits 0 "words are joined for the shell" drover run 127.9.1.1 -- echo '$((1+1))' 'a   b'
is "$out" "127.9.1.1: 2 a b" "which reads them"
exits 0 "--argv quotes each word" drover run --argv 127.9.1.1 -- echo '$((1+1))' 'a   b'
is "$out" '127.9.1.1: $((1+1)) a   b' "and no shell reads them"
exits 0 "options may follow the set, the command keeps its own" drover run 127.9.1.1 -b echo -b --json
like "$out" '^-b --json$' "as it was typed"

exits 0 "a line longer than 16 KiB" drover run 127.9.1.1 -- \
	'printf %16384s; echo forged: entry; printf %16384s >&2; echo forged: error >&2; echo next'
is "$(grep forged <<<"$out")" "127.9.1.1:     ... forged: entry" "goes on with a mark: none of it passes for a line"
like "$err" '127\.9\.1\.1:     \.\.\. forged: error' "on standard error too"
like "$out" '^127\.9\.1\.1: next$' "the next one has none"

exits 0 "-b folds equal outputs" drover run -b '127.9.1.[1-8]' -- \
	'case $SSH_CONNECTION in *127.9.1.5\ *) echo odd;; *) echo even;; esac'
is "$(grep -c '^even$' <<<"$out")" 1 "said once"
like "$out" '^--- 127\.9\.1\.\[1-4,6-8\] \(7\)$' "with the set of who said it"
is "$(head -n 1 <<<"$out")" "--- 127.9.1.5" "the odd one out on top"
unlike "$out" $'\r' "no carriage return in a file"
unlike "$err" $'\r' "nor on standard error"

printf 'one\ntwo\n' >input
exits 0 "--stdin is sent to all" drover run --stdin input '127.9.1.[1-2]' -- wc -l
is "$(sort <<<"$out")" "$(printf '127.9.1.%d: 2\n' 1 2)" "all of it"
drover run --stdin - 127.9.1.1 -- cat <input >stdout 2>/dev/null
is "$(cat stdout)" "$(printf '127.9.1.1: %s\n' one two)" "--stdin - is our own"
printf '127.9.1.1\n127.9.1.[2-3]\n' | "$DROVER" run - -- true 2>stderr
like "$(cat stderr)" '3 ok' "a set of - is read from standard input"
(ulimit -S -n 64; exec "$DROVER" -q run @farm -- true >stdout 2>stderr </dev/null)
is $? 0 "a soft limit of 64 descriptors does not keep 64 hosts away"
head -c 5000000 /dev/zero >big
exits 0 "5 MB of input arrive" drover run --stdin big 127.9.1.1 -- 'wc -c'
is "$out" "127.9.1.1: 5000000" "whole"
exits 0 "a host that closes its input early" drover run --stdin big 127.9.1.1 -- 'exec <&-; echo closed'

# A host nobody listens on; an address whose key nobody knows.
cat >odd.yaml <<YAML
fleet: farm
defaults: {user: $FARM_USER}
hosts:
  good: {address: 127.9.1.1}
  dead: {address: 127.9.1.2, port: 1}
  far: {address: 127.9.1.3, jump: good}
YAML
exits 4 "a closed port is unreachable, exit 4" drover -i ./odd.yaml run good,dead -- echo here
like "$out" '^good: here$' "the others go on"
like "$err" '^dead: unreachable: .*refused' "with the reason"
sed 's/^  UserKnownHostsFile.*/  UserKnownHostsFile \/dev\/null/' "$FARM_SSH_CONFIG" >nokeys
exits 11 "an unknown host key is refused, exit 11" drover -F nokeys run 127.9.1.1 -- touch "$MEET/touched"
like "$err" 'refused: .*key' "by name"
ok "and nothing ran there" test ! -e "$MEET/touched"
exits 11 "refused outweighs failed and unreachable" drover -i ./odd.yaml -F nokeys run good,dead -- false
exits 0 "a host behind another" drover -i ./odd.yaml run far -- true

exits 0 "hostile output is cleaned" drover run 127.9.1.1 -- \
	"printf '\\033]0;t\\007\\033[2Jx\\r\\233y\\342\\200\\256z\\n'; printf '\\033[31mE\\n' >&2"
is "$out" '127.9.1.1: ^[]0;t^G^[[2Jx^M<9b>y<U+202E>z' "on standard output"
like "$err" '^127\.9\.1\.1: \^\[\[31mE$' "and on standard error"
exits 0 "and when folded" drover run -b 127.9.1.1 -- "printf '\\033[2Jx\\n'"
like "$out" '^\^\[\[2Jx$' "too"

exits 1 "--json speaks lines" drover --json run '127.9.1.[1-3]' -- \
	"printf 'a\\377b\\n'; case \$SSH_CONNECTION in *127.9.1.2\\ *) exit 1;; esac"
ok "that end with run.end" json_lines stdout
like "$out" '"event":"host\.out".*"data_b64":"Yf9iCg=="' "bytes that are no text in base64"
is "$(grep -c '"event":"host\.end"' <<<"$out")" 3 "one host.end a host"
is "$err" "" "and nothing else is said"
exits 1 "--json after the verb is the same" drover run --json 127.9.1.1 -- false
ok "lines again" json_lines stdout

exits 10 "output to a full disk is exit 10" bash -c '"$DROVER" run 127.9.1.1 -- echo x >/dev/full'
exits 0 "a closed pipe does not stop the run" bash -c \
	'"$DROVER" run "127.9.1.[1-9]" -- "echo x; touch $0/\${SSH_CONNECTION##* 127}" | head -c 0' "$MEET"
unlike "$err" "pipe" "and is quiet"

exits 0 "facts" drover facts '127.9.1.[1-2]' os kernel
like "$out" '^HOST +OS +KERNEL$' "a table with a head"
like "$out" "^127\.9\.1\.2 +[a-z]+-?[0-9.]* +$(uname -r)\$" "a row a host"
exits 0 "facts are kept" drover facts --cached 127.9.1.1 kernel
like "$out" "$(uname -r)" "in the ledger"
exits 0 "a set may test them" drover run "kernel=$(uname -r)&@farm" --known -- true
exits 0 "facts --json" drover facts --json 127.9.1.1
ok "are events" json_lines stdout
exits 0 "ps" drover ps 127.9.1.1
like "$out" '^HOST +KIND +NAME +STATE +SUB +SINCE +USER$' "a table with a head"
