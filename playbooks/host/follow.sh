#!/bin/sh
# Follows the result of one act on its host, from its first record to its end, and says so when the
# act ended without one. Changes nothing. Arguments: nonce, run. It stands alone for `resume`, and
# behind act.sh, whose `begin` it then continues.
run=$2
dir=/var/lib/drover/runs/$run
close() { # KIND PAYLOAD
	put "$1" "$2"
	put end ''
	exit 0
}
# Records are lines; the last may still be in writing, and its rest comes with the next reading.
part='' ended=''
records() {
	while :; do
		if IFS= read -r line; then
			put record "$part$line"
			case $part$line in
			*' end '*) ended=1 ;;
			*' back '*) ended='' ;;
			esac
			part=''
		else
			part=$part$line
			return 0
		fi
	done
}
# The act itself, what goes on with it behind a reboot, or the timer that takes it back; after a reboot
# both may be yet to come.
alive() {
	for unit in "drover-$run.service" "drover-boot-$run.service" "drover-revert-$run.service" "drover-revert-$run.timer"; do
		case $(systemctl is-active "$unit" 2>/dev/null) in
		active | activating | deactivating | reloading) return 0 ;;
		esac
	done
	[ -e "/etc/systemd/system/drover-revert-$run.service" ] || [ -e "/etc/systemd/system/drover-boot-$run.service" ] || return 1
	case $(systemctl is-system-running 2>/dev/null) in initializing | starting | stopping) return 0 ;; esac
	return 1
}

[ "${word:-}" ] || { echo && put begin 1; }
read -r boot </proc/sys/kernel/random/boot_id
if [ ! -r "$dir/result" ]; then
	# The journal outlives the directory of a run.
	put journal "$(grep -F "	$run	" /var/lib/drover/journal 2>/dev/null)"
	close absent "$boot"
fi
exec 3<"$dir/result"
idle=0
while :; do
	records <&3
	[ -z "$ended" ] || close complete "$boot"
	if [ $idle -ge 40 ]; then
		idle=0
		if ! alive; then
			records <&3
			[ -z "$ended" ] || close complete "$boot"
			close gone "$boot"
		fi
	fi
	idle=$((idle + 1))
	sleep 0.05
done
