#!/bin/bash
# ssh: a host's terminal in ours, its exit code, its ports here; and a terminal for each of many.
# shellcheck source=tests/cases/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
case_start
case_farm
build=$(dirname "$DROVER")
driver=$build/tests/fleet/console
ok "the driver is built" make -s -C "$TESTS/.." DEV=1 CONF="$(basename "$build")" "build/$(basename "$build")/tests/fleet/console"
one=127.9.1.1

# typed SIZE ARGUMENT...: drover on a terminal of that size, by a script on standard input.
typed() {
	local size=$1
	shift
	"$driver" "$size" "$DROVER" "$@"
}
strayed() { drover hosts "$1" | grep -q strayed; }

# Codes and streams.
exits 7 "the exit code is the command's" drover ssh $one -- exit 7
is "$err" "" "and nothing else is said"
exits 255 "255 of the command's too" drover ssh $one -- exit 255
exits 137 "a signal is 128 and its number" drover ssh $one -- 'kill -KILL $$'
exits 0 "a command has a terminal" drover ssh $one -- 'tty; test -t 2'
like "$out" '^/dev/pts/[0-9]+'$'\r''$' "as its output shows"
exits 1 "-T: none" drover ssh -T $one -- 'test -t 0 || test -t 1 || test -t 2'
head -c 3000000 /dev/urandom >sent
"$DROVER" ssh -T $one -- 'cat; echo done >&2; exit 3' <sent >got 2>said
is $? 3 "-T passes bytes on"
ok "as they are" cmp sent got
is "$(cat said)" "done" "errors apart"
"$DROVER" ssh -T $one -- cat <sent | head -c 10 >/dev/null
is "${PIPESTATUS[0]}" 255 "a reader that goes away ends it"
echo 'echo hi; exit 4' | "$DROVER" ssh $one >got 2>said
is "$? $(cat got)" "4 hi" "a shell without a terminal reads what it is sent"
exits 0 "its history" drover history show last --json
like "$out" '"verb":"ssh"' "is a run"
ok "a shell that was sent to has strayed" strayed $one
exits 0 "a command that was sent nothing" drover ssh 127.9.1.3 -- true </dev/null
ok "has not" eval '! strayed 127.9.1.3'

# What drover cannot do is 255; what is not understood is 2.
cat >odd.yaml <<YAML
fleet: farm
hosts:
  dead: {address: 127.9.1.2, port: 1}
YAML
exits 255 "a host that is away" drover -i ./odd.yaml ssh dead -- true
like "$err" 'drover: dead: connect: ' "is told"
exits 2 "a host that is not there" drover ssh nobody -- true
exits 2 "an unknown option" drover ssh --frobnicate $one
exits 2 "a way back that is none" drover ssh -R 80 $one
like "$err" "ssh -R: '80' is not" "is refused by name"
exits 2 "a forwarding that is none" drover ssh -L 80 $one
like "$err" "ssh -L: '80' is not" "is refused by name"
exits 2 "many terminals without a terminal" drover ssh @farm
like "$err" 'need a terminal' "are told how to go on"
exits 2 "a shell in JSON" drover ssh --json $one

# The first Ctrl-C without a terminal is the command's.
"$DROVER" ssh -T $one -- 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done' \
	>got 2>said </dev/null &
ssh=$!
wait_for 20 grep -q ready got
kill -INT $ssh
wait $ssh
is "$? $(tail -n 1 got)" "5 caught" "a signal is passed on"
"$DROVER" ssh -T $one -- 'trap "" INT; echo ready; while :; do sleep 0.1; done' >got 2>said </dev/null &
ssh=$!
wait_for 20 grep -q ready got
kill -INT $ssh
wait_for 20 grep -q 'again cuts' said
kill -INT $ssh
wait $ssh
is $? 130 "the second cuts"
exits 124 "--timeout cuts" drover --timeout 2s ssh $one -- sleep 60
exits 0 "the last run" drover history show last --json
like "$out" '"state":"unknown"' "is unknown then"

# On a terminal.
ok "a shell is typed to, follows the size and gives its code" typed 80x24 ssh 127.9.1.2 <<'SCRIPT'
wait $
keys stty size; echo TERM=$TERM\r
wait 24 80
size 100x31
keys stty size\r
wait 31 100
keys printf 'a\\033[31mred'; exit 9\r
end 9
restored
SCRIPT
ok "typed to, it has strayed" strayed 127.9.1.2
ok "Ctrl-C, Ctrl-Z and Ctrl-S are the host's" typed 80x24 ssh 127.9.1.4 -- \
	'stty raw -echo; echo ready; head -c 3 | od -An -tx1' <<'SCRIPT'
