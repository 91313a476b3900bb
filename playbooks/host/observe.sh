#!/bin/sh
# Looks at one host and changes nothing on it: paths, units, images, facts, and what drover wrote
# there before. Argument: the nonce of the reply. Standard input: its length, then one record a line:
#   p FLAG DIGESTS PATH   a path; FLAG s: its content is kept from us; DIGESTS: a,b known contents or -
#   u UNIT    i (the images, please)    j (and the containers)    c ID PATH  (does it exist?)
#   x ID      a command to run, its text in the lines "|..." that follow
#   o USER    g GROUP   (is there such a one?)
#   k ID KIND what look_KIND says of the words in the lines "|..." that follow
#   end       without it nothing is answered
# The reply is frames "NONCE KIND LENGTH", payload, newline, from `begin` to `end`.
base=/var/lib/drover
nl='
'

# What tools say is held in this shell: never more than fits into a frame of the reply.
most=4194304
first() { # BYTES
	head -c "$1"
}
told() { # KIND TEXT
	if [ "${#2}" -gt $most ]; then put flood "$1"; else put "$1" "$2"; fi
}

there=0 lacks='' paths='' links='' files='' units='' images='' containers='' created='' ids='' looks='' whole='' n=0 id='' path='' known=''
take_path() { # FLAG DIGESTS PATH
	case $3 in /*) ;; *) return ;; esac
	paths=$paths$nl$3
	if [ -e "$3" ] || [ -L "$3" ]; then there=$((there + 1)); fi
	if [ -L "$3" ]; then
		links=$links$nl$3
	elif [ -f "$3" ]; then
		n=$((n + 1))
		files=$files$nl$3
		eval "file_$n=\$3"
		if [ "$1" = s ]; then eval "known_$n=secret"; else eval "known_$n=\$2"; fi
	fi
}
take_line() {
	case $1 in
	'p '*)
		set -- "${1#p }"
		set -- "${1%% *}" "${1#* }"
		take_path "$1" "${2%% *}" "${2#* }"
		;;
	'u '*) units=$units$nl${1#u } ;;
	'o '*) id -u "${1#o }" >/dev/null 2>&1 || lacks="$lacks${nl}user ${1#o }" ;;
	'g '*)
		getent group "${1#g }" >/dev/null 2>&1 || grep -q "^${1#g }:" /etc/group ||
			lacks="$lacks${nl}group ${1#g }"
		;;
	i) images=1 ;;
	j) containers=1 ;;
	'c '*)
		set -- "${1#c }"
		if [ -e "${1#* }" ]; then created="$created${1%% *} 1$nl"; else created="$created${1%% *} 0$nl"; fi
		;;
	'x '*)
		id=${1#x }
		ids="$ids $id"
		eval "text_$id="
		;;
	'k '*)
		set -- "${1#k }"
		id=${1%% *}
		looks="$looks $id"
		eval "kind_$id=\${1#* } text_$id="
		;;
	'|'*) eval "text_$id=\$text_$id\${1#|}\$nl" ;;
	end) whole=1 ;;
	esac
}

IFS= read -r length
request=$(head -c "${length:-0}")
set -f
IFS=$nl
for line in $request; do
	take_line "$line"
done
echo
put begin 1
if [ -z "$whole" ]; then
	put short ''
	exit 1
fi

# What a file holds, unless the manifest calls it a secret, whatever it is to be now, it is binary (a NUL is lost on the way, so the length tells) or large, or
# enough was told.
room=33554432
content() { # PATH
	size=$(wc -c <"$1")
	[ "$((size))" -le 262144 ] && [ "$((size))" -le $room ] || return 0
	room=$((room - size))
	text=$(
		first 262145 <"$1"
		echo .
	)
	text=${text%.}
	[ "${#text}" = "$((size))" ] || return 0
	put content "$1$nl$text"
}
# The sums come in the order of the files; one that vanished meanwhile is left out of them.
differing() {
	i=1
	hidden=$(awk -F'\t' '$9 == "s" && sub(/^file /, "", $1) { print $1 }
		$9 == "s" && sub(/^unit /, "", $1) { print "/etc/systemd/system/" $1 }' $base/manifest 2>/dev/null)
	for line in $1; do
		case ${line%% *} in *[!0-9a-f]*) continue ;; esac
		while [ "$i" -le "$n" ] && eval "path=\$file_$i known=\$known_$i" &&
			[ "${line#*[ *]}" != " $path" ] && [ "${line#*[ *]}" != "*$path" ]; do
			i=$((i + 1))
		done
		[ "$i" -le "$n" ] || return 0
		case $nl$hidden$nl in *"$nl$path$nl"*) known=secret ;; esac
		case $known in secret | *"${line%% *}"*) ;; *) content "$path" ;; esac
		i=$((i + 1))
	done
}
if [ "$paths" ]; then
	stat=$(printf '%s\0' $paths | xargs -0 stat -c '%f %s %u %g %U %G %Y %n' -- 2>/dev/null | first $((most + 1)))
	told stat "$stat"
	# shellcheck disable=SC2086
	if [ "${#stat}" -le $most ] && set -- $stat && [ $# -lt $there ]; then
		put unread 'stat tells less than is there'
	fi
	unset stat
	for path in $links; do
		put target "$path$nl$(readlink -- "$path" | first 65536)"
	done
	if [ "$files" ]; then
		sums=$(printf '%s\0' $files | xargs -0 sha256sum -- 2>/dev/null | first $((most + 1)))
		told sums "$sums"
		# shellcheck disable=SC2086
		if [ "${#sums}" -gt $most ]; then
			:
		elif set -- $sums && [ $# -lt $n ]; then
			put unread "$(printf '%s\0' $files | timeout 60 xargs -0 sha256sum -- 2>&1 >/dev/null | first 4096)"
		else
			differing "$sums" 2>/dev/null
		fi
	fi
fi

fact() { # KEY VALUE
	[ -z "$2" ] || put fact "$1=$2"
}
# podman itself touches its store at every start, so its list of images is read as it lies there.
image_store() {
	root=/var/lib/containers/storage
	for file in /usr/share/containers/storage.conf /etc/containers/storage.conf; do
		[ -r $file ] || continue
		text=$(sed -n 's/^[ \t]*graphroot[ \t]*=[ \t]*"\(.*\)".*/\1/p' $file | first 4096)
		[ -z "$text" ] || root=$text
	done
	set +f
	for file in "$root"/*-images/images.json; do
		[ ! -r "$file" ] || told images "$(first $((most + 1)) <"$file")"
	done
	for file in "$root"/*-containers/containers.json; do
		[ -z "$containers" ] || [ ! -r "$file" ] || told containers "$(first $((most + 1)) <"$file")"
	done
	set -f
}

tell_facts
if [ "$images" ] && command -v podman >/dev/null; then
	image_store
fi
if [ "$units" ]; then
	told units "$(systemctl show -p LoadState -p ActiveState -p SubState -p UnitFileState -p NRestarts \
		-p NeedDaemonReload -p FragmentPath -- $units 2>&1 | first $((most + 1)))"
fi
[ -z "$lacks" ] || put lacks "${lacks#"$nl"}"
[ -z "$created" ] || put created "$created"
IFS=' '
for id in $ids; do
	eval "text=\$text_$id"
	timeout 60 sh -c "$text" </dev/null >/dev/null 2>&1
	put unless "$id $?"
done
# The kinds look with functions of their own, look_KIND WORD..., which print what they see.
look() { # ID KIND WORD...
	id=$1 kind=$2
	shift 2
	told look "$id$nl$("look_$kind" "$@" 2>/dev/null </dev/null | first $((most + 1)))"
}
for id in $looks; do
	IFS=$nl
	eval "text=\$text_$id kind=\$kind_$id"
	# shellcheck disable=SC2086
	look "$id" "$kind" $text
	IFS=' '
done
unset IFS
set +f
releases=$(cat $base/releases/*/*/state 2>/dev/null | first $((most + 1)))
[ -z "$releases" ] || told releases "$releases"
if [ -r $base/manifest ]; then
	# A shell loses NULs: they would not be seen in what it holds.
	[ "$(tr -cd '\0' <$base/manifest | first 1 | wc -c)" -eq 0 ] || put damaged manifest
	told manifest "$(first $((most + 1)) <$base/manifest)"
fi
[ ! -r $base/journal ] || put journal "$(tail -n 20 $base/journal | tail -c 262144)"
put end ''
