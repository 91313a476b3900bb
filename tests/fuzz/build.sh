# shellcheck shell=bash
# How a fuzz target is compiled and linked; sourced by replay and run.

fuzz_build() { # fuzz_build CC CONF FLAGS PROGRAM SOURCE...
	local cc=$1 conf=$2 flags=$3 program=$4 packages
	shift 4
	packages=$(sed -n 's/^PKGS := //p' Makefile)
	rm -f "$program"
	# shellcheck disable=SC2086,SC2046
	$cc -std=gnu17 -I. -D_GNU_SOURCE -Wall -Wextra $flags $(pkg-config --cflags $packages) -o "$program" \
		"$@" "build/$conf/libdrover.a" $(pkg-config --libs $packages) -lpthread -ldl
}
