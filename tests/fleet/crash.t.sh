#!/bin/bash
# The seat in trouble in the middle of an apply: workers that crash, a log whose last write is torn, and
# resumes of all sorts: twice, too early, two at once, by another seat, with another inventory, without
# the playbook, by a program that is older than the ledger.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
db=$XDG_STATE_HOME/drover/ledger.db
begin() { # NAME [OPTION...]: an apply whose acts wait on both hosts
	name=$1
	shift
	cat >"$CASE/$name.yaml" <<YAML
name: $name
hosts: web1,web2
rollout: {canary: 2, max_fail: 2}
tasks:
  - run: [sh, -c, "touch /run/$name; until [ -e /run/go-$name ]; do sleep 0.05; done"]
  - file: {path: /root/$name, content: "$name\n"}
YAML
	"$DROVER" "$@" apply -y "$CASE/$name.yaml" >"$CASE/$name.out" 2>"$CASE/$name.err" </dev/null &
	victim=$!
	for host in web1 web2; do
		wait_for 30 on $host "test -e /run/$name" || fail "$name: the act begins on $host" "$(cat "$CASE/$name.err")"
	done
}
go_on() { # lets the acts go on
	for host in web1 web2; do on $host "touch /run/go-$name"; done
}
proved() { # both hosts have what the resume said
	like "$err" "2 changed" "$name: both are proved to have changed"
	for host in web1 web2; do
		is "$(on $host cat "/root/$name")" "$name" "$name: $host has it"
	done
}

# Workers that crash as they do: the hosts of one are unknown, the others go on. No sanitizer takes it for
# a finding.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0:handle_sigbus=0:handle_abort=0
for signal in SEGV BUS ABRT KILL; do
	begin "worker-$signal" --workers 2
	worker=$(pgrep -P $victim | head -n 1)
	kill -$signal "$worker"
	go_on
	wait $victim
	is $? 7 "$name: hosts of a worker that is gone are unknown"
	like "$(cat "$CASE/$name.err")" "1 changed.*1 unknown" "$name: those of the other go on"
	exits 0 "$name: resume" drover resume
	like "$err" "1 changed" "$name: proves the rest"
	ok "$name: the hosts have it" on web1 "test -e /root/$name"
	ok "$name: both" on web2 "test -e /root/$name"
done

# Killed; then what a power cut leaves of the log's last write.
for cut in 1 700 4096; do
	begin "torn-$cut"
	kill -KILL $victim
	wait $victim 2>/dev/null
	go_on
	size=$(stat -c %s "$db-wal" 2>/dev/null || echo 0)
	[ "$size" -le "$cut" ] || truncate -s $((size - cut)) "$db-wal"
	exits 0 "torn-$cut: the ledger opens and is whole" drover history verify
	exits 0 "torn-$cut: the run is in it" drover history --json
	like "$(head -n 1 <<<"$out")" '"state":"unfinished"|"verb":"apply"' "torn-$cut: as unfinished"
	exits 0 "torn-$cut: resume" drover resume
	for host in web1 web2; do
		ok "torn-$cut: $host goes on alone" wait_for 20 on $host "test -e /root/torn-$cut"
	done
	exits 0 "torn-$cut: another apply" drover apply -y -l web1 "$CASE/torn-$cut.yaml"
	exits 0 "torn-$cut: and the ledger is whole" drover history verify
done

# Too early, twice, two at once.
begin early
exits 9 "a run that goes on is not resumed" drover resume last
like "$err" "still runs" "it is said to run"
kill -KILL $victim
wait $victim 2>/dev/null
"$DROVER" resume >"$CASE/first" 2>&1 </dev/null &
first=$!
ok "a resume waits for the hosts" wait_for 20 eval 'sqlite3 "file:$db?mode=ro" "SELECT json FROM event ORDER BY rowid DESC LIMIT 20" | grep -q "host.start.*attempt\":2"'
exits 9 "a second resume beside it" drover resume last
go_on
wait $first
is $? 0 "the first ends"
err=$(cat "$CASE/first")
proved
exits 0 "and again" drover resume
like "$err" "no apply is unfinished" "there is nothing to do"

# Another seat, another inventory, no playbook.
begin elsewhere
kill -KILL $victim
wait $victim 2>/dev/null
go_on
run=$(drover history --json --limit 1 | grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' | head -n 1)
exits 2 "another seat does not resume what it knows nothing of" env XDG_STATE_HOME="$CASE/other" "$DROVER" resume "$run"
rm "$CASE/elsewhere.yaml"
sed '/web2:/d' "$DROVER_INVENTORY" >"$CASE/less.yaml"
exits 7 "a host that left the inventory" drover -i "$CASE/less.yaml" resume
like "$err" "web2.*no longer in the inventory" "is not proved, by name"
like "$err" "1 changed" "the other is, without the playbook"
exits 0 "with the inventory of then" drover resume
like "$err" "1 changed" "the rest is proved"

# A ledger of a later version.
version=$(sqlite3 "$db" 'PRAGMA user_version')
sqlite3 "$db" 'PRAGMA user_version=999' >/dev/null
exits 10 "a ledger that a later drover has written is refused" drover resume
unlike "$err" "set aside" "and left where it is"
sqlite3 "$db" "PRAGMA user_version=$version" >/dev/null
exits 0 "it is as it was" drover history verify
