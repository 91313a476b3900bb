#!/bin/sh
# Gives a file, or a directory as a tar archive. Runs on dash, bash and busybox.
# Arguments: nonce, path, offset and digest of what the other side has already (0 -), flags (v verify).
# Answers, each in a line behind the nonce: "file SIZE MODE MTIME OFFSET", then SIZE - OFFSET bytes, or
# "tree", then an archive; then "done DIGEST" / "failed WHY". The digest is - unless asked for.
nonce=$1 path=$2 offset=$3 known=$4 flags=$5
# On a terminal what tools complain of would get into the content.
[ ! -t 1 ] || exec 2>/dev/null
say() { printf '\n%s %s\n' "$nonce" "$1"; }
give_up() { # TEXT
	say "failed $(printf %s "$1" | tr '\n\r' '  ')"
	exit 1
}
digest_of() {
	sum=$(sha256sum 2>/dev/null) || { echo -; return; }
	echo "${sum%% *}"
}
if [ -d "$path" ]; then
	command -v tar >/dev/null || give_up "no tar on the host"
	cd -- "$path" 2>/dev/null || give_up "a directory that may not be entered"
	more='' fine=0
	case $(tar --version 2>/dev/null) in *GNU*) more='--format=gnu --hard-dereference' fine=1 ;; esac
	say tree
	# shellcheck disable=SC2086
	tar -c $more -f - .
	status=$?
	# GNU's 1 says that a file grew meanwhile: its beginning is there.
	[ $status -le $fine ] || give_up "tar ended with status $status"
	say "done -"
	exit 0
fi
[ -e "$path" ] || give_up "no such file"
[ -f "$path" ] || give_up "neither a file nor a directory"
[ -r "$path" ] || give_up "it may not be read"
size=$(stat -L -c %s -- "$path" 2>/dev/null || wc -c <"$path")
mode=$(stat -L -c %a -- "$path" 2>/dev/null || echo 644)
time=$(stat -L -c %Y -- "$path" 2>/dev/null || echo 0)
if [ "$offset" -gt 0 ]; then
	[ "$offset" -le "$((size))" ] && [ "$(head -c "$offset" -- "$path" | digest_of)" = "$known" ] || offset=0
fi
say "file $((size)) $mode $time $offset"
if [ "$offset" = 0 ]; then
	head -c "$size" -- "$path" || exit 1
else
	tail -c +$((offset + 1)) -- "$path" | head -c $((size - offset)) || exit 1
fi
digest=-
case $flags in *v*) digest=$(head -c "$size" -- "$path" | digest_of) ;; esac
say "done $digest"
