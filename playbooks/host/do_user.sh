#!/bin/sh
# shellcheck disable=SC2034
# Makes, changes or removes one account. What is secret goes through pipes, never through the words of
# a command. A home is its owner's, who may have put anything there: it is written with the owner's
# rights.
# shellcheck disable=SC2016
k_user_writer='
umask 077
cd -- "$0" && mkdir -p .ssh || exit 1
file=.ssh/authorized_keys new=.ssh/.authorized_keys.drover
old=$file
[ -f $old ] && [ -r $old ] || old=/dev/null
rm -f $new
set -C
awk -v only="$1" "
BEGIN {
	n = 0
	while ((getline row < \"-\") > 0) {
		blank = index(row, \" \")
		at[substr(row, 1, blank - 1)] = n
		line[n++] = substr(row, blank + 1)
	}
}
{
	hit = -1
	for (i = 1; i <= NF; i++) if (\$i in at) hit = at[\$i]
	if (hit >= 0) { if (!(hit in done)) print line[hit]; done[hit] = 1 }
	else if (only == \"\" || NF == 0 || \$1 ~ /^#/) print
}
END { for (i = 0; i < n; i++) if (!(i in done)) print line[i] }" "$old" >$new &&
	chmod 600 $new && { sync $new || sync; } && mv -fT $new $file && chmod go-w .ssh && { sync .ssh || sync; }
'
k_user_keys_put() { # only|'' KEY...
	k_only=$1
	shift
	k_line=$(getent passwd -- "$k_name") || return 1
	k_uid=$(printf %s "$k_line" | cut -d: -f3) k_gid=$(printf %s "$k_line" | cut -d: -f4)
	k_home=$(printf %s "$k_line" | cut -d: -f6)
	if [ ! -d "$k_home" ]; then
		echo "keys: the home $k_home is not there"
		return 1
	fi
	{ [ $# = 0 ] || printf '%s\n' "$@"; } |
		timeout 60 setpriv --reuid="$k_uid" --regid="$k_gid" --clear-groups --no-new-privs \
			sh -c "$k_user_writer" "$k_home" "$k_only"
}
# It is root's until all is in it; links that somebody puts in its way are not followed.
k_user_home() {
	k_line=$(getent passwd -- "$k_name") || return 1
	k_home=$(printf %s "$k_line" | cut -d: -f6)
	k_owner=$(printf %s "$k_line" | cut -d: -f3,4)
	[ ! -d "$k_home" ] || return 0
	(umask 022 && mkdir -p "${k_home%/*}/") && mkdir -m 700 "$k_home" || return 1
	[ ! -d /etc/skel ] || cp -a /etc/skel/. "$k_home" || return 1
	chmod 700 "$k_home" && chown -RhP "$k_owner" "$k_home"
}
k_user_groups_make() { # WISH...
	k_system=''
	for k_word; do
		[ "$k_word" != system ] || k_system=-r
	done
	for k_word; do
		case $k_word in
		group=* | member=*) ;;
		*) continue ;;
		esac
		# shellcheck disable=SC2086
		getent group -- "${k_word#*=}" >/dev/null || groupadd $k_system -- "${k_word#*=}" || return 1
	done
}
# The words are taken apart: options are put behind them, then they are dropped.
k_user_account() { # WISH...
	k_new='' k_members='' k_only='' k_group=''
	[ "$(getent passwd -- "$k_name")" ] || k_new=1
	k_count=$#
	for k_word; do
		k_value=${k_word#*=}
		case $k_word in
		uid=*) set -- "$@" -u "$k_value" ;;
		group=*) k_group=1 && set -- "$@" -g "$k_value" ;;
		shell=*) set -- "$@" -s "$k_value" ;;
		home=*) set -- "$@" -d "$k_value" ;;
		comment=*) set -- "$@" -c "$k_value" ;;
		member=*) k_members=$k_members${k_members:+,}$k_value ;;
		only-groups) k_only=1 ;;
		system) [ -z "$k_new" ] || set -- "$@" -r ;;
		new-home) [ -z "$k_new" ] || set -- "$@" -m ;;
		no-home) [ -z "$k_new" ] || set -- "$@" -M ;;
		esac
	done
	shift $k_count
	if [ "$k_only" ]; then
		set -- "$@" -G "$k_members"
	elif [ "$k_members" ]; then
		[ "$k_new" ] || set -- "$@" -a
		set -- "$@" -G "$k_members"
	fi
	if [ -z "$k_new" ]; then
		[ $# = 0 ] || usermod "$@" -- "$k_name"
		return
	fi
	if [ -z "$k_group" ] && getent group -- "$k_name" >/dev/null; then set -- "$@" -g "$k_name"; fi
	useradd "$@" -- "$k_name"
}
# A lock keeps the hash that is there.
k_user_password_set() { # HASH
	case $1 in
	'!' | '*') usermod -L -- "$k_name" ;;
	*) printf '%s:%s\n' "$k_name" "$1" | chpasswd -e ;;
	esac
}
k_user_rest() { # WISH...
	k_keys='' k_only='' k_count=$#
	for k_word; do
		case $k_word in
		password=*) k_user_password_set "${k_word#*=}" || return 1 ;;
		make-home) k_user_home || return 1 ;;
		keys) k_keys=1 ;;
		only-keys) k_only=only ;;
		key=*) set -- "$@" "${k_word#*=}" ;;
		esac
	done
	shift $k_count
	[ -z "$k_keys" ] || k_user_keys_put "$k_only" "$@"
}
k_user_away() { # [home]
	[ "$(getent passwd -- "$k_name")" ] || return 0
	if [ "$1" = home ]; then userdel -r -- "$k_name"; else userdel -- "$k_name"; fi
	k_status=$?
	# What it could not remove was not there.
	[ $k_status != 12 ] || [ "$(getent passwd -- "$k_name")" ] || k_status=0
	return $k_status
}
do_user() { # present|absent NAME WISH...
	k_state=$1 k_name=$2
	shift 2
	umask 022
	if [ "$k_state" = absent ]; then
		text=$(k_user_away "${1:-}" 2>&1)
	else
		text=$(k_user_groups_make "$@" 2>&1 && k_user_account "$@" 2>&1 && k_user_rest "$@" 2>&1)
	fi
	k_status=$?
	umask 077
	return $k_status
}
