#!/bin/bash
# Servers that are broken or hostile: each ends by itself, is told apart, and keeps nobody waiting.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

# A port a behaviour, on a loopback address of this case; its relays cut the farm's sshd short.
cat >servers.py <<'PY'
import os, socket, struct, sys, threading

farm = int(sys.argv[1])

def drain(c):
    while c.recv(65536):
        pass

def closes(c):
    c.close()

def resets(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.close()

def floods(c):
    while True:
        c.sendall(b'x' * 65536)

def junk(c):
    c.sendall(b'SSH-2.0-OpenSSH_9.2\r\n')
    c.sendall(bytes(range(256)) * 400)
    drain(c)

def old(c):
    c.sendall(b'SSH-1.5-old\033]0;title\007\r\n')
    drain(c)

def web(c):
    c.sendall(b'HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n')
    c.close()

def cut(limit, how):
    def relay(c):
        s = socket.create_connection(('127.0.0.1', farm))
        def up():
            try:
                while True:
                    s.sendall(c.recv(65536) or sys.exit())
            except OSError:
                pass
        threading.Thread(target=up, daemon=True).start()
        left = limit
        while left > 0:
            data = s.recv(left)
            if not data:
                break
            left -= len(data)
            c.sendall(data)
        if how == 'junk':
            while True:
                c.sendall(os.urandom(4096))
        c.shutdown(socket.SHUT_RDWR)
        s.shutdown(socket.SHUT_RDWR)
    return relay

kinds = {'closes': closes, 'resets': resets, 'floods': floods, 'junk': junk, 'old': old, 'web': web}
for limit in (100, 600, 1200):
    for how in ('close', 'junk'):
        kinds['cut%d%s' % (limit, how)] = cut(limit, how)

def serve(listener, kind):
    while True:
        c, _ = listener.accept()
        def one(c=c):
            try:
                kind(c)
            except OSError:
                pass
        threading.Thread(target=one, daemon=True).start()

for name, kind in kinds.items():
    listener = socket.create_server(('127.9.9.9', 0))
    print('  %s: {address: 127.9.9.9, port: %d}' % (name, listener.getsockname()[1]), flush=True)
    threading.Thread(target=serve, args=(listener, kind), daemon=True).start()
print('  # all', flush=True)
threading.Event().wait()
PY
{
	echo "fleet: hostile"
	echo "defaults: {user: $FARM_USER}"
	echo "hosts:"
	echo "  good: {address: 127.9.9.1, port: $FARM_PORT}"
} >hostile.yaml
python3 servers.py "$FARM_PORT" >>hostile.yaml 2>servers.log &
ok "the servers stand" wait_for 20 grep -q '# all' hostile.yaml
sed 's/^\[127\.\*\]:[0-9]*/[127.*]:*/' "$FARM_KNOWN_HOSTS" >known
sed "s#^  UserKnownHostsFile.*#  UserKnownHostsFile $CASE/known#" "$FARM_SSH_CONFIG" >config

exits 4 "a run with twelve broken servers ends" timeout 60 "$DROVER" --json -F config -i ./hostile.yaml run @all -- echo here
ok "with run.end as its last line" json_lines stdout
like "$out" '"host.out".*"host":"good".*"data":"here\\n"' "the good host did its work"
is "$(grep -cE '"event":"host.end".*"state":"unreachable","phase":"(banner|key exchange)"' <<<"$out")" 12 \
	"each of the others is unreachable, with its phase"
unlike "$out" 'u001b|not done for|nothing heard' "by what it did, not by its time, and cleaned"
like "$out" '"host":"floods".*too large' "a flood is one"
like "$out" '"host":"web".*(closed|reset)' "a server of another kind closes"

# A key that is revoked; a child that outlives its command.
{
	sed 's/^[^ ]* /@revoked * /' known
	cat known
} >revoked
sed "s#$CASE/known#$CASE/revoked#" config >config.revoked
exits 11 "a revoked host key is refused" drover -F config.revoked run 127.9.1.1 -- touch "$MEET/touched"
like "$err" 'refused: host key: host key is revoked' "by that word"
ok "and nothing ran there" test ! -e "$MEET/touched"
exits 1 "a child that keeps the output does not keep the run" timeout 20 "$DROVER" run 127.9.1.1 -- 'sleep 30 & echo $! >'"$MEET/child; exit 3"
like "$err" 'exit status 3' "the status is the command's own"
kill "$(cat "$MEET/child")"
