#!/bin/bash
# 256 MB to four hosts and back, from a file and from a pipe, in bounded memory. BIG_MB makes it more.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm
mb=${BIG_MB:-256} four='127.9.1.[1-4]'

peak() { # PID: kB it has had at most
	awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

# grows NAME: the drover in $pid and its worker, from now to where $CASE/all is, grow by 8 MiB at most.
judge() { # NAME BEFORE AFTER
	echo "# $1: $2 -> $3 kB"
	if grep -q __asan_init "$DROVER"; then
		echo "# memory is not judged with the sanitizers in"
	else
		ok "$1: memory grew by $(($3 - $2)) kB, at most 8 MiB" test $(($3 - $2)) -le 8192
	fi
}
both() { echo $(($(peak "$pid") + $(peak "$worker"))); }

# A pipe that is fed by hand: what it has taken when is known.
mkfifo feed
"$DROVER" cp - "$four:$MEET/out" <feed 2>stderr &
pid=$!
exec 8>feed
head -c 8M /dev/zero >&8
came() { [ "$(find "$MEET" -name '.drover-*' -size +1M | wc -l)" = 4 ]; }
ok "the first of it has come to all four" wait_for 60 came
worker=$(pgrep -P "$pid" | head -n 1)
before=$(both)
head -c "${mb}M" /dev/zero >&8
after=$(both)
exec 8>&-
wait "$pid"
is $? 0 "$mb MB from a pipe go to four hosts"
is "$(stat -c %s "$MEET/out")" $(((mb + 8) * 1048576)) "all of it"
judge "cp from a pipe" "$before" "$after"

# A file, which each host reads at its own place; what is sampled last is near the end.
sample() {
	local now
	while now=$(both 2>/dev/null) && [ -n "$worker" ]; do
		[ "$now" -gt 0 ] || break
		[ -n "$before" ] || before=$now
		after=$now
		kill -0 "$pid" 2>/dev/null || break
		read -r -t 0.1 <>"$CASE/never" || true
	done
}
truncate -s "${mb}M" file
for what in "cp file $four:$MEET/file" "fetch 127.9.1.3:$MEET/out got"; do
	before='' after='' worker=''
	# shellcheck disable=SC2086
	"$DROVER" $what 2>stderr &
	pid=$!
	up() { worker=$(pgrep -P "$pid" | head -n 1) && [ -n "$worker" ]; }
	wait_for 20 up
	ok "it runs" test -n "$worker"
	sample
	wait "$pid"
	is $? 0 "$mb MB: drover ${what%% *}"
	judge "drover ${what%% *}" "$before" "$after"
done
ok "what went there came back" cmp got/127.9.1.3/out "$MEET/out"
