#!/bin/bash
# Signals and time limits: what was left is said, and is true.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

# Begins a run whose hosts say that they run and then wait for $MEET/go.
begin() { # ARGUMENT...
	rm -f "$MEET"/*
	"$DROVER" --json "$@" -- "touch $MEET/\$\$.runs; until [ -e $MEET/go ]; do sleep 0.1; done" \
		>"$CASE/stdout" 2>"$CASE/stderr" </dev/null &
	pid=$!
}
runs() { # N
	[ "$(find "$MEET" -name '*.runs' | wc -l)" -ge "$1" ]
}
state_of() { # WORD
	grep '"event":"host.end"' "$CASE/stdout" | grep -c "\"state\":\"$1\""
}
finish() {
	wait "$pid"
	rc=$?
}

begin -P2 run '127.9.1.[1-5]'
ok "two hosts are at work" wait_for 20 runs 2
kill -INT "$pid"
ok "the first Ctrl-C says what is running" wait_for 10 grep -q 'stopping: 2 hosts running' stderr
touch "$MEET/go"
finish
is "$rc" 130 "the run ends with 130"
is "$(state_of ok)" 2 "the running have ended well"
is "$(state_of untried)" 3 "the others were never tried"
ok "run.end is the last line" json_lines stdout

begin -P2 run '127.9.1.[1-5]'
ok "two hosts are at work again" wait_for 20 runs 2
kill -INT "$pid"
ok "it says that it is stopping" wait_for 10 grep -q stopping stderr
kill -INT "$pid"
finish
is "$rc" 130 "the second Ctrl-C ends the run"
is "$(state_of unknown)" 2 "what ran is unknown"
is "$(state_of untried)" 3 "what did not is untried"
ok "run.end is the last line" json_lines stdout
touch "$MEET/go"

for signal in TERM:143 HUP:129; do
	begin run '127.9.1.[1-2]'
	ok "${signal%:*}: two hosts are at work" wait_for 20 runs 2
	kill "-${signal%:*}" "$pid"
	ok "${signal%:*}: it says that it is stopping" wait_for 10 grep -q stopping stderr
	touch "$MEET/go"
	finish
	is "$rc" "${signal#*:}" "${signal%:*}: the run ends with ${signal#*:}"
	is "$(state_of ok)" 2 "${signal%:*}: nothing was cut"
done

begin --timeout 1s run '127.9.1.[1-2]'
finish
is "$rc" 124 "--timeout ends the run with 124"
is "$(state_of unknown)" 2 "what ran is unknown"
ok "run.end is the last line" json_lines stdout
touch "$MEET/go"

exits 7 "--host-timeout cuts one host" drover run --host-timeout 1s 127.9.1.1 -- sleep 60
like "$err" '127\.9\.1\.1: unknown' "which is unknown"
