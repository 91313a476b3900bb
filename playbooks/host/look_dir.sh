#!/bin/sh
# What is in a directory that is to go: the first things, one a line. Of a whole tree that goes or comes back:
# one digest of all names, kinds, modes, owners, links and contents in it, or what keeps that from being told.
look_dir() { # PATH [whole]
	[ -d "$1" ] && [ ! -L "$1" ] && cd "$1" || return 0
	if [ -z "${2:-}" ]; then
		awk -v path="$1" '{ gsub(/\\040/, " ", $5) } $5 == path { print "a mounted file system"; exit }' /proc/self/mountinfo
		find . -mindepth 1 -maxdepth 1 | head -n 5 | cut -c 3-
	elif [ "$(du -sk . | cut -f 1)" -gt 65536 ]; then
		echo large
	else
		{
			find . -printf '%y %m %U %G %p %l\0' | LC_ALL=C sort -z
			find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --
		} | sha256sum | cut -c 1-64
	fi
}
