#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Waits until look_wait says so, or for a time. Uses the clock of carry.sh.
do_wait() { # MILLISECONDS INTERVAL STATE KIND WORDS...
	k_limit=$1 k_interval=$2
	shift 2
	state=ok
	if [ "$2" = for ]; then
		pause "$k_limit"
		return
	fi
	now
	k_from=$up
	until [ "$(look_wait "$@" 9>&-)" = holds ]; do
		now
		if [ $((up - k_from)) -ge $((k_limit / 10)) ]; then
			text="waited $((k_limit / 1000)) s in vain for $(case $1 in absent) echo no\ ;; esac)$2 $3${4:+ $4}"
			[ "$2" != unit ] || text="$text$nl$(last_lines "$3")"
			return 1
		fi
		pause "$k_interval"
	done
	now
	text="after $(((up - k_from) / 100)) s"
}
