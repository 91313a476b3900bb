#!/bin/sh
# shellcheck shell=sh disable=SC2034,SC2154
# Takes one act back on its host: its files and units as they were, what its commands and kinds say
# undoes them. Stands in the program of an act, before carry.sh, whose words it uses; it runs where
# the act itself failed, and as `program RUN back WHY` later on: by the run, when another host failed,
# and by a timer, when a change that needed a confirmation got none.
# `before` has a line for each thing in the order in which it was touched:
#   files GROUP   unit VERB UNIT STATE   enabled UNIT STATE   run N   do N KIND [USER/UNIT]
# What one keeps is on the disk before the thing is touched.
before() { # WORDS
	[ "$keeps" ] || return 0
	printf '%s\n' "$1" >>before && settle before . || abort "what was there before could not be kept"
}
failing() { # TEXT COMMAND
	fails="${fails:+$fails; }$1; by hand: $2"
}
title() { # N
	awk -F'\t' -v n="$1" '$1 == n { print $8 }' what 2>/dev/null
}
not_back() { # N
	left="$left${left:+, }$(title "$1")"
}
same_file() { # A B
	[ "$(stat -c '%f %u %g' "$1" 2>/dev/null)" = "$(stat -c '%f %u %g' "$2" 2>/dev/null)" ] || return 1
	if [ -L "$1" ]; then [ "$(readlink "$1")" = "$(readlink "$2")" ]; else cmp -s "$1" "$2"; fi
}
is_ours() { # DIGEST PATH: of a file, or of a link's target
	if [ -L "$2" ]; then
		[ "$kind" = l ] && sum=$(readlink "$2" | tr -d '\n' | sha256sum)
	else
		[ -f "$2" ] && sum=$(sha256sum <"$2")
	fi && [ "${sum%% *}" = "$1" ]
}
# One that was made goes with `dirs`.
back_directory() {
	[ -d "old/$n" ] || return 0
	if [ "$kind" = t ] && [ ! -e "$path" ]; then
		text=$({ mkdir -p "${path%/*}" && cp -a "old/$n" "$path"; } 2>&1) ||
			failing "$path: $text" "cp -a $PWD/old/$n $path"
		return
	fi
	mode=$(stat -c %a "old/$n") owner=$(stat -c %u "old/$n") group=$(stat -c %g "old/$n")
	text=$(mkdir -p "$path" 2>&1 && owners_of_directory) || failing "$path: $text" "chmod $mode $path; chown $owner:$group $path"
}
# One that was brought back whole goes whole, if it is still the same.
back_tree() {
	[ -e "$path" ] || return 0
	kept=$base/runs/$(sed -n "s/^$n //p" kept)
	if ! text=$(diff -r --no-dereference "$kept" "$path" 2>&1); then
		failing "$path was changed since" "rm -r $path"
	else
		text=$({ mv -fT "$path" "$temp" && rm -rf "$temp"; } 2>&1) || failing "$path: $text" "rm -r $path"
	fi
}
# Somebody else's change since is nobody's to take back.
back_one() {
	root_led || {
		failing "$text" "look at $path"
		return 0
	}
	case $kind in
	T)
		back_tree
		return 0
		;;
	[deot])
		back_directory
		return 0
		;;
	esac
	there=''
	rm -f "$temp"
	if [ -e "$path" ] || [ -L "$path" ]; then there=1; fi
	if [ -e "old/$n" ] || [ -L "old/$n" ]; then
		! same_file "old/$n" "$path" || return 0
		if [ "$there" ] && ! is_ours "$digest" "$path" && ! cmp -s "old/$n" "$path"; then
			failing "$path was changed since" "cp -pd $PWD/old/$n $path"
		elif ! text=$({ mkdir -p "${path%/*}" && cp -pd "old/$n" "$temp" && settle "$temp" &&
			mv -fT "$temp" "$path"; } 2>&1); then
			rm -f "$temp"
			failing "$path: $text" "cp -pd $PWD/old/$n $path"
		fi
	elif [ "$there" ] && is_ours "$digest" "$path"; then
		text=$(rm -f "$path" 2>&1) || failing "$path: $text" "rm $path"
	elif [ "$there" ]; then
		failing "$path was changed since" "rm $path"
	fi
}
back_files() { # GROUP
	list=files.$1
	each back_one
	directories | while IFS= read -r path; do
		[ ! -d "$path" ] || settle "$path"
	done
}
# As it was before the act first touched it.
was() { # WORD UNIT
	awk -v word="$1" -v unit="$2" '
	$1 == word && word == "unit" && $3 == unit { print $4; exit }
	$1 == word && word == "enabled" && $2 == unit { print $3; exit }' before
}
is_up() { # STATE
	case $1 in active | reloading | activating) return 0 ;; esac
	return 1
}
back_unit() { # VERB UNIT
	! is_up "$(was unit "$2")" || return 0
	! is_up "$(property "$2" ActiveState)" || hooked drain "$2"
	text=$(systemctl stop -- "$2" 2>&1 9>&-) || failing "$2: $text" "systemctl stop $2"
	[ "$(was unit "$2")" = failed ] || systemctl reset-failed -- "$2" 2>/dev/null
}
back_enabled() { # UNIT
	case $(was enabled "$1") in
	enabled*) ;;
	*) text=$(systemctl disable --no-reload -- "$1" 2>&1 9>&-) || failing "$1: $text" "systemctl disable $1" ;;
	esac
}
back_run() { # N
	if [ ! -e "undo/$1" ]; then
		not_back "$1"
	elif ! text=$(with_words "undo/$1" in_place 600.0 /dev/null /root 2>&1); then
		failing "undo of $(title "$1"): $(printf %s "$text" | head -c 300)" "what its undo: says"
	fi
}
back_do() { # N KIND
	if [ ! -e "back/$1" ]; then
		not_back "$1"
	elif ! with_words "back/$1" "do_$2"; then
		failing "$(title "$1"): $text" "as the plan showed it"
	fi
}
# The unit of a user that ran before runs again when its files are back, as any other; one that did not goes, or
# stops, while what it uses is still there.
ran_userunit() { # N
	[ "$(sed -n 8p "back/$1" 2>/dev/null)" = restart ]
}
back_userunit() { # N UNIT
	! is_up "$(property "$2" ActiveState)" || hooked drain "$2"
	back_do "$1" userunit
	is_up "$(property "$2" ActiveState)" || return 0
	well_again "$2"
	hooked undrain "$2"
}
# An image that was not there before: one that still runs goes when its units are back on the other.
goes_again() { # N
	[ "$(sed -n 2p "back/$1" 2>/dev/null)" = absent ]
}
back_image() { # N
	text=''
	back_do "$1" userimage
	[ -z "$text" ] || in_use="$in_use $1"
}
back_line() {
	op=$1
	shift
	case $op in
	files) back_files "$1" ;;
	unit) back_unit "$@" ;;
	enabled) back_enabled "$1" ;;
	run) back_run "$1" ;;
	do)
		case $2/${3:-} in
		userimage/*) ! goes_again "$1" || back_image "$1" ;;
		userunit/?*) ran_userunit "$1" || back_userunit "$1" "$3" ;;
		*) back_do "$1" "$2" ;;
		esac
		;;
	esac
}
# A user's units find their images by name: those are back first.
back_names() {
	[ -e before ] || return 0
	while read -r op number kind _ <&5; do
		[ "$op $kind" != 'do userimage' ] || goes_again "$number" || back_do "$number" "$kind" 5<&-
	done 5<before
}
# Around a stop on the way back too; what fails then is told of, and the way back goes on.
hooked() { # drain|undrain UNIT
	hook "$1" "$2" || unwell="$unwell; $text"
}
# One that runs again is waited for by the check of the act that had put it there, if that is still known; one
# that does not pass it is told of, and it was as it is.
well_again() { # UNIT
	case $1 in
	*/*) by="userunit ${1#*/} of ${1%%/*}" ;;
	*) by="unit $1" ;;
	esac
	by=$(unit=$by awk -F'\t' '$1 == ENVIRON["unit"] { print $7 }' manifest.old 2>/dev/null)
	case $by in '' | - | *[!0-9a-f-]*) return 0 ;; esac
	# shellcheck disable=SC2046
	set -- $(unit=$1 awk '$1 == "gate" && $2 == ENVIRON["unit"] { $1 = ""; line = $0 } END { print line }' "../$by/steps" 2>/dev/null)
	[ $# = 8 ] || return 0
	name=$1 words=$8
	case $2 in exec | journal) mkdir -p args && words=../../$by/args/$8 ;; esac
	now
	deadline=$((up + $5 * $7 / 10))
	until text=$(probe "$2" "$3" "$4" $((($6 + 999) / 1000)) "$words" 2>&1 3<&- 5<&- 9>&-); do
		now
		[ "$up" -lt "$deadline" ] || {
			unwell="$unwell; $name runs again and is not well: $(printf %s "$text" | head -c 300)"
			return 0
		}
		pause 200
	done
}
# Units that ran before run again, with the files that they had, one after another.
up_again() { # VERB UNIT
	is_up "$(was unit "$2")" || return 0
	case " $again " in *" $2 "*) return 0 ;; esac
	again="$again $2"
	verb=restart
	case $1 in *reload*) verb=reload-or-restart ;; stop) verb=start ;; esac
	[ $verb != restart ] || ! is_up "$(property "$2" ActiveState)" || hooked drain "$2"
	systemctl reset-failed -- "$2" 2>/dev/null
	text=$(systemctl $verb -- "$2" 2>&1 9>&-) || failing "$2: $text" "systemctl $verb $2"
	if is_up "$(property "$2" ActiveState)"; then
		well_again "$2"
		[ $verb = reload-or-restart ] || hooked undrain "$2"
	elif [ "$(property "$2" Result)" != success ]; then
		failing "$2 is $(property "$2" ActiveState)" "systemctl $verb $2"
	fi
}
# A host that goes down starts its units from the files when it is back.
is_stopping() { [ "$(systemctl is-system-running 2>/dev/null)" = stopping ]; }
revert() {
	fails='' left='' again='' unwell='' in_use=''
	tags_back
	back_names
	[ -e before ] || return 0
	awk '{ line[NR] = $0 } END { for (i = NR; i; i--) print line[i] }' before >after
	set -f
	while read -r words <&5; do
		# shellcheck disable=SC2086
		back_line $words 5<&-
	done 5<after
	rm -f after
	[ ! -e dirs ] || sort -r dirs | while IFS= read -r path; do
		rmdir -- "$path" 2>/dev/null
	done
	text=$(systemctl daemon-reload 2>&1) || failing "$text" "systemctl daemon-reload"
	while read -r op rest <&5; do
		# shellcheck disable=SC2086
		set -- $rest
		if [ "$op" = enabled ]; then
			case $(was enabled "$1") in
			enabled*) text=$(systemctl enable -- "$1" 2>&1 9>&-) || failing "$1: $text" "systemctl enable $1" ;;
			esac
		elif [ "$op" = unit ] && ! is_stopping; then
			up_again "$@" 5<&-
		elif [ "$op $2" = 'do userunit' ] && [ "${3:-}" ] && ran_userunit "$1"; then
			back_userunit "$1" "$3" 5<&-
		fi
	done 5<before
	set +f
	for number in $in_use; do
		back_do "$number" userimage
	done
}
# The manifest's lines of this act as they were before it, whatever others wrote since.
manifest_back() {
	[ -s manifest ] && [ -e $base/manifest ] || return 0
	[ -e manifest.old ] || : >manifest.old
	awk -F'\t' '
	FILENAME == "manifest" { mine[$2] = 1; next }
	FILENAME == "manifest.old" { if ($1 in mine) print; next }
	!($1 in mine) { print }' manifest manifest.old $base/manifest >$base/manifest.new &&
		settle $base/manifest.new && mv -f $base/manifest.new $base/manifest && settle $base
}
take_back() { # TEXT
	trap '' TERM
	record back "$1"
	rm -f spare
	step=0
	revert
	if [ "$fails" ]; then
		: >keep
		outcome=rollback-failed
		text="not all could be taken back: $fails"
	else
		outcome=rolled-back
		text="restored as it was before"
	fi
	text="$text${left:+; not taken back: $left}$unwell${1:+; $1}"
	releases_back
	trees_sweep
	manifest_back || { : >keep && outcome=rollback-failed text="$text; the manifest could not be written"; }
	disarm
	journal $outcome
	leave $outcome "$text"
}
