#!/bin/sh
# Confirms an act that waits for it, from a login that began after the act, and goes on as follow.sh,
# which is joined to it. An act that does not wait yet is only followed. Arguments: nonce, run.
# shellcheck disable=SC2034
word=confirm run=$2
dir=/var/lib/drover/runs/$run
settle() { # FILE...
	sync "$@" 2>/dev/null || sync
}
echo
put begin 1
if grep -q '^[0-9]* [^ ]* [^ ]* waits$' "$dir/result" 2>/dev/null && [ ! -e "$dir/decision" ] &&
	systemctl -q is-active "drover-$run.service"; then
	umask 077
	echo confirmed >"$dir/confirm.$$"
	settle "$dir/confirm.$$"
	ln "$dir/confirm.$$" "$dir/decision" 2>/dev/null && settle "$dir"
	rm -f "$dir/confirm.$$"
fi
put started ''
