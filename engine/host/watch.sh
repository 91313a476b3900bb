#!/bin/sh
# Stays as long as it is asked: each line is a question, "short NONCE" or "full NONCE", and its answer is
# what status (engine/host/status.sh, a function in front of this) says, between two marks. Changes nothing.
# An answer is gathered first: it goes in as few packets as it fits.
me=$(id -u)
while read -r how nonce; do
	said=$(status "$how" </dev/null 2>/dev/null)
	printf '\n%s begin %s\n%s\n\n%s end 0\n' "$nonce" "$me" "$said" "$nonce"
done
