#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Reboots the host, once: what is behind it in the act is gone on with by the next boot, which is also
# what tells that the host was rebooted. Uses what carry.sh keeps.
do_reboot() { # SECONDS always|required
	if [ "$2" = required ] && [ ! -e /run/reboot-required ]; then
		state=ok text="no reboot is required"
		return
	fi
	text=$(keep_state 2>&1 && promise 2>&1) || {
		withdraw
		return 1
	}
	trap 'exit 0' TERM
	record "reboot $step $1"
	# Who follows reads that before the link goes.
	pause 300
	if text=$(systemctl reboot 2>&1); then
		now
		k_until=$((up + $1 * 100))
		while [ "$up" -lt "$k_until" ]; do
			pause 500
			now
		done
		text="the host did not go down within $1 s"
	fi
	trap 'abort "$by_signal"' TERM
	withdraw
	return 1
}