wait ready
keys \^C\^Z\^S
wait 03 1a 13
end 0
restored
SCRIPT
ok "~. ends it" typed 80x24 ssh 127.9.1.4 <<'SCRIPT'
wait $
keys echo on\r
wait on
keys ~?
wait this list
keys \r~.
wait cut while it ran, by ~.
end 255
restored
SCRIPT
# In a shell with jobs, whose own modes are others than those of a shell that is a host's.
cat >script <<SCRIPT
wait here>
keys stty -g >before\r
keys "$DROVER" ssh 127.9.1.4\r
wait $
keys echo it is \$((6 * 7))\r
wait it is 42
keys \r~\^Z
wait Stopped
keys stty -g >stopped; cmp before stopped && echo the sa''me; jobs\r
wait the same
size 100x31
keys clear; fg\r
gone here>
wait ssh 127.9.1.4
keys stty size; stty -echo; echo quiet''ly\r
wait 31 100
wait quietly
keys \r~\^Z
wait Stopped
wait here>
keys clear; fg\r
gone here>
wait ssh 127.9.1.4
keys exit 5\r
wait here>
keys echo left with \$?; stty -g >after; cmp before after && echo the sa''me\r
wait left with 5
wait the same
keys exit 3\r
end 3
restored
SCRIPT
ok "~^Z stops it and leaves the terminal to the shell; fg goes on, at the size there is then" \
	env PS1='here> ' "$driver" 80x24 /bin/bash --norc --noprofile -i <script
ok "--no-escape: it is the host's" typed 80x24 ssh --no-escape 127.9.1.4 <<'SCRIPT'
wait $
keys ~.\r
wait not found
keys exit 0\r
end 0
restored
SCRIPT
ok "a signal ends it and the terminal is as it was" typed 80x24 ssh 127.9.1.4 -- 'echo on; cat' <<'SCRIPT'
wait on
signal 15
end 143
restored
SCRIPT
ok "so is it when drover crashes" typed 80x24 ssh 127.9.1.4 -- 'echo on; cat' <<'SCRIPT'
wait on
signal 11
killed 11
restored
SCRIPT
ok "many terminals are a screen that types to all of them" typed 80x24 ssh 127.9.1.1,127.9.1.2 <<'SCRIPT'
wait [7 Terms]
wait typing to 127.9.1.1
keys \^]b
wait BROADCAST to 0 of 2
keys \^]Q
end 0
restored
SCRIPT

ok "what a terminal shows is kept if it is asked for" typed 80x24 ssh --record 127.9.1.9 <<'SCRIPT'
wait $
keys stty -echo; echo wo''rd; read secret; stty echo; echo sho''wn\r
wait word
keys canary-3\r
wait shown
keys exit 0\r
end 0
SCRIPT
exits 0 "it is played as text" drover history play --text last 127.9.1.9
like "$out" 'shown' "what was shown"
unlike "$out" 'canary-3' "not what was typed"
unlike "$(cat "$XDG_STATE_HOME"/drover/ledger.db* | tr -d '\0')" 'canary-3' "which stands nowhere"
exits 2 "many are not recorded so" drover ssh --record '127.9.1.[5-8]' -- true

# What ssh_config's SendEnv names goes to a terminal, as with ssh; a command without one gets none of it.
mkdir -p /run/sshd
read -r port < <(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ssh-keygen -q -t ed25519 -N '' -f key
cp key.pub authorized_keys
cat >sshd_config <<END
Port $port
ListenAddress 127.0.0.1
HostKey $CASE/key
AuthorizedKeysFile $CASE/authorized_keys
StrictModes no
UsePAM no
AcceptEnv DROVER_* LC_*
END
lenient sshd_config
setpriv --pdeathsig TERM /usr/sbin/sshd -D -f "$CASE/sshd_config" -E "$CASE/sshd.log" &
sshd=$!
wait_for 30 grep -q listening sshd.log
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 key.pub)" >known
cat >ssh_config <<END
Host near
  HostName 127.0.0.1
  Port $port
  User root
  IdentityFile $CASE/key
  UserKnownHostsFile $CASE/known
  SendEnv DROVER_S* LC_TIME
