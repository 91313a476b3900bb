#!/bin/sh
# Puts one file in its place: the whole of it beside, under another name, then by rename. Runs on
# dash, bash and busybox; a host without sha256sum compares and verifies nothing.
# Arguments: nonce, file, its length to come (- unknown), mode ('' as it is, else as the source),
# mode of the source, owner ('' as it is), time ('' now), flags (c compare, k make directories,
# p part stays, v verify, x exactly the source's mode), name of the file beside.
# Standard input: a line "put OFFSET [COUNT]" or "same"; after "put" COUNT bytes, the content from
# OFFSET on and 123 bytes more: "NONCE end LENGTH DIGEST", so that a link that is cut never passes for an end.
# Answers, each in a line behind the nonce: have OLD DIGEST PART DIGEST / done same|changed /
# failed WHY / refused WHY.
nonce=$1 file=$2 length=$3 mode=$4 source=$5 owner=$6 time=$7 flags=$8
shift 8
mask=$(umask)
umask 077
set -f
case $file in
*/*) dir=${file%/*}/ ;;
*) dir=./ ;;
esac
beside=$dir$1 tidy=''
say() { printf '\n%s %s\n' "$nonce" "$1"; }
give_up() { # TEXT
	say "failed $(printf %s "$1" | tr '\n\r' '  ')"
	exit 1
}
has() { case $flags in *"$1"*) ;; *) false ;; esac }
size_of() { # FILE
	stat -L -c %s -- "$1" 2>/dev/null || wc -c <"$1"
}
digest_of() { # FILE
	sum=$(sha256sum <"$1" 2>/dev/null) || { echo -; return; }
	echo "${sum%% *}"
}
settle() { # PATH
	sync -- "$1" 2>/dev/null || sync
}
# Nothing of an attempt stays, but a part that is to be gone on with.
clear_up() { [ -z "$tidy" ] || rm -f -- "$beside"; }
set_owner() { # FILE
	[ -z "$owner" ] || why=$(chown -- "$owner" "$1" 2>&1)
}
octal() { printf '%o' "$1"; }

[ -d "$dir" ] || has k || give_up "no directory $dir; --mkdir makes it"
if [ ! -d "$dir" ]; then
	why=$(umask "$mask" && mkdir -p -- "$dir" 2>&1) || give_up "$why"
fi
[ ! -L "$file" ] || give_up "a symbolic link to $(readlink -- "$file"): name what it leads to"
[ ! -d "$file" ] || give_up "a directory: end it with / to copy into it"
[ ! -e "$file" ] || [ -f "$file" ] || give_up "neither a file nor a directory: it stays as it is"

old=- digest=- part=0 part_digest=-
if [ -f "$file" ]; then
	old=$(size_of "$file")
	if has c && [ "$old" = "$length" ]; then digest=$(digest_of "$file"); fi
fi
if has p && [ -e "$beside" ]; then
	if [ -f "$beside" ] && [ ! -L "$beside" ] && [ -O "$beside" ]; then
		part=$(size_of "$beside")
		[ "$part" = 0 ] || part_digest=$(digest_of "$beside")
	else
		give_up "$beside is in the way"
	fi
fi
say "have $old $digest $part $part_digest"

meant=''
if [ "$mode" ]; then
	meant=$mode
elif has x; then
	meant=$source
elif [ -f "$file" ]; then
	meant=$(stat -c %a -- "$file" 2>/dev/null)
fi
[ "$meant" ] || meant=$(octal $((0$source & ~0$mask & 0777)))
asked=$owner
# A file that is replaced keeps whom it belongs to.
[ "$owner" ] || [ ! -f "$file" ] || owner=$(stat -c %u:%g -- "$file" 2>/dev/null)

IFS=' ' read -r word offset count || give_up "nothing came"
case $word in
put) ;;
same)
	same=same
	now=" $(stat -c '%u:%g %U:%G %u %U :%g :%G %u:%G %U:%g' -- "$file" 2>/dev/null) "
	case $now in *" $asked "*) asked='' ;; esac
	if [ "$asked" ]; then
		set_owner "$file" || give_up "$why"
		same=changed
	fi
	if [ "$(stat -c %a -- "$file" 2>/dev/null)" != "$(octal "0$meant")" ]; then
		why=$(chmod -- "$meant" "$file" 2>&1) || give_up "$why"
		same=changed
	fi
	now=$(date -u -d "@$(stat -c %Y -- "$file" 2>/dev/null)" +%Y%m%d%H%M.%S 2>/dev/null)
	if [ "$time" ] && [ "$now" != "$time" ]; then
		why=$(TZ=UTC0 touch -m -t "$time" -- "$file" 2>&1) || give_up "$why"
	fi
	say "done $same"
	exit 0
	;;
*) exit 0 ;;
esac

trap clear_up EXIT
trap 'exit 1' HUP INT PIPE TERM
[ "$offset" -gt 0 ] || rm -f -- "$beside"
if [ "$offset" = 0 ]; then
	why=$( (set -C && : >"$beside") 2>&1) || give_up "$why"
fi
tidy=yes
take() {
	if [ -t 0 ]; then head -c "$count"; else cat; fi
}
why=$({ take >>"$beside"; } 2>&1) || give_up "$why"
got=$(size_of "$beside")
# shellcheck disable=SC2046
set -- $(tail -c 123 -- "$beside" | tr -cd '0-9a-z \n-')
if [ "${1:-} ${2:-}" != "$nonce end" ] || [ "$got" != $((${3:-0} + 123)) ]; then
	! has p || tidy=''
	give_up "the content was cut off after $got bytes"
fi
why=$(truncate -s "$3" -- "$beside" 2>&1) ||
	why=$(dd of="$beside" bs=1 seek="$3" count=0 2>&1) || give_up "$why"
if has v; then
	sum=$(digest_of "$beside")
	[ "$sum" != - ] || give_up "no sha256sum on the host to verify with"
	[ "$sum" = "$4" ] || give_up "what arrived has the digest $sum, not $4"
fi
set_owner "$beside" || give_up "its owner cannot be set: $why"
why=$(chmod -- "$meant" "$beside" 2>&1) || give_up "$why"
[ -z "$time" ] || why=$(TZ=UTC0 touch -m -t "$time" -- "$beside" 2>&1) || give_up "$why"
settle "$beside"
[ ! -d "$file" ] || give_up "it became a directory meanwhile"
why=$(mv -fT -- "$beside" "$file" 2>&1) || why=$(mv -f -- "$beside" "$file" 2>&1) || give_up "$why"
tidy=''
settle "$dir"
say "done changed"
