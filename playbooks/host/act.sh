#!/bin/sh
# Takes one act to a host: receives the request, starts the program in it as a unit of its own, so
# that it ends whatever becomes of this connection, and goes on as follow.sh, which is joined to it.
# Arguments: nonce, run. Standard input: a line "drover-act 1 LENGTH SHA256 SECONDS", then a tar.
# A request that is not whole leaves nothing behind.
umask 077
run=$2
base=/var/lib/drover dir=$base/runs/$run
refuse() { # KIND TEXT
	put "$1" "$2"
	put end ''
	exit 1
}
undo() { # KIND TEXT
	rm -rf "$dir"
	refuse "$1" "$2"
}
settle() { # FILE...
	sync "$@" 2>/dev/null || sync
}

echo
put begin 1
[ "$(id -u)" = 0 ] || refuse refused "drover acts as root; this login is not"
for tool in flock systemd-run tar sha256sum base64 install; do
	command -v $tool >/dev/null || refuse refused "$tool is missing on the host"
done
IFS=' ' read -r word version length digest seconds || refuse short "the request ended in its first line"
[ "$word $version" = "drover-act 1" ] || refuse short "not a request this program knows"
text=$(mkdir -p $base/runs 2>&1) || refuse refused "$text"
text=$(mkdir "$dir" 2>&1) || refuse refused "this run has been here before: $text"
text=$({ head -c "$length" >"$dir/request.part"; } 2>&1) || undo refused "the request could not be stored: $text"
size=$(wc -c <"$dir/request.part")
[ "$((size))" = "$length" ] || undo short "the request is short: $((size)) of $length bytes"
sum=$(sha256sum <"$dir/request.part")
[ "${sum%% *}" = "$digest" ] || undo short "the request was damaged on its way"
settle "$dir/request.part"
mv "$dir/request.part" "$dir/request" && settle "$dir" $base/runs
text=$(tar -xf "$dir/request" -C "$dir" --no-same-owner 2>&1) || undo refused "the request could not be unpacked: $text"
text=$({ head -c 65536 /dev/zero >"$dir/spare"; } 2>&1) || undo refused "no room for the result: $text"
: >"$dir/result"
text=$(systemd-run --quiet --no-block --collect --unit="drover-$run" --description="drover run $run" \
	-p RuntimeMaxSec="$seconds" -p StandardOutput=null -p StandardError=null \
	/bin/sh "$dir/program" "$run" 2>&1) || undo refused "systemd-run: $text"
put started ''
