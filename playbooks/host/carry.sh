#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Carries out one act, as a unit of its own on the host, and never speaks to anybody: all it has to
# say is appended to `result` in its directory, a numbered and synced record a line:
#   NUMBER BOOT_ID UPTIME WORDS...      texts are base64, or - when empty
# Argument: the run. Its directory holds what the request brought: about, mode, needs, absent, places,
# files.1 and on, steps, manifest, f/DIGEST, args/N, in/N, valid/N; of an undo also kept (what comes from
# old/ of another act) and unmade (directories). For an undo it brings what, back/N, undo/N, look/N and
# units, and leaves was.N and old/N (what stood there: see group.sh), dirs (directories that were made),
# manifest.old, units.before and units.after, and left/N (what look_KIND said after step N). With
# `back WHY` behind it, it takes the act back instead; with `boot` it goes on behind a
# reboot that was a step of it.
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root
export PATH LC_ALL HOME
nl='
'
run=$1 base=/var/lib/drover
cd $base/runs/"$run" || exit 1
exec </dev/null >>log 2>&1
read -r boot </proc/sys/kernel/random/boot_id
by_signal='stopped before its end: the time limit, or a person'
seq=0 ended='' step=0 changed='' touched='' temps='' made='' watched='' gates='' drained='' status=0 state=changed
# on_failure is stop or rollback; window: how many seconds a confirmation may take, 0: none is wanted.
on_failure=stop window=0 keeps=''
# harmless: nothing but copies was made yet. rested: units that a step has stopped before their own.
harmless='' rested=''
[ ! -r mode ] || read -r on_failure window <mode
[ "$on_failure $window" = 'stop 0' ] || keeps=1

