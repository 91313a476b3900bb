#!/bin/sh
# The words of every program that answers in frames, and stands behind this: see playbooks/reply.h.
# Its first argument is the nonce.
nonce=$1
put() { # KIND PAYLOAD
	printf '%s %s %s\n%s\n' "$nonce" "$1" "${#2}" "$2" || exit 1
}
# With the newlines at its end, which $(...) takes away.
whole() { # FILE
	text=$(
		cat "$1"
		echo .
	)
	text=${text%.}
}
