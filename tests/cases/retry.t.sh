#!/bin/bash
# What only reads is begun once more when the link is lost under it; silence is shown; the clock of a host is told.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
# To plan, a login must be root's.
[ "$(id -u)" = 0 ] || { pass "not root: no host to plan on" && exit; }

ssh-keygen -q -t ed25519 -N '' -f "$CASE/host"
ssh-keygen -q -t ed25519 -N '' -f "$CASE/id"
cp "$CASE/id.pub" "$CASE/authorized"
mkdir -p /run/sshd
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$CASE/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $CASE/host
PidFile none
AuthorizedKeysFile $CASE/authorized
StrictModes no
UsePAM no
END
lenient "$CASE/sshd_config"
/usr/sbin/sshd -D -f "$CASE/sshd_config" -E "$CASE/sshd.log" &
sshd=$!
cat >inventory.yaml <<END
hosts:
  web:
    address: 127.0.0.1
    port: $port
    user: root
    identity: $CASE/id
    host_key: "$(cut -d' ' -f1,2 "$CASE/host.pub")"
END
cat >play.yaml <<END
name: look
hosts: web
tasks:
  - run: "true"
    unless: "echo x >>$CASE/mark; [ \$(wc -l <$CASE/mark) -ge 2 ] || sleep 20"
END
cut_when() { # FILE: kill what serves connections once it is there
	wait_for 60 test -s "$1" && serving $sshd | xargs kill -9
}

wait_for 30 grep -q listening "$CASE/sshd.log"
cut_when "$CASE/mark" &
exits 0 "a plan whose link is cut is made all the same" drover -vv -i ./inventory.yaml plan play.yaml
like "$err" '^counters: begun again after a lost link 1$' "and it is counted"
is "$(wc -l <"$CASE/mark")" 2 "the host was looked at twice"

cut_when "$CASE/ran" &
exits 7 "a command whose link is cut is unknown" drover -i ./inventory.yaml run web -- \
	"echo x >>$CASE/ran; [ \$(wc -l <$CASE/ran) -ge 2 ] || sleep 20"
is "$(wc -l <"$CASE/ran")" 1 "and is not begun again"

# A host that is alive for TCP alone is named while it is waited for.
"$DROVER" -i ./inventory.yaml run web -- "echo \$PPID >$CASE/served; sleep 120" 2>"$CASE/said" &
asker=$!
wait_for 60 test -s "$CASE/served"
kill -STOP "$(cat "$CASE/served")"
asked() {
	kill -USR1 "$asker" && grep -q 'web  last heard [0-9]*s ago' "$CASE/said"
}
ok "a host that falls silent is shown so" wait_for 60 asked
kill -KILL "$(cat "$CASE/served")"
wait "$asker"
is $? 7 "and what it ran is unknown"

exits 0 "a host's clock is a fact" drover -i ./inventory.yaml facts web clock-offset-ms
like "$out" '^web +-?[0-9]+$' "in milliseconds"
unlike "$err" 'clock' "which are few here"
kill "$sshd"
wait "$sshd"
