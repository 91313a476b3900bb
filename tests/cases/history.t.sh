#!/bin/bash
# One run into a file, two beside one another: the verbs that the console's screen of history equals.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

drover run 127.9.1.1,127.9.1.2 -- 'printf "one\n\033]0;x\007\n"' >/dev/null 2>&1
drover run 127.9.1.1,127.9.1.2 -- 'echo two; [ $# -gt 0 ] || exit 3' >/dev/null 2>&1

exits 0 "two runs are compared" drover history diff r-1 r-2
like "$out" '^-r-1$' "by their names"
like "$out" '^\-127\.9\.1\.1  ok$' "as each host ended"
like "$out" '^\+127\.9\.1\.1  failed rc 3$' "and as it did the other time"
like "$out" '127\.9\.1\.2  said something else: [0-9]+ and 4 bytes' "and what was said is another"
exits 0 "a run is as it was" drover history diff last r-2
like "$out" 'every host ended the same and said the same' "and that is said"
exits 2 "one run is not compared" drover history diff r-1
like "$err" 'needs two runs' "two are wanted"
exits 2 "nor one that is not there" drover history diff r-1 r-9
exits 2 "a difference is not JSON" drover --json history diff r-1 r-2

exits 0 "a run goes out as events" drover history export r-1
is "$(python3 -c 'import json, sys; print(*sorted({json.loads(l)["event"] for l in sys.stdin if l.strip()}))' \
	<<<"$out")" "host.end host.out host.output host.start run.end run.start" "each line is one"
like "$out" '"data":"one' "what was said is among them"
unlike "$out" $'\033' "as JSON has it"
events=$out
exits 0 "or into a file" drover history export r-1 run.json
is "$(cat run.json)" "$events" "the same"
is "$(stat -c %a run.json)" 600 "that is its owner's alone"
like "$err" 'bytes of r-1 saved to run.json' "and it is said"

exits 0 "a file called .xml is JUnit" drover history export last run.xml
counts=$(python3 - <<'END'
import xml.etree.ElementTree as x
r = x.parse("run.xml").getroot()
print(r.tag, r.get("name"), *(s.get("name") + "=" + s.get("failures") for s in r))
END
)
is "$counts" "testsuites r-2 127.9.1.1=1 127.9.1.2=1" "a suite for each host, with what failed"
exits 0 "and so it is when it is asked for" drover history export last --format junit
is "$out" "$(cat run.xml)" "on standard output too"
exits 0 "or not, whatever the file is called" drover history export r-1 --format json other.xml
is "$(cat other.xml)" "$events" "it has the events"
exits 2 "a format that is none is refused" drover history export r-1 --format yaml
exits 2 "JUnit is not JSON" drover --json history export r-1 --format junit
exits 2 "a run that is not there is refused" drover history export r-9
exits 10 "a file that cannot be written is told" drover history export r-1 "$CASE/none/run.json"