END
export DROVER_SENT='a b' DROVER_KEPT=here LC_TIME=C
for transport in libssh ssh; do
	printf 'hosts:\n  near: {transport: %s}\n' $transport >near.yaml
	exits 0 "$transport: a terminal" drover -i ./near.yaml --ssh-config ssh_config ssh near -- \
		'echo "[$DROVER_SENT][$DROVER_KEPT][$LC_TIME]"'
	is "$(tr -d '\r' <<<"$out")" "[a b][][C]" "gets what is named"
	exits 0 "$transport: no terminal" drover -i ./near.yaml --ssh-config ssh_config ssh -T near -- \
		'echo "[$DROVER_SENT][$LC_TIME]"'
	is "$out" "[][]" "gets nothing"
done
kill $sshd
unset DROVER_SENT DROVER_KEPT LC_TIME

# Many hosts: each on a terminal, outputs as those of run.
exits 0 "a terminal for each" drover ssh -b '127.9.1.[5-8]' -- 'tty >/dev/null && echo "$TERM on a terminal"; cat'
is "$(grep -c 'dumb on a terminal' <<<"$out")" 1 "and equal outputs once"
like "$out" '^--- 127\.9\.1\.\[5-8\] \(4\)$' "with who said it"
unlike "$out" '\^M|'$'\r' "lines end as lines do"
exits 1 "one fails" drover ssh '127.9.1.[5-8]' -- 'echo line; case $SSH_CONNECTION in *127.9.1.6\ *) exit 3;; esac'
like "$out" '^127\.9\.1\.5: line$' "each line with its host"
exits 3 "-S: the largest" drover ssh -S '127.9.1.[5-8]' -- 'case $SSH_CONNECTION in *127.9.1.6\ *) exit 3;; esac'
exits 0 "one host as lines" drover ssh --stream 127.9.1.5 -- echo line
is "$out" "127.9.1.5: line" "with its name"

