#!/bin/sh
# What is in a directory that is to go: the first things, one a line.
look_dir() { # PATH
	[ ! -d "$1" ] || [ -L "$1" ] || (cd "$1" && find . -mindepth 1 -maxdepth 1 | head -n 5 | cut -c 3-)
}
