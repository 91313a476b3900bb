#!/bin/sh
# Puts a tar archive in its place: unpacked whole into a directory beside, looked through, then moved
# in; a directory that is new, by one rename. What is in the way of another kind stops all of it before
# anything is moved. Runs on dash, bash and busybox.
# Arguments: as put.sh has them (length, mode, source and time are not used), with flags i (the names
# of the archive go into the directory, which must be there or be made) k x, and the token that the
# archive's last file, .drover-end, must hold.
# Standard input: a line "put 0 COUNT", then COUNT bytes, the archive and what is of no use here.
nonce=$1 root=${2%/} owner=$6 flags=$8
shift 8
mask=$(umask) token=$2
umask 077
set -f
[ "$root" ] || root=/
case $root in /*) ;; *) root=$PWD/${root#./} ;; esac
dir=${root%/*}/
say() { printf '\n%s %s\n' "$nonce" "$1"; }
give_up() { # TEXT
	say "failed $(printf %s "$1" | tr '\n\r' '  ')"
	exit 1
}
has() { case $flags in *"$1"*) ;; *) false ;; esac }
command -v tar >/dev/null || give_up "no tar on the host"
[ ! -L "$root" ] || give_up "a symbolic link to $(readlink -- "$root"): name what it leads to"
new='' told=''
if [ -d "$root" ]; then
	stage=$root/$1
elif [ -e "$root" ]; then
	give_up "not a directory, and in the way"
else
	new=yes stage=$dir$1
	if has i && ! has k; then give_up "no directory $root; --mkdir makes it"; fi
	if [ ! -d "$dir" ]; then
		has k || give_up "no directory $dir; --mkdir makes it"
		why=$(umask "$mask" && mkdir -p -- "$dir" 2>&1) || give_up "$why"
	fi
fi
say "have - - 0 -"
IFS=' ' read -r word _ count || give_up "nothing came"
[ "$word" = put ] || exit 0

trap 'rm -rf -- "$stage"' EXIT
trap 'exit 1' HUP INT PIPE TERM
why=$(mkdir -- "$stage" 2>&1) || give_up "$why"
how=-x
has x || how=-xm
case $(tar --version 2>/dev/null) in *GNU*) has x || how="$how --no-same-permissions" ;; esac
take() {
	if [ -t 0 ]; then head -c "$count"; else cat; fi
}
# shellcheck disable=SC2086
why=$(take | { umask "$mask"; tar $how -o -f - -C "$stage" 2>&1; rc=$?; cat >/dev/null; exit $rc; }) || give_up "$why"
if [ "$(cat "$stage/.drover-end" 2>/dev/null)" != "$token" ]; then
	give_up "the content was cut off"
fi
rm -f -- "$stage/.drover-end"
cd -- "$stage" || give_up "$stage went away"
[ -z "$owner" ] || why=$(chown -R -h -- "$owner" . 2>&1) || give_up "its owner cannot be set: $why"
sync -f . 2>/dev/null || sync
if [ "$new" ]; then
	! has i || chmod "$(printf '%o' $((0777 & ~0$mask)))" .
	cd / || give_up "no / there"
	why=$(mv -T -- "$stage" "$root" 2>&1) || why=$(mv -- "$stage" "$root" 2>&1) || give_up "$why"
	trap - EXIT
	sync -- "$dir" 2>/dev/null || sync
	say "done changed"
	exit 0
fi
check() { # NAME
	to=$root/$1
	[ -e "$to" ] || [ -L "$to" ] || return 0
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		[ -d "$to" ] && [ ! -L "$to" ]
	elif [ -L "$1" ]; then
		[ -L "$to" ] || [ -f "$to" ]
	else
		[ -f "$to" ] && [ ! -L "$to" ]
	fi || give_up "$1: what is there is of another kind"
}
tell() {
	[ "$told" ] || echo changed
	told=yes
}
move() { # NAME
	to=$root/$1
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		[ ! -d "$to" ] || return 0
		why=$(mkdir -- "$to" 2>&1 && chmod -- "$(stat -c %a -- "$1")" "$to" 2>&1) || give_up "$why"
		[ -z "$owner" ] || chown -- "$owner" "$to"
		tell
		return 0
	fi
	if [ -L "$1" ]; then
		[ "$(readlink -- "$1")" != "$(readlink -- "$to" 2>/dev/null)" ] || return 0
	elif [ -f "$to" ]; then
		if has x; then
			if [ "$(stat -c '%a %Y' -- "$1")" = "$(stat -c '%a %Y' -- "$to")" ] && cmp -s -- "$1" "$to"; then return 0; fi
		else
			! cmp -s -- "$1" "$to" || return 0
			why=$(chmod -- "$(stat -c %a -- "$to")" "$1" 2>&1) || give_up "$1: $why"
		fi
		if [ -z "$owner" ]; then
			why=$(chown -- "$(stat -c %u:%g -- "$to")" "$1" 2>&1) || give_up "$1: its owner cannot be kept: $why"
		fi
	fi
	why=$(mv -fT -- "$1" "$to" 2>&1) || why=$(mv -f -- "$1" "$to" 2>&1) || give_up "$1: $why"
	tell
}
each() { # WHAT; every name below, directories before what is in them
	find . ! -name . | while IFS= read -r name; do "$1" "${name#./}"; done
}
said=$(each check)
[ -z "$said" ] || { printf '%s\n' "$said"; exit 1; }
said=$(each move)
case $said in *"$nonce failed"*) printf '%s\n' "$said"; exit 1 ;; esac
sync -f "$root" 2>/dev/null || sync
case $said in *changed*) say "done changed" ;; *) say "done same" ;; esac
