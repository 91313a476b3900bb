#!/bin/sh
# Brings images into the store of a host before any act: loads archives, pulls the rest.
# Arguments: nonce, run. Standard input: "drover-image 1 COUNT LENGTH", COUNT lines
# "load NAME ID LENGTH", "tag NAME ID" or "pull NAME", then LENGTH bytes, the archives one behind another.
# Nothing is loaded from a request that is not whole.
umask 077
run=$2 nl='
'
base=/var/lib/drover
refuse() { # KIND TEXT
	put "$1" "$2"
	put end ''
	exit 1
}
present() { # NAME
	podman image inspect --format '{{.Id}}' -- "$1" 2>/dev/null
}
# Which image had the name, for an act that takes itself back.
remember() { # NAME ID
	was=$(present "$1")
	[ -z "$was" ] || [ "$was" = "$2" ] || printf '%s %s\n' "$1" "$was" >>"$base/tagged.$run"
}
load() { # NAME ID OFFSET LENGTH
	remember "$1" "$2"
	text=$({ tail -c +$(($3 + 1)) "$store" | head -c "$4" | podman load -q; } 2>&1) || return 1
	[ "$(present "$1")" != "$2" ] || return 0
	text=$text$nl$(podman tag "$2" "$1" 2>&1)
	[ "$(present "$1")" = "$2" ]
}

echo
put begin 1
[ "$(id -u)" = 0 ] || refuse refused "drover acts as root; this login is not"
command -v podman >/dev/null || refuse refused "podman is missing on the host"
IFS=' ' read -r word version count length || refuse short "the request ended in its first line"
[ "$word $version" = "drover-image 1" ] || refuse short "not a request this program knows"
list='' i=0
while [ $i -lt "$count" ]; do
	IFS= read -r line || refuse short "the request ended in its list"
	list=$list$line$nl
	i=$((i + 1))
done
text=$(mkdir -p $base/runs 2>&1) || refuse refused "$text"
store=$base/images.$run
trap 'rm -f "$store"' EXIT
trap 'exit 1' HUP INT PIPE TERM
text=$({ head -c "$length" >"$store"; } 2>&1) || refuse refused "the archives could not be stored: $text"
size=$(wc -c <"$store")
[ "$((size))" = "$length" ] || refuse short "the request is short: $((size)) of $length bytes"
offset=0
set -f
IFS=$nl
for line in $list; do
	IFS=' '
	# shellcheck disable=SC2086
	set -- $line
	text=''
	case $1 in
	load) load "$2" "$3" "$offset" "$4" && put image "$2 ok" || put image "$2 failed $text" ;;
	tag)
		remember "$2" "$3"
		text=$(podman tag "$3" "$2" 2>&1) && [ "$(present "$2")" = "$3" ] && put image "$2 ok" || put image "$2 failed $text"
		;;
	pull)
		text=$(podman pull -q -- "$2" 2>&1) && put image "$2 ok" || put image "$2 failed $text"
		;;
	esac
	offset=$((offset + ${4:-0}))
done
put end ''
