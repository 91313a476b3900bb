#!/bin/sh
# shellcheck shell=sh disable=SC2034,SC2154,SC2317
# The files, directories and links of one act. Stands in its program before carry.sh, whose words it uses.
#
# What stands in the file system comes in groups: all of a group or nothing. It is staged beside its
# place, verified, and only then switched. A group is the list files.1, files.2, ...; "each FUNCTION"
# calls it with the step, mode, owner, group, digest, kind and path of each line (- says: as it is):
#   -  a file; u, U: the file of a unit (U: its step is not done before the unit runs)
#   d  a directory                     l  a link; the digest is of its target
#   r  a file or link that goes        e  a directory that goes when nothing is left in it
#   o  the same, but it stays if not   t  a directory that goes with all that is in it
#   T  a directory that comes back with all that was in it, from where another act kept it
# What stood there before is told by was.N (stat's %f %s %u %g %U %G %n) and kept in old/STEP up to 8 MiB:
# a file or link as it was, a directory's mode and owner by an empty one, a tree that goes whole; a version of what an
# app runs whatever its size, where it can have another name there.
list=files.1 switched='' staged=''
each() {
	while read -r n mode owner group digest kind path <&3; do
		temp=${path%/*}/.drover-$run.$n
		"$1" || return 1
	done 3<$list
}
standing() {
	if [ -L "$path" ]; then
		there='link'
	elif [ -f "$path" ]; then
		there='file'
	elif [ -d "$path" ]; then
		there='directory'
	elif [ -e "$path" ]; then
		there='special file'
	else
		there=''
	fi
}
# Nothing is ever written through a link, and no directory goes for a file.
suits() {
	standing
	case $kind$there in
	? | ?link | [!deto]file | [deto]directory) ;;
	*)
		text="a $there stands there"
		return 1
		;;
	esac
	case $kind$there in
	[detoT]link)
		text="a link stands there, to $(readlink "$path")"
		return 1
		;;
	[eto]directory)
		text=$(awk -v path="$path" '{
			gsub(/\\040/, " ", $5)
			if ($5 == path || index($5, path "/") == 1) { print "something is mounted on " $5; exit }
		}' /proc/self/mountinfo)
		[ -z "$text" ] || return 1
		;;
	esac
	[ "$kind$there" != edirectory ] || emptied
}
spared() {
	[ "$kind$there" = odirectory ] && ! emptied
}
# What is left in it when all that goes is gone, as it is now: some of it may be beside its place already.
emptied() {
	left=$(find "$path" -mindepth 1 -name ".drover-$run.*" -prune -o -print 2>&1 | grep -Fvxf leaving | head -n 3 | tr '\n' ' ')
	[ -z "$left" ] && return 0
	text="it is not empty: $left"
	return 1
}
# Somebody but root may change what is in the directory, or where it is.
others_may() { # DIRECTORY
	set -- "$1"
	while :; do
		bits=$(stat -c %u:%a "${1:-/}" 2>/dev/null)
		case $bits in 0:*) bits=0${bits#0:} ;; *) return 0 ;; esac
		[ $((bits & 022)) = 0 ] || [ $((bits & 01000)) != 0 ] || return 0
		[ "$1" ] || return 1
		set -- "${1%/*}"
	done
}
# A link on the way to the path is followed only if root alone could have put it there. It is asked
# before the path is staged and again before it is switched; who owns a directory on the way may still
# put a link there between that and the next command.
root_led() {
	ahead=${path%/*} behind='' hops=0
	while [ "$ahead" ]; do
		ahead=${ahead#/}
		part=${ahead%%/*}
		ahead=${ahead#"$part"}
		case $part in
		'' | .) continue ;;
		..)
			behind=${behind%/*}
			continue
			;;
		esac
		if [ ! -L "$behind/$part" ]; then
			behind=$behind/$part
			continue
		fi
		text="$behind/$part is a link of $(stat -c %U "$behind/$part"): $path would come to $(readlink -m -- "$path")"
		[ "$(stat -c %u "$behind/$part")" = 0 ] || return 1
		if others_may "$behind"; then
			text="others may change ${behind:-/}, where ${text#"$behind"/}"
			return 1
		fi
		hops=$((hops + 1))
		if [ $hops -gt 40 ]; then
			text="too many links on the way to $path"
			return 1
		fi
		part=$(readlink -- "$behind/$part" && echo .) || return 1
		part=${part%"$nl".}
		case $part in /*) behind='' ;; esac
		ahead=/$part$ahead
	done
	text=''
}
led_one() {
	root_led && return 0
	step=$n
	abort "$text"
}
known_owners() {
	for name in $(while read -r n mode owner rest; do echo "$owner"; done <$list | sort -u); do
		case $name in - | root) continue ;; esac
		id -u "$name" >/dev/null 2>&1 || abort "the host has no user $name"
	done
	for name in $(while read -r n mode owner group rest; do echo "$group"; done <$list | sort -u); do
		case $name in - | root) continue ;; esac
		getent group "$name" >/dev/null 2>&1 || grep -q "^$name:" /etc/group || abort "the host has no group $name"
	done
}
backup_one() {
	standing
	case $kind$there in
	?) return 0 ;;
	[deo]directory)
		text=$({ mkdir -p old && mkdir -m 700 "old/$n" && chown "$(stat -c %u:%g "$path")" "old/$n" &&
			chmod "$(stat -c %a "$path")" "old/$n"; } 2>&1)
		return
		;;
	tdirectory)
		size=$(du -sk "$path" | awk '{ print $1 * 1024 }')
		;;
	?file)
		size=$(wc -c <"$path") || size=0
		;;
	*) size=0 ;;
	esac
	if [ $((size)) -le 8388608 ] || [ "$keeps" ]; then
		text=$({ mkdir -p old && cp -a "$path" "old/$n"; } 2>&1)
	elif [ "$kind" = r ] && is_version "$path"; then
		# It is never written to: another name of it costs nothing.
		text=$({ mkdir -p old && { ln "$path" "old/$n" 2>/dev/null || :; }; } 2>&1)
	elif [ "$kind" != t ] && [ "$kind" != r ]; then
		# Too large to keep, but not to be put back.
		temps=$temps$nl$temp.old
		text=$({ ln "$path" "$temp.old" || cp -a "$path" "$temp.old"; } 2>&1)
	fi
}
owners() { # FILE...: as the line has it; owner first, since that takes the set-id bits away
	text=$({ [ "$owner" = - ] || chown -h "$owner" "$1"; } 2>&1) &&
		text=$({ [ "$group" = - ] || chgrp -h "$group" "$1"; } 2>&1) &&
		text=$({ [ "$mode" = - ] || [ "$kind" = l ] || chmod "$mode" "$1"; } 2>&1)
}
# Within the directory itself, so that nobody puts a link in its place meanwhile.
owners_of_directory() {
	text='it was replaced meanwhile'
	(cd "$path" && [ "$(stat -c %d:%i .)" = "$(stat -c %d:%i "$path")" ] && owners .
		status=$?
		printf %s "$text"
		exit $status)
}
new_directories() { # DIRECTORY TOP: the directory and those above it up to the top
	while :; do
		printf '%s\n' "$1"
		[ "$1" != "$2" ] || return 0
		set -- "${1%/*}" "$2"
	done
}
# A version of what an app runs.
is_version() { # PATH
	case $1 in /usr/local/lib/drover/*/*/*) return 0 ;; esac
	return 1
}
# The root file system of an app stands as a tree beside the archive that comes as its file. It is laid down before
# anything is touched: whole, or it is not there; whoever starts the unit of one that is gone does the same.
is_rootfs() { # PATH
	case $1 in /usr/local/lib/drover/*/*/rootfs.tar) return 0 ;; esac
	return 1
}
lay() { # ARCHIVE DIRECTORY
	tree=$temp.root
	text=$(chmod 700 "$2" 2>&1 && {
		flock 8 || exit 1
		[ ! -d "$2/root" ] || exit 0
		mkdir "$tree" && tar -xpf "$1" --numeric-owner -C "$tree" && sync -f "$tree" && mv -T "$tree" "$2/root"
	} 2>&1 8<"$2") && return
	temps=$temps$nl$tree
	return 1
}
# A tree whose archive went goes too, once nothing runs on it any more.
trees_sweep() {
	set +f
	for tree in /usr/local/lib/drover/*/*/root /usr/local/lib/drover/*/*/.root; do
		place=${tree%/*}
		if [ ! -d "$tree" ] || [ -e "$place/rootfs.tar" ] || grep -qF "=$tree," /proc/1/mountinfo; then continue; fi
		rm -rf "$tree"
		(cd /usr/local/lib && rmdir -p "${place#/usr/local/lib/}") 2>/dev/null
	done
}
# Directories that are not there are made at once: what comes into them is staged there.
enter() { # DIRECTORY
	[ ! -e "$1/" ] || return 0
	top=$1
	while [ "$top" ] && [ ! -e "${top%/*}/" ]; do top=${top%/*}; done
	made=$made$nl$top
	new_directories "$1" "$top" >>dirs
	text=$(umask 022 && mkdir -p "$1" 2>&1)
}
stage_one() {
	suits || return 1
	case $kind in [reto]) return 0 ;; esac
	enter "${path%/*}" || return 1
	case $kind in
	d)
		[ -z "$there" ] || return 0
		made=$made$nl$path
		printf '%s\n' "$path" >>dirs
		text=$(mkdir -m 700 "$path" 2>&1) || return 1
		[ "$mode" != - ] || mode=0755
		owners "$path"
		return
		;;
	l)
		target=$(cat "f/$digest" && echo .) || return 1
		temps=$temps$nl$temp
		text=$(ln -s -- "${target%.}" "$temp" 2>&1) && owners "$temp"
		return
		;;
	esac
	temps=$temps$nl$temp
	if [ -s kept ]; then
		kept=$(sed -n "s/^$n //p" kept)
		case $kept in
		../releases/*)
			# Of a release: its contents alone.
			text=$({ mkdir -p f && cp "../$kept" "f/$digest"; } 2>&1) || return 1
			sum=$(sha256sum <"f/$digest")
			text="the contents kept of it were changed"
			[ "${sum%% *}" = "$digest" ] || return 1
			kept=''
			;;
		esac
		if [ "$kept" ]; then
			text=$({ cp -a "../$kept" "$temp" && find "$temp" \( -type f -o -type d \) -exec sync {} +; } 2>&1) || return 1
			! is_rootfs "$path" || lay "$temp" "${path%/*}"
			return
		fi
	fi
	text=$(install -m "$mode" -o "$owner" -g "$group" "f/$digest" "$temp" 2>&1) || return 1
	if is_rootfs "$path"; then lay "$temp" "${path%/*}" || return 1; fi
	if [ "$kind" != - ]; then
		mkdir -p verify && ln "f/$digest" "verify/${path##*/}" || return 1
	fi
}
# A program that comes with the same act is no reason to doubt the unit that starts it.
verify() {
	[ -d verify ] || return 0
	text=$(SYSTEMD_UNIT_PATH=$PWD/verify: systemd-analyze verify --man=no --recursive-errors=no verify/* 2>&1) && return 0
	known=$(cat files.* | while read -r n mode owner group digest kind path; do echo "$path"; done)
	text=$(printf '%s\n' "$text" | while IFS= read -r line; do
		case $line in
		*'Command '*' is not executable: No such file or directory')
			path=${line#*Command }
			case $nl$known$nl in *"$nl${path%% is not executable*}$nl"*) continue ;; esac
			;;
		esac
		printf '%s\n' "$line"
	done)
	[ -z "$text" ]
}
on_file() { # FILE WORD...: %s in a word, and $FILE, is the file
	staged_file=$1 words=$#
	shift
	for word; do
		case $word in *%s*) word=${word%%%s*}$staged_file${word#*%s} ;; esac
		set -- "$@" "$word"
	done
	shift $((words - 1))
	cd / && timeout 60 env FILE="$staged_file" "$@"
}
is_secret() { # STEP
	awk -F'\t' -v n="$1" '$1 == n && $4 ~ /s/ { found = 1 } END { exit !found }' what
}
# The user's own test of the staged file.
validate_one() {
	[ -e "valid/$n" ] || return 0
	{ (with_words "valid/$n" on_file "$temp"); echo $? >status; } 2>&1 | { head -c 16384 && cat >/dev/null; } >output
	read -r status <status
	[ "$status" != 0 ] || return 0
	if is_secret "$n"; then
		text="status $status; what was said is not shown: secret"
	else
		text=$(cat output)
	fi
	[ "$status" != 124 ] || text="it took longer than 60 s $text"
	step=$n
	abort "$path is not valid: ${text:-status $status}" "$status"
}
switch_one() {
	root_led && suits || return 1
	case $kind in
	d) text=$(owners_of_directory) || return 1 ;;
	[reto])
		if [ -z "$there" ] || spared; then return 0; fi
		text=$(mv -fT "$path" "$temp" 2>&1) || return 1
		temps=$temps$nl$temp
		;;
	*) text=$(mv -fT "$temp" "$path" 2>&1) || return 1 ;;
	esac
	switched="$switched $n"
}
# Before any unit was touched a switch can still be taken back whole.
restore_one() {
	case " $switched " in *" $n "*) ;; *) return 0 ;; esac
	case $kind in
	[reto]) mv -fT "$temp" "$path" ;;
	T) mv -fT "$path" "$temp" ;;
	d)
		[ -d "old/$n" ] || return 0
		mode=$(stat -c %a "old/$n") owner=$(stat -c %u "old/$n") group=$(stat -c %g "old/$n")
		owners_of_directory
		;;
	*)
		if [ -e "$temp.old" ]; then
			mv -fT "$temp.old" "$path"
		elif [ -e "old/$n" ] || [ -L "old/$n" ]; then
			cp -a "old/$n" "$temp" && mv -fT "$temp" "$path"
		else
			rm -f "$path"
		fi
		;;
	esac || unrestored=$unrestored$nl$path
}
directories() {
	while read -r n mode owner group digest kind path; do
		directory=${path%/*}
		while [ ! -e "$directory/" ]; do directory=${directory%/*}; done
		echo "${directory:-/}"
	done <$list | sort -u
}
paths() {
	while read -r n mode owner group digest kind path; do
		printf '%s\0' "$path"
	done <$list
}
stage() { # GROUP
	list=files.$1 staged=$1 switched='' before=$temps
	set +f
	rm -rf verify
	known_owners
	each led_one
	while read -r n mode owner group digest kind path; do
		case $kind in [reto]) printf '%s\n' "$path" ;; esac
	done <$list >leaving &&
		awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' $list >$list.back ||
		abort "the lists of files could not be written"
	paths | xargs -0 stat -c '%f %s %u %g %U %G %n' -- >was."$1" 2>/dev/null
	each backup_one || abort "keeping the old $path: $text"
	each stage_one || abort "staging $path: $text"
	verify || abort "systemd-analyze verify: $text"
	each validate_one
	IFS=$nl
	set -f
	[ "$temps" = "$before" ] || settle ${temps#"$before"}
	set +f
	unset IFS
	if [ -d old ]; then settle old/* old .; fi
}
# What was moved out of the way goes for good; directories of apps are ours alone.
drop_one() {
	case $kind in
	[reto]) text=$(rm -rf "$temp" 2>&1) || abort "$path is gone from its place, but what is left of it lies in $temp: $text" ;;
	*) [ ! -e "$temp.old" ] || rm -f "$temp.old" ;;
	esac
	case $kind$path in
	r/etc/drover/apps/*) rmdir -p "${path%/*}" 2>/dev/null ;;
	r/usr/local/lib/drover/*) (cd /usr/local/lib && path=${path#/usr/local/lib/} && rmdir -p "${path%/*}") 2>/dev/null ;;
	esac
	return 0
}
# What was switched is on the disk before it is said.
tell_switched() {
	IFS=$nl
	set -f
	# shellcheck disable=SC2046
	settle $(directories)
	set +f
	unset IFS
	lines=''
	read -r up rest </proc/uptime
	while read -r n mode owner group digest kind path; do
		# U: the file of a unit, which is not done before it runs.
		[ "$kind" != U ] || continue
		seq=$((seq + 1))
		if [ "$kind" = o ] && [ -d "$path" ]; then
			encode "kept: something else is in it"
			lines="$lines$seq $boot $up step $n ok 0 $code$nl"
			continue
		fi
		lines="$lines$seq $boot $up step $n changed 0 -$nl"
		ok "$n" changed
	done <$list
	printf %s "$lines" >>result || { rm -f spare && printf '\n%s' "$lines" >>result; } || abort "the result could not be written"
	settle result
}
# Where nothing was done before them, files that cannot be switched leave the host as it was.
files() { # GROUP
	[ "$staged" = "$1" ] || stage "$1"
	stopped='' unrestored=''
	before "files $1"
	trap 'stopped=1' TERM
	if ! each switch_one; then
		why="switching $path: $text"
		list=$list.back
		each restore_one
		if [ "$unrestored" ]; then
			# What lies beside its place is all there is of it.
			temps='' made=''
			abort "$why; and restoring failed:$unrestored"
		fi
		[ "$1 $pure" = "1 1" ] || abort "$why; these files were restored"
		untouch
		abort "$why; restored"
	fi
	pure='' made=''
	tell_switched
	each drop_one
	trap 'abort "$by_signal"' TERM
	[ -z "$stopped" ] || abort "$by_signal"
}
