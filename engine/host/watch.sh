#!/bin/sh
# Stays as long as it is asked: each line is a question, "short NONCE" or "full NONCE", and its answer is
# what status (engine/host/status.sh, a function in front of this) says, between two marks. Changes nothing.
me=$(id -u)
while read -r how nonce; do
	printf '\n%s begin %s\n' "$nonce" "$me"
	status "$how" </dev/null 2>/dev/null
	printf '\n%s end %s\n' "$nonce" $?
done
