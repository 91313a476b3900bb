#!/bin/bash
# How hosts are reached: by drover's own SSH, through ssh(1), or not at all because it is this machine.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

cat >ways.yaml <<'YAML'
groups:
  own: {kind: cattle, hosts: "127.9.2.[1-8]", transport: libssh}
  other: {kind: cattle, hosts: "127.9.3.[1-8]", transport: ssh}
hosts:
  here: {kind: cattle, transport: local}
YAML
export DROVER_INVENTORY=$CASE/ways.yaml

exits 0 "eight hosts through ssh(1)" drover -vv run @other -- 'echo "$USER"; exit 0'
like "$err" 'logins 8, execs 8' "one login and one exec a host"
exits 0 "the same as by drover's own" drover run -b @own,@other -- 'id -un; echo two >&2'
is "$(grep -c "^127\|^--- " <<<"$out")" 1 "equal output, folded into one"
exits 1 "statuses are told apart from ssh's own" drover run @other -- \
	'case $SSH_CONNECTION in *127.9.3.2\ *) exit 255;; *127.9.3.3\ *) exit 7;; esac'
like "$err" '127\.9\.3\.2: failed: exit status 255' "a status of 255 is the command's"
like "$err" '127\.9\.3\.3: failed: exit status 7' "and 7 is 7"
like "$err" '6 ok, 2 failed' "the others are well"
seq 200000 >many
exits 0 "input goes to all" drover run -b --stdin many @other -- cksum
like "$out" "^$(cksum <many)\$" "all of it"

exits 0 "this machine needs no SSH" drover -vv run here -- 'echo "$HOME"; pwd; test -t 0 || echo none'
me=$(getent passwd "$(id -u)" | cut -d: -f6)
is "$out" "$(printf 'here: %s\n' "$me" "$me" none)" "the command runs in the home directory, without a terminal"
like "$err" 'logins 0, execs 1' "without a login"
exits 1 "a signal here is told" drover run here -- 'kill -TERM $$'
like "$err" 'here: failed: ended by signal TERM' "by its name"
DROVER_SECRET=hush exits 0 "drover's environment stays its own" drover run here -- 'echo "[$DROVER_SECRET]"'
is "$out" "here: []" "nothing of it reaches the command"
exits 0 "facts of this machine" drover facts here
like "$out" "$(uname -r)" "are its own"
mkdir -p "$CASE/to"
exits 0 "a file is put here" drover cp many "here:$CASE/to/many"
ok "as it was" cmp many "$CASE/to/many"
exits 0 "and fetched through ssh(1)" drover fetch 127.9.3.1:/etc/hostname "$CASE/got/"
ok "as it is" cmp /etc/hostname "$CASE/got/127.9.3.1/hostname"

# A host whose key no file knows is refused on every way, and nothing runs there.
{
	printf 'UserKnownHostsFile /dev/null\nGlobalKnownHostsFile /dev/null\n'
	cat "$FARM_SSH_CONFIG"
} >stranger.conf
exits 11 "an unknown key is refused through ssh(1)" drover --trust-file "$CASE/none" -F "$CASE/stranger.conf" \
	run 127.9.3.1 -- "touch $MEET/ran"
like "$err" '127\.9\.3\.1: refused: host key: host key is not known: .*SHA256:' "and shown"
ok "nothing ran" test ! -e "$MEET/ran"
is "$(find /tmp "$CASE" -maxdepth 1 -name "drover.*.??????" -user "$(id -un)" -newer many 2>/dev/null | wc -l)" 0 \
	"no socket is left behind"