settle() { # FILE...
	sync "$@" 2>/dev/null || sync
}
# `spare` gives its room to the records when the disk is full.
record() { # WORDS [TEXT]
	if [ $# -gt 1 ]; then
		encode "$2"
		set -- "$1 $code"
	fi
	seq=$((seq + 1))
	read -r up rest </proc/uptime
	if ! printf '%s %s %s %s\n' "$seq" "$boot" "$up" "$1" >>result; then
		rm -f spare
		printf '\n%s %s %s %s\n' "$seq" "$boot" "$up" "$1" >>result || exit 1
	fi
	settle result
}
# A text as one word, in $code. What ends this act, as a host that goes down does, may end these few
# processes with it: a record without its last word is none, so they are begun anew.
encode() { # TEXT
	code=-
	[ "$1" ] || return 0
	for try in 1 2 3; do
		code=$(printf %s "$1" | base64 | tr -d '\n')
		[ -z "$code" ] || return 0
	done
	code=-
}

# What drover manages here, before an effect (a digest of - says: under way) and after it. What is only
# found as it should be (f) keeps the run that put it there; what is to go (!) keeps its line until then;
# an undo says itself who put there what it puts back. One that is damaged is left as it is.
manifest_ready() { # STEPS DONE: written beside it
	rm -f $base/manifest.new
	[ -s manifest ] || return 0
	old=$base/manifest
	[ -e $old ] || old=/dev/null
	awk -F'\t' -v OFS='\t' -v run="$run" -v ended=" $1 " '
	NR == FNR {
		over[$2] = $1 == 0 || index(ended, " " $1 " ")
		head[$2] = $2 OFS $3 OFS $4 OFS $5
		digest[$2] = $6
		text[$2] = $7 == "" ? "-" : $7
		origin[$2] = $8 == "" ? "p" : $8
		shown[$2] = $9 == "" ? "-" : $9
		by[$2] = $10 == "" ? run : $10
		said[$2] = $10 != ""
		order[++n] = $2
		next
	}
	NF < 5 || NF > 9 || $1 == "" || ($5 != "-" && $5 != "present" && (length($5) != 64 || $5 ~ /[^0-9a-f]/)) { bad = 1; exit 1 }
	!($1 in head) { print; next }
	{ was[$1] = $0 }
	# What an act that does not end leaves there may still be the secret.
	$9 == "s" && !over[$1] { shown[$1] = "s" }
	origin[$1] == "f" && !said[$1] {
		by[$1] = $7 == "" ? "-" : $7
		origin[$1] = $8 == "" ? "p" : $8
	}
	END {
		if (bad) exit 1
		for (i = 1; i <= n; i++) {
			id = order[i]
			if (digest[id] != "!" || (!over[id] && id ~ /^then /))
				print head[id], over[id] ? digest[id] : "-", over[id] ? text[id] : "-", by[id], origin[id], shown[id]
			else if (!over[id] && id in was)
				print was[id]
		}
	}' \
		manifest $old >$base/manifest.new && settle $base/manifest.new && return
	rm -f $base/manifest.new
	return 1
}
manifest_now() {
	[ ! -e $base/manifest.new ] || { mv -f $base/manifest.new $base/manifest && settle $base; }
}

# The units that this act may change, as they are.
units_now() { # FILE
	[ -s units ] || return 0
	set -f
	# shellcheck disable=SC2046
	systemctl show -p LoadState -p ActiveState -p UnitFileState -- $(cut -d' ' -f2 units) >"$1" 2>/dev/null
	set +f
	settle "$1"
}

leave() { # OUTCOME TEXT
	record "end $1" "$2"
	rm -rf spare f in pipe script.* said* hook.said verify leaving status output files.*.back
	exit 0
}
journal() { # OUTCOME
	printf '%s\t%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" "$run" "$1" "$(cat about)" >>$base/journal
	settle $base/journal
}
# The end of an act that held the lock.
finish() { # OUTCOME TEXT
	trap '' TERM
	outcome=$1
	[ -z "$armed" ] || { decide reverted && disarm; }
	if [ "$touched" ] && ! manifest_ready "$ended"; then
		rm -f spare
		manifest_ready "$ended" || { outcome=failed && set -- failed "the manifest could not be written; $2"; }
	fi
	case $outcome in
	changed | ok)
		releases_keep
		[ -z "$unkept" ] || set -- "$1" "$2${2:+; }$unkept"
		;;
	esac
	# In this order an act that dies here is told of once: until the manifest has it, others see work to do.
	journal "$outcome"
	[ -z "$touched" ] || manifest_now || set -- "$1" "the manifest could not be put in its place; $2"
	if [ "$temps" ]; then
		IFS=$nl
		set -f
		rm -rf $temps
	fi
	trees_sweep
	# Directories that were made for files which did not come.
	if [ "$made" ]; then
		IFS=$nl
		set -f
		find $made -depth -type d -exec rmdir {} \; 2>/dev/null
	fi
	unset IFS
	set +f
	[ -z "$touched" ] || units_now units.after
	ls -1 $base/runs | sort -r | tail -n +21 | while read -r old; do
		[ -e "$base/runs/$old/keep" ] || rm -rf "$base/runs/${old:?}"
	done
	tags_forget
	leave "$outcome" "$2"
}
# What is run around a stop of a unit: `drains` has a line for each, UNIT NUMBER SECONDS. True where there is
# nothing to run; else text says how it failed.
hook() { # drain|undrain UNIT
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(awk -v unit="$2" '$1 == unit { print $2, $3; exit }' drains 2>/dev/null)
	[ $# = 4 ] && [ -e "$1/$3" ] || return 0
	(with_words "$1/$3" in_place "$4" /dev/null) >hook.said 2>&1
	status=$?
	[ $status != 0 ] || return 0
	text="$1 of $2: $(how $status)"
	[ $status != 124 ] || text="$1 of $2: stopped at its time limit of ${4%.0} s"
	said=$(head -c 2000 hook.said | tr -d '\000')
	text="$text${said:+: $said}"
	return 1
}
drain() { # UNIT
	case " $rested " in *" $1 "*) return 0 ;; esac
	drained=$1
	hook drain "$1" && return
	[ "$touched" ] || text="$text; nothing was changed here"
	abort "$text" $status
}
# One that was drained and did not stop serves again.
undrain_left() {
	[ "$drained" ] || return 0
	set -- "$drained"
	drained=''
	hook undrain "$1"
}
# Nothing was changed: the manifest is as it was.
untouch() {
	touched=''
	if [ -e manifest.old ]; then mv -f manifest.old $base/manifest; else rm -f $base/manifest; fi
	settle $base
}
abort() { # TEXT [STATUS]
	undrain_left || set -- "$1; and $text" "${2:-0}"
	if [ "$touched" ] && [ "$harmless" ]; then
		untouch
		set -- "$1; nothing was changed here" "${2:-0}"
	fi
	[ "$step" = 0 ] || record "step $step failed ${2:-0}" "$1"
	[ -z "$touched" ] || [ -z "$armed" ] || decide reverted || exit 1
	[ -z "$touched" ] || [ "$on_failure$armed" = stop ] || take_back "$1"
	finish failed "$1"
}
ok() { # STEP STATE
	ended="$ended $1"
	[ "$2" != changed ] || changed=1
}

