#!/bin/sh
# One kernel parameter: what it is now, and what our file makes it at boot. Blanks count as one.
look_sysctl() { # PATH FILE
	k_blank=$(printf ' \t')
	if [ -e "$1" ]; then
		echo there
		k_text=$(head -c 4096 "$1" 2>&1) && echo "value $(printf %s "$k_text" | tr -s "$k_blank" ' ' | head -n 1)"
	fi
	sed -n '/^[^#=]*=[ ]*/{s//kept /p;q;}' "$2"
}
