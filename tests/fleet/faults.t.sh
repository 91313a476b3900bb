#!/bin/bash
# What befalls hosts while drover speaks to them: each is named with its reason and its exit code, the
# others go on, and what cannot be proved is not claimed. On the fleet it is given, or one of its own.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
root=$PWD
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
if [ -z "${DROVER_FLEET_STATE:-}" ]; then
	mkdir -p "$root/build"
	export DROVER_FLEET_STATE=$root/build/fleet-test-faults
	trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end' EXIT
fi
"$fleet" up 3 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	exit 1
}
export DROVER_INVENTORY=$DROVER_FLEET_STATE/inventory.yaml DROVER_SSH_CONFIG=$DROVER_FLEET_STATE/ssh_config
on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	"$fleet" shell-in "$host" sh -c "$*"
}

# Three ways of not being there, at once.
"$fleet" mute web2
"$fleet" kill db1
exits 4 "a host that is off and one that says nothing are unreachable" \
	timeout 40 "$DROVER" --connect-timeout 2s run @all -- hostname
like "$out" '^web1: web1$' "the third did its work"
like "$err" '^db1: unreachable: connect: .*no answer after 2\.0 s' "what is typed wins over the inventory's time"
like "$err" '^web2: unreachable: (banner|key exchange): nothing heard for' "silence is told apart"
"$fleet" unmute web2
"$fleet" start db1
exits 0 "both are back" drover run @all -- true

# Host keys.
"$fleet" rekey web1
exits 11 "a changed host key is refused" drover run @all -- 'touch /run/reached; hostname'
like "$err" '^web1: refused: host key: host key CHANGED: .*drover trust replace web1$' "with both keys and the remedy"
is "$(sort <<<"$out")" "$(printf '%s\n' 'db1: db1' 'web2: web2')" "the others went on"
ok "and nothing ran there" on web1 'test ! -e /run/reached'
shown=$(grep -oE 'it shows [^ ]+ SHA256:[^,]+' <<<"$err" | grep -oE 'SHA256:.*')
exits 0 "replace takes the key that was named" drover trust replace web1 --fingerprint "$shown"
exits 0 "and the host is spoken to again" drover run web1 -- true
"$fleet" rekey --trust web1
exits 0 "the other file knows it now" drover trust remove web1
sed '/^known_hosts:/d' "$DROVER_INVENTORY" >"$CASE/strange.yaml"
sed 's#UserKnownHostsFile .*#UserKnownHostsFile /dev/null#' "$DROVER_SSH_CONFIG" >"$CASE/strange.config"
exits 11 "an unknown host key is refused" drover -i "$CASE/strange.yaml" -F "$CASE/strange.config" run @all -- touch /run/strange
like "$err" 'web2: refused: host key: host key is not known: .*drover trust add web2' "with the way to trust it"
ok "and nothing ran anywhere" on web2 'test ! -e /run/strange'

# Gone while a command runs.
"$DROVER" run web1,web2 -- 'touch /run/begun; sleep 14; echo end' >"$CASE/stdout" 2>"$CASE/stderr" </dev/null &
runner=$!
ok "a command runs on both" wait_for 20 on web1 'test -e /run/begun'
"$fleet" partition web1
ok "a host that vanishes does not keep the run" wait_for 40 eval '! kill -0 $runner'
wait $runner
is $? 7 "whose command cannot be proved"
like "$(cat "$CASE/stderr")" '^web1: unknown: ' "it is unknown, not failed"
like "$(cat "$CASE/stdout")" '^web2: end$' "the other ended well"
"$fleet" heal web1

# Gone while it acts: it goes on by itself, and resume proves it from here and from nowhere else.
cat >"$CASE/slow.yaml" <<'YAML'
name: slow
hosts: web1
tasks:
  - run: [sh, -c, "touch /run/acting; until [ -e /run/go ]; do sleep 0.1; done; echo done >/root/acted"]
    creates: /root/acted
YAML
"$DROVER" apply -y "$CASE/slow.yaml" >"$CASE/stdout" 2>"$CASE/stderr" </dev/null &
runner=$!
ok "an act is under way" wait_for 20 on web1 'test -e /run/acting'
"$fleet" partition web1
wait $runner
is $? 7 "a host that vanishes while it acts is unknown"
on web1 'touch /run/go'
ok "and ends its act alone" wait_for 20 on web1 'test -e /root/acted'
exits 7 "while it is away nothing is proved" drover --connect-timeout 1s resume
"$fleet" heal web1
exits 0 "once it is back resume proves what it did" drover resume
like "$err" 'web1: changed' "by its own result"
exits 0 "and has nothing more to ask" drover resume
like "$err" 'no apply is unfinished' "it says"

# Login shells that talk, and values that a shell would read.
# shellcheck disable=SC2016
noise='printf "\\033]0;title\\007no newline"; head -c 70000 /dev/zero; set -x'
on web1 "printf '%s\n' '$noise' >/root/.bashrc"
value=$'a\'b"c\n$(touch /root/pwned)`touch /root/pwned` $HOME %n %% \\n \\ # end\n\n tail  \xc3\xbc'
python3 - "$value" >"$CASE/values.yaml" <<'PY'
import json, sys
v = sys.argv[1]
print(json.dumps({"name": "values", "hosts": "web1", "tasks": [
    {"file": {"path": "/root/v a l/$(touch pwned);'\"%n", "content": v}},
    {"run": ["sh", "-c", "printf %s \"$V\" >/root/env; printf %s \"$0\" >/root/arg", v], "env": {"V": v},
     "creates": "/root/arg"}]}))
PY
exits 0 "a login shell that talks does not harm an apply" drover apply -y "$CASE/values.yaml"
wanted=$(printf %s "$value" | sha256sum)
for file in "/root/v a l/\$(touch pwned);'\"%n" /root/env /root/arg; do
	is "$(on web1 cat "$(printf %q "$file")" | sha256sum)" "$wanted" "$file is the value to the byte"
done
ok "and nothing of it was run" on web1 'test ! -e /root/pwned'
exits 0 "the second apply finds it so" drover apply -y "$CASE/values.yaml"
like "$err" '1 ok' "with nothing to do"
on web1 'rm -f /root/.bashrc'
