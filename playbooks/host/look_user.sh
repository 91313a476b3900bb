#!/bin/sh
# shellcheck disable=SC2034
# One account as it is: its line of /etc/passwd, its groups and, if asked, its keys and what runs as it.
# A home is its owner's, who may have put anything there: it is read with the owner's rights.
k_user_line() { # NAME
	while IFS=: read -r k_n k_x k_u k_g k_c k_h k_s; do
		[ "$k_n" = "$1" ] || continue
		k_uid=$k_u k_gid=$k_g k_home=$k_h
		printf 'uid %s\ncomment %s\nhome %s\nshell %s\n' "$k_u" "$k_c" "$k_h" "$k_s"
		return 0
	done </etc/passwd
	[ -z "$(getent passwd -- "$1")" ] || echo elsewhere
	return 1
}
k_user_groups() { # NAME
	while IFS=: read -r k_n k_x k_g k_m; do
		k_known="$k_known $k_n "
		[ "$k_g" != "$k_gid" ] || echo "group $k_n"
		case ,$k_m, in *,"$1",*) echo "member $k_n" ;; esac
	done </etc/group
}
k_user_password() { # NAME HASH
	while IFS=: read -r k_n k_hash k_x; do
		[ "$k_n" = "$1" ] || continue
		case $k_hash in
		"$2") echo "password same" ;;
		'') echo "password none" ;;
		'!'* | '*'*) echo "password locked" ;;
		*) echo "password other" ;;
		esac
	done </etc/shadow
}
k_user_taken() { # NAME UID
	while IFS=: read -r k_n k_x k_u k_g; do
		if [ "$k_u" = "$2" ] && [ "$k_n" != "$1" ]; then echo "taken $k_n"; fi
	done </etc/passwd
	if [ "$k_uid" ] && [ "$k_uid" != "$2" ]; then k_user_running; fi
}
k_user_running() {
	set +f
	k_count=$(stat -c %u /proc/[0-9]* | grep -cx "$k_uid")
	set -f
	[ "$k_count" = 0 ] || echo "processes $k_count"
}
# The login that looks: one of its processes stands above this one, or whoever became root says so.
k_user_self() {
	[ "${SUDO_UID:-}" != "$k_uid" ] || echo self
	k_pid=$$
	while [ "${k_pid:-0}" -gt 1 ]; do
		k_up=''
		while read -r k_a k_b k_x; do
			case $k_a in
			PPid:) k_up=$k_b ;;
			Uid:) [ "$k_b" != "$k_uid" ] || echo self ;;
			esac
		done <"/proc/$k_pid/status"
		k_pid=$k_up
	done
}
k_user_keys() {
	# shellcheck disable=SC2016
	timeout 10 setpriv --reuid="$k_uid" --regid="$k_gid" --clear-groups --no-new-privs sh -c '
		cd -- "$0" && [ -f .ssh/authorized_keys ] || exit
		head -c 262144 .ssh/authorized_keys | sed -e "/^[[:blank:]]*$/d" -e "/^[[:blank:]]*#/d" -e "s/^/key /"
		stat -L -c "%a loose" .ssh .ssh/authorized_keys | sed -n "s/^[0-7]*\([2367].\|.[2367]\) //p" | head -n 1' "$k_home"
}
look_user() { # NAME [uid=N] [shell=PATH] [home=PATH] [password=HASH] [keys] [removal] [group=NAME]...
	k_name=$1 k_uid='' k_gid='' k_home='' k_known=''
	shift
	IFS=' '
	for k_tool in useradd usermod userdel groupadd chpasswd setpriv getent; do
		command -v $k_tool >/dev/null || { echo "lacks $k_tool" && return; }
	done
	k_user_line "$k_name" && k_user_groups "$k_name"
	[ "$k_known" ] || while IFS=: read -r k_n k_x; do k_known="$k_known $k_n "; done </etc/group
	for k_word; do
		case $k_word in home=*) k_home=${k_word#*=} ;; esac
	done
	if [ "$k_home" ] && [ -d "$k_home" ]; then echo homedir; fi
	for k_word; do
		case $k_word in
		uid=*) k_user_taken "$k_name" "${k_word#*=}" ;;
		shell=*) [ -x "${k_word#*=}" ] || echo noshell ;;
		group=*) case $k_known in *" ${k_word#*=} "*) ;; *) echo "nogroup ${k_word#*=}" ;; esac ;;
		password=*) [ -z "$k_uid" ] || k_user_password "$k_name" "${k_word#*=}" ;;
		keys) [ -z "$k_uid" ] || k_user_keys ;;
		removal) [ -z "$k_uid" ] || { k_user_running && k_user_self; } ;;
		esac
	done
}