# Ports.
read -r free proxy < <(python3 -c '
import socket
s = [socket.socket() for _ in range(2)]
[x.bind(("127.0.0.1", 0)) for x in s]
print(*[x.getsockname()[1] for x in s])')
cat >served.py <<'PY'
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    n = 0
    while True:
        got = c.recv(65536)
        if not got:
            break
        n += len(got)
    c.sendall(b"got %d" % n)
    c.close()
PY
cat >client.py <<'PY'
import socket, sys
port, socks = int(sys.argv[1]), sys.argv[2:]
s = socket.create_connection(("127.0.0.1", port), 20)
s.settimeout(20)
if socks:
    host, to = socks[0].encode(), int(socks[1])
    s.sendall(b"\5\1\0")
    assert s.recv(2) == b"\5\0"
    # What is said early is for the far side.
    s.sendall(b"\5\1\0\3" + bytes([len(host)]) + host + to.to_bytes(2, "big") + b"early")
    got = b""
    while len(got) < 10:
        got += s.recv(10 - len(got))
    assert got[1] == 0, got
said = b""
try:
    s.sendall(b"x" * 300000)
    s.shutdown(socket.SHUT_WR)
    while got := s.recv(100):
        said += got
except OSError as e:
    assert not isinstance(e, TimeoutError), e
print(said.decode())
PY
python3 served.py >served &
wait_for 20 test -s served
read -r served <served
mkfifo hold
"$DROVER" ssh -T -L "$free:127.0.0.1:$served" -D "$proxy" $one -- 'echo up; cat' \
	<hold >got 2>said &
ssh=$!
exec 7>hold
ok "a command runs beside its ports" wait_for 20 grep -q up got
is "$(python3 client.py "$free")" "got 300000" "-L: bytes there, an end, and the answer back"
is "$(python3 client.py "$proxy" 127.0.0.1 "$served")" "got 300005" "-D: a SOCKS client gets where it wants"
for i in 1 2 3 4 5 6 7 8; do python3 client.py "$free" >"many.$i" & many="${many:-} $!"; done
# shellcheck disable=SC2086
wait $many
is "$(cat many.* | grep -o 'got 300000' | wc -l)" 8 "many at once"
is "$(python3 client.py "$proxy" 127.0.0.1 1)" "" "a port that nobody listens on ends the connection"
ok "and is told" wait_for 20 grep -q '127.0.0.1 port 1: Connection refused' said
cat >half.py <<'PY'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
try:
    s.sendall(sys.argv[2].encode("latin1").decode("unicode_escape").encode("latin1"))
    s.shutdown(socket.SHUT_WR)
    while s.recv(100):
        pass
except (ConnectionError, OSError) as e:
    assert not isinstance(e, TimeoutError), e
PY
for word in '\5' '\4\1\0\120\177' 'GET / HTTP/1.1'; do
	ok "a client of the proxy that says half a word is let go of" python3 half.py "$proxy" "$word"
done
exits 255 "a port that is taken here" drover ssh -L "$free:127.0.0.1:1" $one -- true
like "$err" "port $free cannot be listened on: Address already in use" "is told"
exec 7>&-
wait $ssh
is $? 0 "they end with the command"

# Ports there that lead here, over drover's own SSH and over ssh(1): they listen before the command begins.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
python3 served.py >served.back &
wait_for 20 test -s served.back
read -r served <served.back
cat >taken.py <<'PY'
import errno, signal, socket
while True:
    four, six = socket.socket(), socket.socket(socket.AF_INET6) if socket.has_ipv6 else None
    four.bind(("127.0.0.1", 0))
    port = four.getsockname()[1]
    try:
        six and six.bind(("::1", port))
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            continue
        six = None
    break
[x.listen(1) for x in (four, six) if x]
print(port, flush=True)
signal.pause()
PY
python3 taken.py >taken &
wait_for 20 test -s taken
read -r taken <taken
for way in libssh ssh; do
	{ cat inventory.yaml && echo "defaults: {transport: $way}"; } >$way.yaml
	back=$(free_port)
	by() { drover -i ./$way.yaml ssh "$@"; }
	exits 0 "-R over $way: a command there" by -T -R "$back:127.0.0.1:$served" $one -- "python3 $CASE/client.py $back"
	is "$out" "got 300000" "gets through to here"
	is "$err" "" "and nothing else is said"
	exits 0 "many at once" by -T -R "$back:127.0.0.1:$served" $one -- \
		"for i in 1 2 3 4 5 6 7 8; do python3 $CASE/client.py $back & done; wait"
	is "$(grep -c 'got 300000' <<<"$out")" 8 "all get through"
	exits 0 "the port goes with its terminal" by -T $one -- "python3 $CASE/client.py $back 2>&1 | tail -n 1"
	like "$out" 'Connection refused' "nobody listens there any more"
	exits 0 "a port that is not the login's to have" by -T -R "1:127.0.0.1:$served" $one -- echo goes on
	is "$out" "goes on" "keeps nothing else from going on"
	like "$err" "drover: port 1 there cannot be listened on: " "and is told"
	is "$(grep -c port <<<"$err")" 1 "once"
	exits 0 "a port that is taken there" by -T -R "$taken:127.0.0.1:$served" $one -- echo goes on
	like "$err" "drover: port $taken there cannot be listened on: " "is told"
	second=$(free_port)
	exits 0 "several" by -T -R "$back:127.0.0.1:$served" -R "1:127.0.0.1:1" -R "$second:127.0.0.1:$served" $one -- \
		"python3 $CASE/client.py $back; python3 $CASE/client.py $second"
	is "$(grep -c 'got 300000' <<<"$out")" 2 "listen beside each other, whatever one of them comes to"
	exits 0 "port 0" by -T -R "0:127.0.0.1:$served" $one -- true
	like "$err" "^drover: port [1-9][0-9]* there leads to 127.0.0.1 port $served\$" "is one of the server's choice"
	rm -f said
	mkfifo fed
	"$DROVER" -i ./$way.yaml ssh -T -R "0:127.0.0.1:$served" $one -- \
		"read port; python3 $CASE/client.py \$port" <fed >got 2>said &
	ssh=$!
	exec 7>fed
	ok "which is told" wait_for 60 grep -q 'there leads to' said
	grep -o '^drover: port [0-9]*' said | grep -o '[0-9]*$' >&7
	exec 7>&-
	wait $ssh
	is "$(cat got)" "got 300000" "and leads here"
	rm fed
done
exits 0 "a port that leads to nobody" drover -i ./libssh.yaml ssh -T -R "$back:127.0.0.1:1" $one -- \
	"python3 $CASE/client.py $back"
is "$out" "" "ends the connection"
is "$err" "drover: port $back there, which leads to 127.0.0.1 port 1: 127.0.0.1 port 1: connection refused" "and is told once"
exits 255 "a host that is away" drover -i ./odd.yaml ssh -R "$back:127.0.0.1:$served" dead -- true
is "$(grep -c connect <<<"$err")" 1 "is told once"
exits 2 "ports are for one host" drover ssh -R "$back:127.0.0.1:$served" '127.9.1.[5-6]' -- true
