#!/bin/sh
# shellcheck disable=SC2034
# Lets a user's units run without a login, and waits until their service manager answers; or takes the
# first back.
do_linger() { # on|off USER
	if ! k_uid=$(id -u -- "$2" 2>/dev/null); then
		text="the host has no user $2"
		return 1
	fi
	if [ "$1" = off ]; then
		text=$(loginctl disable-linger "$2" 2>&1)
		return
	fi
	text=$(loginctl enable-linger "$2" 2>&1) || return 1
	# Where lingering was on already, nothing is started by that.
	text=$(systemctl start "user@$k_uid.service" 2>&1) || return 1
	k_tries=0
	until [ -S "/run/user/$k_uid/systemd/private" ]; do
		k_tries=$((k_tries + 1))
		if [ $k_tries -gt 300 ]; then
			text="/run/user/$k_uid did not come within 30 s"
			return 1
		fi
		sleep 0.1
	done
}
