#!/bin/sh
# Whether a user's units run without a login: lingering, and a service manager that answers.
look_linger() { # USER
	k_uid=$(id -u -- "$1") || return 0
	echo "user $k_uid"
	[ ! -e "/var/lib/systemd/linger/$1" ] || echo linger
	[ ! -S "/run/user/$k_uid/systemd/private" ] || echo running
}
