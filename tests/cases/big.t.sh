#!/bin/bash
# 256 MB from one host pass through in bounded memory.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

peak() { # PID: kB it has had at most
	awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

for how in "" -b; do
	rm -f "$MEET"/*
	# shellcheck disable=SC2086
	"$DROVER" run $how 127.9.1.1 -- "touch $MEET/ready
		until [ -e $MEET/go ]; do sleep 0.1; done
		head -c 134217728 /dev/zero | tr '\\0' x
		yes 'a line of thirty-two characters' | head -c 134217728
		touch $MEET/sent
		until [ -e $MEET/end ]; do sleep 0.1; done" >stdout 2>stderr </dev/null &
	pid=$!
	ok "it runs ${how:-as it comes}" wait_for 20 test -e "$MEET/ready"
	worker=$(pgrep -P "$pid" | head -n 1)
	before=$(peak "$pid") wbefore=$(peak "$worker")
	touch "$MEET/go"
	ok "256 MB are sent" wait_for 300 test -e "$MEET/sent"
	after=$(peak "$pid") wafter=$(peak "$worker")
	touch "$MEET/end"
	wait "$pid"
	is $? 0 "and the run ends well"
	echo "# parent $before -> $after kB, worker $wbefore -> $wafter kB"
	grown=$((after - before + wafter - wbefore))
	if grep -q __asan_init "$DROVER"; then
		echo "# memory is not judged with the sanitizers in"
	else
		ok "parent and worker grew by $grown kB, at most 8 MiB" test "$grown" -le 8192
	fi
	if [ -z "$how" ]; then
		is "$(tr -d '\n' <stdout | sed -E 's/127\.9\.1\.1: (    \.\.\. )?//g' | tr -d '\n' | wc -c)" \
			$((134217728 + 134217728 - 134217728 / 32)) "every byte came through"
	else
		like "$(tail -n 1 stdout)" 'bytes more of output' "what is left out is counted"
	fi
done
