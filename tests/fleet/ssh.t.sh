#!/bin/bash
# Terminals on a real host: root's shell by sudo, the mark that typing leaves, a partition in the middle.
# shellcheck disable=SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
driver=$root/build/release/tests/fleet/console
ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
for host in $hosts; do
	on "$host" 'useradd -m -s /bin/bash someone; echo "someone:canary-7" | chpasswd
		echo "someone ALL=(ALL) ALL" >/etc/sudoers.d/someone; install -d -m 700 -o someone /home/someone/.ssh
		install -m 600 -o someone /root/.ssh/authorized_keys /home/someone/.ssh/authorized_keys' >/dev/null
done
{
	echo "fleet: terminals"
	echo "known_hosts: $DROVER_FLEET_STATE/known_hosts"
	echo "groups: {web: {kind: cattle, hosts: {$("$fleet" list | awk '{ printf "%s%s: {address: %s, user: someone, become: sudo}", sep, $1, $2; sep = ", " }')}}}"
} >"$CASE/inventory.yaml"
export DROVER_INVENTORY=$CASE/inventory.yaml
typed() {
	local size=$1
	shift
	"$driver" "$size" "$DROVER" "$@"
}

exits 0 "a command on a terminal" drover ssh web1 -- id -un
like "$out" '^someone' "as the login"
unlike "$(drover hosts)" strayed "leaves no mark"
ok "root's shell by sudo, whose password is asked for once and is not shown" typed 90x24 ssh -B web1 <<'SCRIPT'
wait sudo password
keys canary-7\r
wait #
keys id -un; pwd; stty size\r
wait 24 90
size 60x20
keys stty size\r
wait 20 60
keys exit 17\r
end 17
restored
SCRIPT
exits 0 "hosts" drover hosts
like "$out" 'web1.*strayed' "typed to, cattle has strayed"
unlike "$out" 'web2.*strayed' "and nobody else"
unlike "$(cat "$XDG_STATE_HOME"/drover/ledger.db* | strings)" canary-7 "the password stands nowhere"
(umask 077; echo canary-7 >password)
exits 0 "a command as root on each" drover --become-password-file password ssh -B -b web1,web2 -- 'id -un; tty | cut -c-8'
is "$(tr -d '\r' <<<"$out" | tail -n 2 | paste -sd' ')" "root /dev/pts" "on a terminal"

# A partition while somebody sits at it.
cat >script <<SCRIPT
wait $
keys echo si''tting\r
wait sitting
sh $fleet partition web2
wait drover: web2:
end 255
restored
SCRIPT
ok "a partition in the middle is told, 255, and the terminal is as it was" typed 80x24 ssh web2 <script
"$fleet" heal web2
exits 0 "what became of it" drover history show last --json
like "$out" '"host":"web2".*"state":"unknown"|"state":"unknown".*"host":"web2"' "is unknown"
exits 0 "healed, it is reached again" drover ssh web2 -- true

# Recorded in the screen Terms: sudo's own prompt, which does not echo, on two hosts at once.
sed 's/, become: sudo//g' inventory.yaml >login.yaml
ok "panes are recorded while both are given a password" typed 100x30 -i ./login.yaml ssh web1,web2 <<'SCRIPT'
wait [7 Terms]
wait typing to web1
gone connecting
keys \^]b
wait goes to the 0 put in
keys \^]b
wait goes to all 2
keys \^]t
wait 2 recorded from here on
keys sudo -k -p 'word of %H: ' sh -c 'echo became $(id -un) of $(hostname)'\r
wait word of web1:
wait word of web2:
keys canary-7\r
wait became root of web1
wait became root of web2
keys \^]Q
end 0
restored
SCRIPT
for host in web1 web2; do
	exits 0 "$host: what it showed is played" drover history play --text last "$host"
	like "$out" "^word of $host:" "$host: with the question"
	like "$out" "became root of $host" "$host: and what came of the answer"
	unlike "$out" 'canary-7' "$host: without the answer"
	drover history play --cast - last "$host" >"$CASE/cast" 2>&1
	unlike "$(cat "$CASE/cast")" 'canary-7' "$host: of which there is none in what is kept"
done
unlike "$(cat "$XDG_STATE_HOME"/drover/ledger.db* | strings)" canary-7 "the password stands nowhere"

# A port of a real host that leads to one here, and goes with its terminal.
read -r back < <(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 - >served <<'PY' &
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(8)
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    c.sendall(b"from the seat to " + c.recv(100))
    c.close()
PY
wait_for 20 test -s served
read -r served <served
for host in web1 web2; do
	exits 0 "$host: -R" drover -i ./login.yaml ssh -T -R "$back:127.0.0.1:$served" "$host" -- \
		"bash -c 'exec 3<>/dev/tcp/127.0.0.1/$back; hostname >&3; cat <&3'"
	is "$out" "from the seat to $host" "$host: what is said there is heard here, and answered"
done
exits 1 "the port is gone with it" drover -i ./login.yaml ssh -T web1 -- "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$back' 2>&1"
like "$out" 'refused' "nobody listens"
