#!/bin/bash
# The screen Terms on two real hosts: a partition in the middle and the way back, and a storm of sizes while
# output runs.
# shellcheck disable=SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
driver=$root/build/release/tests/fleet/console
ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
export TERM=xterm-256color
typed() { # SIZE: drover ssh of both on a terminal of that size, by a script on standard input
	"$driver" "$1" "$DROVER" ssh web1,web2
}

cat >script <<SCRIPT
wait [7 Terms]
wait root@web1
wait root@web2
keys \\^]b\\^]b
wait BROADCAST to 2 of 2: web[1-2]
keys seq -f 'before-%g.' 300; echo \$HOSTNAME si''ts\\r
wait web1 sits
wait web2 sits
sh $fleet partition web2
keys echo \$HOSTNAME st''ill\\r
wait web1 still
wait LOST
wait BROADCAST to 1 of 1: web1
sh $fleet heal web2
keys clear; echo \$HOSTNAME al''one\\r
wait web1 alone
keys \\^]\\e[C
wait >web2
wait before-300.
keys \\^]r
gone LOST
wait connecting again
wait BROADCAST to 2 of 2: web[1-2]
gone connecting r
keys clear; echo \$HOSTNAME ba''ck\\r
wait web1 back
wait web2 back
keys \\^][
wait SCROLL
keys g
wait before-1.
wait before-9.
keys q
gone SCROLL
wait web2 back
keys exit 3\\r
wait EXITED rc=3
gone SYNC
keys Q
end 0
restored
SCRIPT
ok "a partition loses one terminal, the other lives on; reconnected in place, it has its lines and takes keys" \
	typed 100x30 <script

# told NAME: two terminals of each host have written a line into that file.
cat >told <<SCRIPT
#!/bin/bash
for host in web1 web2; do
	until [ "\$($fleet shell-in \$host sort -u "/run/\$1" | wc -l)" = 2 ]; do
		[ \$SECONDS -lt 120 ] || exit 1
	done
done
SCRIPT
chmod +x told
cat >script <<SCRIPT
wait [7 Terms]
wait root@web1
wait root@web2
keys \\^]+
wait Open: SET
keys web1,web2 root\\r
wait web2 root
gone connecting
keys \\^]b\\^]b
wait BROADCAST to 4 of 4
keys (yes output | head -n 300000) &\\r
wait output
storm 100 7
size 120x40
keys clear; until stty size | grep -qx '16 59'; do :; done; tty >>/run/one\\r
sh ./told one
keys (yes output | head -n 300000) &\\r
wait output
storm 100 11
size 80x24
keys clear; until stty size | grep -qx '8 80'; do :; done; tty >>/run/two\\r
sh ./told two
wait page 2/2
storm 20 3
size 101x33
keys \\^]z
keys clear; until stty size | grep -qx '27 101'; do :; done; tty >>/run/three\\r
sh ./told three
keys \\^]Q
end 0
restored
SCRIPT
ok "100 sizes while output runs: each terminal's host has the right one, on other pages and zoomed too" \
	typed 100x30 <script
