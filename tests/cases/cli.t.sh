#!/bin/bash
# The command line without any host: help, mistakes, broken output.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start

exits 0 "--version prints the version" drover --version
like "$out" '^drover [0-9]+\.[0-9]+\.[0-9]+$' "and nothing else"
exits 0 "-V is the same" drover -V
exits 0 "version --json is JSON" drover version --json
like "$out" '^\{"v":1,"version":"[0-9.]+"\}$' "one object"
exits 2 "no verb and no terminal is a mistake" drover
like "$err" 'usage: drover' "the short help says how to go on"
is "$out" "" "on standard error"

exits 0 "help lists the verbs" drover help
verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\)  .*/\1/p' <<<"$out")
like "$verbs" '^run$' "run among them"
for verb in $verbs; do
	exits 0 "help $verb" drover help "$verb"
	like "$(head -n 1 <<<"$out")" "^  drover" "help $verb begins with an example"
	same=$out
	exits 0 "$verb --help" drover "$verb" --nonsense-is-not-read --help
	is "$out" "$same" "$verb --help is the same page"
done

exits 2 "an unknown verb is refused" drover rnu
like "$err" "did you mean 'run'" "the nearest is named"
exits 2 "the begin of one is none" drover hist
like "$err" "did you mean 'history'" "the verb that begins so is named"
exits 2 "a verb is not abbreviated" drover hel
exits 2 "-e where no variable is read is refused" drover -e a=b version
like "$err" "takes no variables" "by name"
exits 2 "an unknown option is refused" drover --jsno version
like "$err" "did you mean --json" "the nearest is named"
exits 2 "a long option is not abbreviated" drover --jso version
exits 2 "a number out of range is refused" drover -P0 version
exits 2 "a duration is checked" drover --timeout=soon version
exits 2 "too many operands are refused" drover version now
exits 2 "too few operands are refused" drover run
exits 2 "what is planned and not there is named so" drover quadlet
like "$err" "not built yet" "and not called unknown"
exits 2 "a variable stands for an option and is checked" env DROVER_PARALLEL=none "$DROVER" version
like "$err" "DROVER_PARALLEL" "by its name"
exits 2 "colour is one of three" drover --color=blue version

exits 10 "a full disk is exit 10" bash -c '"$DROVER" help >/dev/full'
like "$err" "No space left" "with the reason"
exits 0 "a closed pipe is quiet" bash -c 'set -o pipefail; { "$DROVER" help; } | :; exit "${PIPESTATUS[1]}"'
is "$err" "" "nothing is said of it"

exits 2 "without an inventory run says what to do" drover run @web -- true
like "$err" "inventory" "names it"
cat >bad.yaml <<'YAML'
fleet: x
groups:
  web:
    kid: cattle
    hosts: [a, a b]
hosst: {}
YAML
exits 3 "a bad inventory is exit 3" drover -i ./bad.yaml run @web -- true
like "$err" '^\./bad\.yaml:4:[0-9]+: .*kind' "file, line, column and what was meant"
like "$err" '^\./bad\.yaml:6:[0-9]+: .*hosts' "all mistakes at once"
exits 2 "an empty set is exit 2" drover -i a,b run 'a!a' -- true
exits 2 "a name outside the inventory is exit 2" drover -i a,b run c -- true
exits 2 "an empty set on standard input is exit 2" drover -i a,b run - -- true
exits 2 "an empty command is refused" drover -i a,b run a -- ' '
exits 2 "run --diff is refused by name" drover -i a,b run --diff a -- true
ok "nothing was recorded of all this" test ! -e "$XDG_STATE_HOME/drover/ledger.db"

exits 10 "a ledger that cannot be made is exit 10" \
	drover --ledger /proc/nowhere/ledger.db -i 127.0.0.1:1 run @all -- true
unlike "$err" "unreachable" "before anything is contacted"
yes "no database" | head -c 65536 >broken.db
chmod 600 broken.db
exits 10 "a ledger that is none is exit 10" drover --ledger broken.db -i 127.0.0.1:1 run @all -- true
unlike "$err" "unreachable" "before anything is contacted"
