#!/bin/sh
# One kernel parameter: what it is now, and what our file makes it at boot. Blanks count as one.
look_sysctl() { # NAME
	file=/proc/sys/$1
	[ -r "$file" ] || file=/proc/sys/$(echo "$1" | tr . /)
	[ ! -r "$file" ] || echo "value $(tr -s ' \t' ' ' <"$file" | head -n 1)"
	sed -n '/^[^#]*=[ ]*/{s//kept /p;q}' "/etc/sysctl.d/60-drover-$(echo "$1" | tr / .).conf"
}
