#!/bin/bash
# The Host screen on a real host, walked through on a terminal: a unit that failed, why, and what it wrote; a
# restart by key, which stands among the changes; a rootless user's unit; a unit that stops is seen; a pager.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 1
all_cattle walk
ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
# shellcheck disable=SC2154
export TERM=xterm-256color LC_ALL=C.UTF-8 PAGER=$CASE/pager
walks() { # NAME COLSxROWS: the script on standard input
	if "$root/build/release/tests/fleet/console" "$2" "$DROVER" >"$CASE/walk" 2>&1; then
		pass "$1"
	else
		fail "$1" "$(cat "$CASE/walk")"
	fi
}

on web1 'useradd -m pg && loginctl enable-linger pg
mkdir -p /home/pg/.config/systemd/user
printf "[Unit]\nDescription=a thing of a user\n[Service]\nExecStart=/bin/sh -c \"echo the user says so; exec sleep 100000\"\n" >/home/pg/.config/systemd/user/thing.service
chown -R pg: /home/pg/.config
printf "[Unit]\nDescription=\033]0;owned\007 always fails\n[Service]\nExecStart=/bin/sh -c \"echo the disk is gone; exit 3\"\n" >/etc/systemd/system/bad.service
printf "[Unit]\nDescription=stays up\n[Service]\nExecStart=/bin/sleep 100000\n" >/etc/systemd/system/good.service
printf "[Service]\nType=oneshot\nExecStart=/bin/echo the system says so\n" >/run/systemd/system/thing.service
systemctl daemon-reload; systemctl start thing; rm /run/systemd/system/thing.service; systemctl daemon-reload; systemctl start good; systemctl start bad
as() { cd / && setpriv --reuid=pg --regid=pg --init-groups env XDG_RUNTIME_DIR="/run/user/$(id -u pg)" "$@"; }
n=0; until as systemctl --user start thing.service || [ $n = 600 ]; do n=$((n + 1)); sleep 0.1; done' >/dev/null 2>&1
printf '#!/bin/sh\nsed s/^/paged:/ "$1"\nread -r _\n' >"$CASE/pager"
chmod +x "$CASE/pager"

walks "a failed unit says why, and is restarted by a key" 100x30 <<'END'
wait bad.service
keys 2
wait failed (exit-code 3)
wait always fails
wait the disk is gone
wait /etc/systemd/system/bad.service
wait pg/thing.service
keys r
wait systemctl restart -- bad.service
keys y
wait exit
keys q
wait [Units
keys [
wait [Changes(1)]
wait r-1
wait systemctl restart -- bad.service
keys Q
END

walks "at 80x24 the detail has the screen; what is stopped by a key is seen to have stopped" 80x24 <<'END'
wait bad.service
keys 2
wait good.service
keys j
keys \r
wait stays up
wait last log lines
keys \e
wait UNIT
keys D
wait systemctl stop -- good.service
keys y
wait exit
keys q
wait dead
keys Q
END
is "$(on web1 systemctl is-active good)" inactive "and it stopped there"

walks "a user's unit is started by its own manager" 100x30 <<'END'
wait bad.service
keys 2
wait pg/thing.service
keys S
wait units of the system
gone thing.service
keys S
wait units of pg
wait a thing of a user
keys r
wait systemctl --user --machine=pg@ restart -- thing.service
keys y
wait exit 0
keys Q
END

walks "and what it writes is found by its user" 100x30 <<'END'
wait bad.service
keys 2
wait pg/thing.service
keys S
wait units of the system
gone thing.service
keys S
wait units of pg
wait a thing of a user
keys l
wait thing.service of pg on web1
wait the user says so
keys Q
END
exits 0 "so it is without a screen" drover logs --user pg web1 thing
like "$out" 'the user says so$' "and that unit is not the system's of the same name"
unlike "$out" 'the system says so' "of which nothing is told"
exits 1 "a user who is not there" drover logs --user nobody-here web1 thing.service
like "$err" 'this host has no user nobody-here' "is named"
exits 2 "a pattern of a user's units is refused" drover logs --user pg web1 'th*'

walks "a unit is described, and its file is paged" 100x30 <<'END'
wait bad.service
keys 2
wait bad.service
keys d
wait ExecStart=
keys \e
wait [Units
keys e
wait paged:# /etc/systemd/system/bad.service
keys \r
wait [Units
keys Q
END
ok "the numbers are kept" test -s "$XDG_STATE_HOME/drover/samples.db"
exits 0 "ps tells whose a unit is" drover ps web1 --name thing.service
like "$out" "thing.service +active +running +[0-9]+[smh] +pg" "by the user's name"
