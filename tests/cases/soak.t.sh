#!/bin/bash
# A flood of output: what it costs in memory, and whether other hosts' output stays live beside it.
# SOAK_BYTES says how much; `make soak` lets 10 GB flow each time.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm
bytes=${SOAK_BYTES:-268435456}
code='' seen=0 peak=0 lag_ms=-1

# flood.py BYTES STREAM: one host floods, another tells the time; prints what it saw as shell assignments.
cat >flood.py <<'PY'
import os, subprocess, sys, threading, time

size, stream, drover, meet = int(sys.argv[1]), sys.argv[2], os.environ['DROVER'], sys.argv[3]
line = 'x' * 1000
flood = "yes %s | head -c %d" % (line, size)
flood = {'stdout': flood, 'stderr': flood + ' >&2',
         'both': "(yes %s | head -c %d >&2) & yes %s | head -c %d; wait" % (line, size // 2, line, size // 2)}[stream]
done = '%s/done-%s-%d' % (meet, stream, size)
command = ('case $SSH_CONNECTION in *" 127.9.1.1 "*) %s; : >%s ;;'
           ' *) while [ ! -e %s ]; do date +"tick %%s.%%N"; sleep 0.2; done ;; esac' % (flood, done, done))
run = subprocess.Popen([drover, 'run', '127.9.1.[1-2]', '--', command], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
seen, lags, lock = [0], [], threading.Lock()

def reader(pipe):
    for text in pipe:
        at = text.rfind(b'tick ')
        if at >= 0 and len(text) < 100:
            with lock:
                lags.append(time.time() - float(text[at + 5:]))
        elif b'xxxxxxxx' in text:
            with lock:
                seen[0] += text.count(b'x') + 1

def memory(pid):
    total = 0
    try:
        children = open('/proc/%d/task/%d/children' % (pid, pid)).read().split()
        for p in [pid] + children:
            for text in open('/proc/%s/status' % p):
                if text.startswith('VmHWM'):
                    total += int(text.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return total

threads = [threading.Thread(target=reader, args=(p,)) for p in (run.stdout, run.stderr)]
for t in threads:
    t.start()
peak = 0
while run.poll() is None:
    peak = max(peak, memory(run.pid))
    time.sleep(0.05)
for t in threads:
    t.join()
lags.sort()
print('code=%d seen=%d peak=%d lag_ms=%d' %
      (run.returncode, seen[0], peak, 1000 * lags[len(lags) * 9 // 10] if lags else -1))
PY

flood() { # BYTES STREAM
	eval "$(timeout 7200 python3 flood.py "$1" "$2" "$MEET")"
}

for stream in stdout stderr both; do
	flood 33554432 $stream
	is "$code" 0 "32 MB on $stream come to an end"
	before=$peak
	flood "$bytes" $stream
	is "$code" 0 "$((bytes >> 20)) MB on $stream come to an end"
	ok "whole" test $((bytes - seen)) -ge -4004 -a $((bytes - seen)) -le 4004
	echo "# $stream: $((bytes >> 20)) MB, parent and worker took $peak KiB at most, $((peak - before)) more than for 32 MB; the neighbour's lines were $lag_ms ms old"
	# A sanitizer keeps what was freed: only the plain build tells.
	grep -qa __asan_init "$DROVER" || ok "$((bytes >> 20)) MB on $stream take no more than 8 MiB above that" test $((peak - before)) -le 8192
	ok "and the neighbour's output stays live" test "$lag_ms" -ge 0 -a "$lag_ms" -lt 30000
done
