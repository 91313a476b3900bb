#!/bin/bash
# Journals that are followed while the link is lost: every line is there once and in order, and nothing is left
# on the hosts.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
read -r one two <<<"$hosts"

# Lines 1..N under a name of their own, as fast as journald takes them.
flood() { # HOST FROM TO
	on "$1" "seq -f 'flood $1 %.0f' $2 $3 | systemd-cat -t flood"
}
has() { grep -q "$2" "$1"; } # FILE TEXT

# What is there already, merged by time.
for host in $hosts; do flood "$host" 1 3; done
exits 0 "the journals of both hosts" drover logs -g '^flood ' @all
is "$(grep -c 'flood\[' <<<"$out")" 6 "have their lines"
ok "in the order of time" sort -c -s -k2,2 <<<"$out"
exits 0 "the last line of each" drover logs -g '^flood ' -n 1 @all
is "$(grep -o 'flood web[0-9]* [0-9]*$' <<<"$out" | sort | paste -sd' ')" "flood $one 3 flood $two 3" \
	"is counted among those that have it"
exits 0 "nothing that has it" drover logs -g 'no such line anywhere' @all
is "$out" "" "is no failure"
exits 2 "a unit of a host that is not there" drover logs no-such-host

# Containers log to the journal, or it is said that they do not.
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null 2>&1
# shellcheck disable=SC2016
with_containers() { # HOST
	timeout 120 "$fleet" shell-in "$1" sh -c 'cat >/tmp/web.tar; podman load -q -i /tmp/web.tar
		podman run -d --name heard --network none localhost/web:1
		podman run -d --name unheard --log-driver k8s-file --network none localhost/web:1
		podman exec heard sh -c "echo said by a container >/proc/1/fd/1"' <"$CASE/web.tar"
}
ok "containers run on $one" with_containers "$one"
said() { drover logs -c heard "$one" 2>/dev/null | grep -q 'heard\[[0-9]*\]: said by a container'; }
ok "what a container said is in its log" wait_for 20 said
exits 1 "one that does not log to the journal" drover logs -c unheard "$one"
like "$err" "container unheard logs by the driver k8s-file, which is not the journal" "is refused by name"

# Both are followed; one is cut off in the middle of its flood, the other goes on.
"$DROVER" logs -f @all >"$CASE/followed" 2>"$CASE/said" &
seat=$!
ok "following begins" wait_for 30 has "$CASE/followed" "^$two: "
begin() { for host in $hosts; do flood "$host" 1001 1001; done; }
begin
ok "new lines come" wait_for 30 has "$CASE/followed" "flood $one 1001"
flood "$one" 1002 6000 &
flooding=$!
ok "the flood is under way" wait_for 30 has "$CASE/followed" "flood $one 1[0-9]*5$"
"$fleet" partition "$one"
wait $flooding
flood "$one" 6001 9000
flood "$two" 1002 3000
ok "the other host is followed meanwhile" wait_for 60 has "$CASE/followed" "flood $two 3000"
ok "the loss is said" wait_for 90 has "$CASE/said" "$one: link lost"
"$fleet" heal "$one"
ok "what was missed comes" wait_for 90 has "$CASE/followed" "flood $one 9000"
has "$CASE/said" "$one: back after"
is $? 0 "and that it is back"
flood "$one" 9001 9100
ok "and it is followed as before" wait_for 30 has "$CASE/followed" "flood $one 9100"
kill -INT $seat
wait $seat
is $? 130 "a signal ends it"

numbers() { grep -o "flood $1 [0-9]*\$" "$CASE/followed" | awk '$3 > 1000 { print $3 }'; } # HOST
numbers "$one" >"$CASE/got"
seq 1001 9100 >"$CASE/sent"
ok "every line of the one that was cut off came once, in order" cmp "$CASE/sent" "$CASE/got"
numbers "$two" >"$CASE/got"
seq 1001 3000 >"$CASE/sent"
ok "and every line of the other" cmp "$CASE/sent" "$CASE/got"
gone() { ! on "$1" pgrep -x journalctl >/dev/null; }
for host in $hosts; do ok "no reader is left on $host" wait_for 60 gone "$host"; done
