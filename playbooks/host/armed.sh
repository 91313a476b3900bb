#!/bin/sh
# shellcheck shell=sh disable=SC2034,SC2154
# A change that may cut us off: before it, a timer is set that takes the whole act back unless a new
# login confirms it in time; a twin of it on the disk does so after a reboot. Stands in the program of
# an act, before carry.sh, whose words it uses. The file `decision` says confirmed or reverted: the
# first word stands.
armed='' revert_unit=drover-revert-$1 systemd=/etc/systemd/system
decide() { # WORD; true when that is what stands
	printf '%s\n' "$1" >decision.$$ && settle decision.$$
	if ln decision.$$ decision 2>/dev/null; then settle .; fi
	rm -f decision.$$
	[ "$(cat decision 2>/dev/null)" = "$1" ]
}
write_twin() {
	file=$systemd/$revert_unit.service
	printf '[Unit]\nDescription=takes back drover run %s, which was not confirmed\n\n[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/bin/sh %s/program %s back timer\n' \
		"$run" "$PWD" "$run" >"$file.new" || return 1
	chmod 644 "$file.new" && (umask 022 && mkdir -p $systemd/multi-user.target.wants) &&
		mv -f "$file.new" "$file" &&
		ln -sf "$file" "$systemd/multi-user.target.wants/$revert_unit.service" &&
		settle "$file" $systemd $systemd/multi-user.target.wants
}
arm() {
	[ -z "$armed" ] || return 0
	armed=1
	text=$({ write_twin && systemctl daemon-reload && systemd-run --quiet --on-active="$window" \
		--timer-property=AccuracySec=100ms --unit="$revert_unit.service"; } 2>&1 9>&-) ||
		abort "no timer could be set that takes this back: $text"
	record "armed $window"
}
disarm() {
	[ -z "$armed" ] || rm -f "$systemd/multi-user.target.wants/$revert_unit.service" \
		"$systemd/$revert_unit.service" "$systemd/$revert_unit.service.new"
	[ -z "$armed" ] || settle $systemd $systemd/multi-user.target.wants
	[ -z "$armed" ] || systemctl stop "$revert_unit.timer" 2>/dev/null
	[ -z "$armed" ] || systemctl daemon-reload
	armed=''
}
# All is done, and somebody has to come in anew to say that he can.
await() {
	record waits
	until [ -e decision ]; do pause 100; done
	# The timer ends this program before it takes the act back.
	until [ "$(cat decision)" = confirmed ]; do pause 1000; done
	record confirmed
	disarm
}
is_acting() {
	case $(systemctl is-active "drover-$run.service" 2>/dev/null) in
	active | activating | deactivating) return 0 ;;
	esac
	return 1
}
await_act() { # TENTHS
	i=0
	while is_acting && [ $i -lt "$1" ]; do
		pause 100
		i=$((i + 1))
	done
}
end_act() {
	if [ -e decision ]; then
		# It takes itself back, or has been confirmed and says so.
		await_act 6000
	elif decide reverted; then
		systemctl kill -s KILL "drover-$run.service" 2>/dev/null
		await_act 300
	fi
}
# The act is over, and is taken back now: by the timer, or for the run.
come_back() { # timer | run
	seq=$(awk '$1 + 0 > n { n = $1 + 0 } END { print n + 0 }' result)
	[ -z "$(tail -c 1 result)" ] || echo >>result
	why="another host of the run failed"
	if [ "$1" = timer ]; then
		armed=1
		end_act
		why="not confirmed by a new login within $window s"
		[ "$(tail -n 1 result | cut -d ' ' -f 2)" = "$boot" ] || why="the host was rebooted before it was confirmed"
	fi
	flock -w 600 9 || leave rollback-failed "the host's lock is held: $(cat $base/lock)"
	case $(tail -n 1 result) in *' end '*) [ "$1" != timer ] || { disarm && exit 0; } ;; esac
	if [ "$1" = timer ] && [ "$(cat decision 2>/dev/null)" = confirmed ]; then
		record confirmed
		disarm
		ended=$(awk '$4 == "step" && $6 == "changed" { printf " %s", $5 }' result)
		changed=1 touched=1
		finish changed ''
	fi
	take_back "$why"
}