pause() { # MILLISECONDS
	sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}
now() { # centiseconds of uptime
	read -r up rest </proc/uptime
	up=${up%.*}${up#*.}
}
# A unit of a user's own is USER/UNIT; what deals with those brings as_user.
property() { # UNIT NAME
	case $1 in
	*/*) as_user "${1%%/*}" systemctl --user show -p "$2" --value -- "${1#*/}" ;;
	*) systemctl show -p "$2" --value -- "$1" ;;
	esac
}
unit() { # VERB UNIT
	before "unit $1 $2 $(property "$2" ActiveState)"
	[ "$drained" != "$2" ] || drained=''
	case $1 in start | restart) systemctl reset-failed -- "$2" 2>/dev/null ;; esac
	text=$(systemctl "$1" -- "$2" 2>&1 3<&- 9>&-)
	status=$?
	[ $status = 0 ] || abort "$text$nl$(last_lines "$2")" $status
	case $1 in
	start | restart) watched="$watched $2=$(property "$2" NRestarts)" ;;
	esac
}
# The words of a command, one block each: the number of its lines, then the lines.
with_words() { # FILE COMMAND...
	file=$1
	shift
	while read -r lines <&4; do
		word=''
		while [ "$lines" -gt 0 ]; do
			IFS= read -r line <&4
			word=$word$line
			lines=$((lines - 1))
			[ "$lines" = 0 ] || word=$word$nl
		done
		set -- "$@" "$word"
	done 4<"$file"
	"$@" 3<&- 4<&- 9>&-
}
# A command runs as after a login of root, and not in our directory; what it may read is in a file.
in_place() { # SECONDS INPUT DIRECTORY WORDS...
	umask 022
	exec <"$2" || exit 126
	cd "$3" 2>/dev/null || {
		echo "cwd: $3 is no directory"
		exit 126
	}
	limit=$1
	shift 3
	set -- env -i PATH="$PATH" HOME=/root USER=root LOGNAME=root SHELL=/bin/sh LC_ALL=C "$@"
	[ "$limit" = 0.0 ] || set -- timeout -k 5 "$limit" "$@"
	exec "$@"
}
# The first 8 KiB of what it says, as they come, and the last 8.
listen() {
	dd bs=1 count=8192 of=said 2>/dev/null
	tail -c 8192 >said.end
	: >said.over
}
heard() {
	cat said
	[ "$(wc -c <said.end)" -lt 8192 ] || printf '\n[...]\n'
	cat said.end
}
# Whoever the command left behind may still hold the pipe: what they say is not waited for.
hear() {
	tries=0
	until [ -e said.over ] || [ $tries -ge 100 ]; do
		sleep 0.01
		tries=$((tries + 1))
	done
	[ -e said.end ] || : >said.end
	text=$(heard | tr -d '\000')
}
# How a command ended that was to end otherwise.
how() { # STATUS
	k_name=''
	[ "$1" -le 128 ] || [ "$1" -ge 160 ] || k_name=$(kill -l "$(($1 - 128))" 2>/dev/null)
	if [ "$k_name" ]; then echo "killed by signal $(($1 - 128)) (${k_name#SIG})"; else echo "exit $1"; fi
}
command_run() { # NUMBER SECONDS GOOD UNCHANGED
	before "run $1"
	input=/dev/null
	[ ! -e "in/$1" ] || input=$PWD/in/$1
	rm -f said said.end said.over pipe
	mkfifo pipe || abort "no pipe for the command's output"
	listen <pipe 3<&- 9>&- &
	now
	begun=$up
	(with_words "args/$1" in_place "$2" "$input") >pipe 2>&1
	status=$?
	now
	hear
	case $2/$status in
	0.0/*) ;;
	*/124 | */137)
		# timeout(1) may have ended it, or it may have said so by itself.
		limit=${2%.*}${2#*.}0
		while [ "${limit#0}" != "$limit" ]; do limit=${limit#0}; done
		[ $((up - begun)) -lt "$limit" ] || abort "stopped at its time limit of ${2%.0} s$nl$text" 124
		;;
	esac
	case ",$3," in *",$status,"*) ;; *) case ",$4," in *",$status,"*) ;; *) abort "$(how "$status")${text:+: $text}" "$status" ;; esac ;; esac
	case ",$4," in *",$status,"* | ,all,) state=ok ;; esac
	rm -f "script.$1"
}
script_place() { # NUMBER DIGEST
	text=$(cp "f/$2" "script.$1" 2>&1 && chmod 700 "script.$1" 2>&1) || abort "$text"
}
enabling() { # VERB UNIT
	[ -z "$keeps" ] || before "enabled $2 $(systemctl is-enabled -- "$2" 2>/dev/null)"
	text=$(systemctl "$1" --no-reload -- "$2" 2>&1 9>&-) || abort "$text"
}
# An image that a container came to use meanwhile stays, and so does its line in the manifest.
image_away() { # STEP NAME
	if text=$(podman rmi -- "$2" 2>&1 9>&-) || ! podman image exists "$2" 9>&-; then
		before "run $1"
		perform 'done' "$1"
	else
		record "step $1 ok 0" "kept: $text"
		step=0
	fi
}
# The kinds that are named in the request bring their function do_KIND: it changes the host and leaves
# what it has to say in text; by status it says whether that worked.
work() { # NUMBER KIND [UNIT]
	before "do $1 $2 ${3:-}"
	[ "$drained" != "${3:-}" ] || drained=''
	with_words "args/$1" "do_$2" || abort "$text" $?
	[ -e "look/$1" ] || return 0
	mkdir -p left
	(with_words "look/$1" "look_$2") >"left/$1" 2>/dev/null
	settle "left/$1"
}
# Directories that the act made which is taken back, where nothing is left in them.
unmake() {
	while IFS= read -r path; do
		rmdir "$path" 2>/dev/null && settle "${path%/*}/"
	done <unmade
}
# What was kept in memory of the log files of replicas that are gone, once those have stopped.
forget_logs() {
	[ -d /run/drover-log ] || return 0
	find /run/drover-log -mindepth 1 -maxdepth 1 -type d -name '*-[0-9]*.marks' >marks.there
	while IFS= read -r marks; do
		name=${marks##*/} name=${name%.marks}
		[ ! -e "/etc/drover/apps/${name%-*}/log-${name##*-}" ] || continue
		case $(property "$name.service" ActiveState) in inactive | failed) ;; *) continue ;; esac
		systemctl stop -- "$name-log.service" 3<&- 9>&- >/dev/null 2>&1
		case $(property "$name-log.service" ActiveState) in inactive | failed) rm -rf -- "$marks" ;; esac
	done <marks.there
}
perform() { # OP ARGUMENTS
	op=$1
	shift
	case $op/${2:-} in at/* | start/* | stage/* | done/* | do/export) ;; *) harmless='' ;; esac
	case $op in
	at) step=$1 ;;
	start)
		step=$1 text='' status=0 state=changed
		record "start $1"
		;;
	enable | disable) enabling $op "$1" ;;
	daemon-reload)
		forget_logs
		text=$(systemctl daemon-reload 2>&1) || abort "daemon-reload: $text"
		;;
	unit) unit "$@" ;;
	gate) gate "$@" ;;
	run) command_run "$@" ;;
	script) script_place "$@" ;;
	files)
		step=0
		files "$1"
		;;
	stage) [ "$staged" = "$1" ] || stage "$1" ;;
	unmake) unmake ;;
	forget) systemctl reset-failed -- "$1" 2>/dev/null || : ;;
	image-away) image_away "$1" "$2" ;;
	do) work "$@" ;;
	watch) watched="$watched $1=$(property "$1" NRestarts)" ;;
	arm) arm ;;
	steady) steady_all ;;
	drain) drain "$1" ;;
	undrain) hook undrain "$1" || abort "$text" $status ;;
	soak)
		pause "$1"
		steady_all
		well_still
		;;
	done)
		ok "$1" $state
		record "step $1 $state $status" "$text"
		step=0
		;;
	*) abort "unknown operation $op" ;;
	esac
}
begin() {
	trap 'abort "$by_signal"' TERM
	holder=''
	take_lock || leave locked "$holder"
	! promised || leave locked "$(cat $base/lock)"
	printf '%s\t%s\t%s\n' "$run" "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" "$(cat about)" >$base/lock
	record "begin $run"
	sweep
}
# The plan was made for these contents and no others.
check() {
	stale=''
	if [ -s needs ]; then
		stale=$(sha256sum -c needs 2>/dev/null | grep -v ': OK$')
	fi
	while IFS= read -r path; do
		if [ -e "$path" ] || [ -L "$path" ]; then stale="$stale$nl$path: was not there"; fi
	done <absent
	while read -r kind digest path; do
		case $kind in
		d) [ -d "$path" ] && [ ! -L "$path" ] && continue ;;
		l)
			sum=$([ -L "$path" ] && readlink "$path" | tr -d '\n' | sha256sum)
			[ "${sum%% *}" != "$digest" ] || continue
			;;
		esac
		stale="$stale$nl$path: is another"
	done <places
	[ -z "$stale" ] || finish stale "$stale"
}

exec 9>>$base/lock
[ "${2:-}" != back ] || come_back "$3"
if [ "${2:-}" = boot ]; then
	go_on
else
	begin
	check
	# Files that come first are ready before anything is touched.
	first='' pure=''
	while read -r first && [ "$first" = arm ]; do :; done <steps
	case $first in 'files 1' | 'stage 1') stage 1 ;; esac
	[ "$first" != "files 1" ] || pure=1
	if [ -s drain.first ] && read -r first <drain.first; then
		step=$(awk -v unit="$first" '$1 == unit { print $2; exit }' drains)
		drain "$first"
		step=0
	fi
	units_now units.before
	record switch
	touched=1
	[ ! -e $base/manifest ] || cp -p $base/manifest manifest.old || abort "keeping the manifest"
	manifest_ready '' && manifest_now || { touched='' && rm -f $base/manifest.new && abort "the manifest could not be written, or $base/manifest is damaged"; }
	harmless=1
fi
while read -r op rest <&3; do
	at=$((at + 1))
	[ $at -gt "${skip:-0}" ] || continue
	set -f
	# shellcheck disable=SC2086
	perform "$op" $rest
done 3<steps
[ -z "$armed" ] || await
if [ "$changed" ]; then finish changed ''; else finish ok ''; fi
