#!/bin/sh
# Says what a host is: key=value lines. Changes nothing; a fact that cannot be had is left out.
fact() { # KEY VALUE
	[ -z "$2" ] || printf '%s=%s\n' "$1" "$2"
}
tell_facts
read -r up rest </proc/uptime && fact uptime "${up%.*}"
# Last, because the seat takes its own time when this arrives.
fact clock "$(date +%s.%N)"
true
