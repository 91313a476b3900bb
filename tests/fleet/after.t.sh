#!/bin/bash
# After an apply, on Debian 12 and 13: taken back, and that taken back; what changed since is left alone and
# named; other seats; hosts that were away; hosts that strayed; what a file was.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
walk() { # HOST: what the playbooks below touch, with contents, modes, owners; and the manifest
	on "$1" 'for f in /etc/motd /etc/after /etc/after/* /etc/after/deep/* /etc/systemd/system/after*.service /root/after* /etc/sysctl.d/*; do
		[ -e "$f" ] && stat -c "%n %f %U %G" "$f" && [ -f "$f" ] && sha256sum "$f"; done
		systemctl is-active after-new after-old; systemctl is-enabled after-new after-old; cat /proc/sys/net/ipv4/ip_forward
		cat /var/lib/drover/manifest 2>/dev/null; :' 2>&1
}
uuid_of() { "$DROVER" history --json --limit 1 | sed 's/.*"run":"\([0-9a-f-]*\)".*/\1/'; }
book() { cat >"$CASE/$1.yaml"; }

for host in web1 web2; do
	on $host 'mkdir -p /etc/after; echo old >/etc/after/kept; chmod 600 /etc/after/kept; chown daemon:adm /etc/after/kept
		printf "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n" >/etc/systemd/system/after-old.service
		systemctl daemon-reload; systemctl enable --now -q after-old.service'
	walk $host >"$CASE/before.$host"
done
book all <<'Y'
name: all
hosts: "@web"
rollout: {canary: 2}
tasks:
  - file: {path: /etc/motd, content: "drover was here\n", mode: 0600}
  - file: {path: /etc/after/kept, content: "new\n", mode: 0644}
  - file: {path: /etc/after/deep/down/made, content: "{{ host }}\n"}
  - unit: {name: after-new.service, content: "[Service]\nExecStart=/bin/sleep 2000\n[Install]\nWantedBy=multi-user.target\n"}
  - unit: {name: after-old.service, content: "[Service]\nExecStart=/bin/sleep 3000\n[Install]\nWantedBy=multi-user.target\n"}
  - sysctl: {name: net.ipv4.ip_forward, value: 1}
  - run: [touch, /root/after-plain]
    creates: /root/after-plain
  - run: [sh, -c, "echo done >>/root/after-run"]
    creates: /root/after-run
    undo: rm -f /root/after-run
Y

# Taken back, and that taken back.
exits 0 "a playbook is applied" drover apply -y "$CASE/all.yaml"
run=$(uuid_of)
for host in web1 web2; do walk $host >"$CASE/done.$host"; done
ok "it changed something" test "$(diff "$CASE/before.web1" "$CASE/done.web1" | wc -l)" -gt 10
exits 0 "an undo shows its plan first" drover undo -n last
like "$out" "to remove" "with the usual classes"
like "$out" "^ *-drover was here" "and contents"
like "$out" "cannot be taken back: touch /root/after-plain \(it has no undo:\)" "what cannot be taken back is named"
exits 0 "as JSON" drover undo -n last --json
like "$out" '"event":"plan.note".*"host":"web1".*"text":"cannot be taken back: touch /root/after-plain' "it is named too"
like "$out" '"event":"plan.step".*"path":"/etc/motd"' "and what it would do"
for host in web1 web2; do
	walk $host >"$CASE/now.$host"
	ok "a plan leaves $host alone" diff "$CASE/done.$host" "$CASE/now.$host"
done
exits 12 "nobody is here to confirm it" drover undo last
exits 0 "it is taken back" drover undo -y last
like "$err" "2 changed" "on both"
for host in web1 web2; do
	on $host 'rm /root/after-plain'
	walk $host >"$CASE/now.$host"
	ok "$host is as it was: contents, modes, owners, units, settings, manifest" diff "$CASE/before.$host" "$CASE/now.$host"
	like "$(on $host 'tail -n 1 /var/lib/drover/journal')" "undo of $run" "the journal of $host says what was done"
	like "$(on $host 'systemctl show -p ExecStart after-old')" "/bin/sleep 1000" "the unit on $host runs as before"
done
exits 0 "again there is nothing left to take back" drover undo -y "$run"
like "$out" "taken back already" "and it is said"
unlike "$err" "changed" "nothing is done twice"
exits 0 "an undo is taken back as any run" drover undo -y last
for host in web1 web2; do
	on $host 'touch /root/after-plain'
	walk $host >"$CASE/now.$host"
	ok "$host is as the apply left it" diff "$CASE/done.$host" "$CASE/now.$host"
done
exits 0 "and the apply has nothing to add" drover apply -y --exit-code "$CASE/all.yaml"

# What changed since is left alone.
on web1 'echo mine >/etc/motd'
book other <<'Y'
name: other
hosts: web1
tasks:
  - file: {path: /etc/after/kept, content: "theirs\n", mode: 0644}
Y
exits 0 "another playbook takes a file over" drover apply -y "$CASE/other.yaml"
other=$(uuid_of)
exits 6 "what changed since is not taken back" drover undo -y "$run"
like "$out" "not touched: /etc/motd: changed since, by hand" "a person"
like "$out" "not touched: /etc/after/kept: changed since, by run $other: $(id -un) with other" "another run, by whom"
is "$(on web1 cat /etc/motd /etc/after/kept)" "$(printf 'mine\ntheirs')" "both are as they were"
ok "the rest went" on web1 'test ! -e /etc/after/deep && ! systemctl is-active -q after-new'
ok "the other host is done wholly" on web2 'test ! -e /etc/after/deep && grep -q old /etc/after/kept'
exits 0 "unless it is meant" drover undo -y --force "$run" web1
is "$(on web1 cat /etc/after/kept)" old "then it goes too"

# What only planned, or was refused before anything was sent, is not what last means.
on web1 'mkdir /etc/after/way; useradd -m after; ln -s /etc/after /home/after/d; chown -h after /home/after/d'
book refused <<'Y'
name: refused
hosts: web1
tasks:
  - file: {path: /etc/after/way, content: x}
Y
exits 11 "an apply is refused" drover apply -y "$CASE/refused.yaml"
refused=$(uuid_of)
exits 0 "there is nothing to take back of it" drover undo -y "$refused"
like "$err" "changed nothing on a host" "which is said, and no host is asked"
exits 0 "last is the run before it" drover undo -n last
like "$out" "~ /etc/after/kept" "which changed something"
book stopped <<'Y'
name: stopped
hosts: web1
tasks:
  - dir: {path: /home/after/d/way, mode: 0700}
  - file: {path: /home/after/d/kept, state: absent}
Y
exits 1 "an act stops before it touches its files" drover apply -y "$CASE/stopped.yaml"
exits 0 "there is nothing to take back" drover undo -y last
unlike "$out$err" "changed since|cannot be taken back" "and nothing else is said"
on web1 'userdel -r after 2>/dev/null; rmdir /etc/after/way'

# What a file was.
exits 0 "a file's versions" drover history file web1 /etc/after/kept
like "$out" "^1 +- +found" "the first was there before"
like "$out" "^2 .* change .* $(id -un) +all +$run" "then whose act changed it"
like "$out" "other +$other" "and the other's"
exits 0 "the first version" drover history file web1 /etc/after/kept --show 1
is "$out" old "as it was"
exits 0 "the second" drover history file web1 /etc/after/kept --show 2
is "$out" new "as the act made it"
exits 0 "what differs" drover history file web1 /etc/after/kept --diff 1 2
like "$out" "^\-old" "line by line"
differs=$out
exits 0 "the options may come first" drover history file --diff 1 2 web1 /etc/after/kept
is "$out" "$differs" "and say the same"
exits 0 "or in the middle" drover history file web1 --diff 1 2 /etc/after/kept
is "$out" "$differs" "and say the same"
exits 2 "but as a number" drover history file --diff 1 x web1 /etc/after/kept
like "$err" "x: the number of a version is wanted" "which is said"
exits 1 "a version that is not there" drover history file web1 /etc/after/kept --show 99
like "$err" "there are versions 1 to" "is said"
exits 0 "as JSON" drover history file web1 /etc/after/kept --json
like "$out" "\"version\":\"2\".*\"digest\":\"$(echo new | sha256sum | cut -c 1-64)\".*\"run\":\"$run\"" "a line each, with whole digests"
exits 0 "a version as JSON" drover history file web1 /etc/after/kept --show 2 --json
is "$(grep -v '"event":' <<<"$out")" '{"v":1,"version":2,"content":"new\n"}' "is one object"
"$DROVER" history file web1 /etc/after/kept >"$CASE/versions"
on web1 'mkdir /root/aside && mv /var/lib/drover/runs/* /root/aside'
exits 0 "what the host no longer remembers" drover history file web1 /etc/after/kept
is "$(awk '{ print $3, $4, $NF }' <<<"$out")" "$(awk '{ print $3, $4, $NF }' "$CASE/versions")" "this seat still knows"
exits 0 "with contents that were found" drover history file web1 /etc/after/kept --show 1
is "$out" old "as they were"
exits 0 "and that acts brought" drover history file web1 /etc/after/kept --show 2
is "$out" new "as they were"
exits 0 "another seat knows nothing of it" env XDG_STATE_HOME="$CASE/nobody" "$DROVER" history file web1 /etc/after/kept
is "$(grep -c "^[0-9]" <<<"$out")" 1 "but what stands there"
on web1 'mv /root/aside/* /var/lib/drover/runs'

# From another seat.
book seat <<'Y'
name: seat
hosts: "@web"
rollout: {canary: 2}
tasks:
  - file: {path: /etc/after/seat, content: "ci\n"}
Y
exits 0 "one seat applies" env XDG_STATE_HOME="$CASE/ci" "$DROVER" apply -y "$CASE/seat.yaml"
foreign=$(XDG_STATE_HOME=$CASE/ci uuid_of)
exits 2 "another that does not know the run asks for hosts" drover undo -y "$foreign"
exits 0 "it learns of it where it looks" drover plan "$CASE/seat.yaml"
exits 0 "and shows it" drover history
like "$out" "apply +seat +2 +foreign +2 changed" "as foreign, with its outcome"
exits 0 "what it did is proved" drover resume "$foreign"
exits 0 "and taken back from here" drover undo -y "$foreign"
for host in web1 web2; do ok "$host is clean" on $host test ! -e /etc/after/seat; done
exits 1 "a run that nobody knows is not made up" drover undo -y 01a20000-0000-7000-8000-000000000000 web1
like "$err" "knows no such run" "and that is said"

# Killed in the middle of an undo.
book slow <<'Y'
name: slow
hosts: web1
tasks:
  - file: {path: /etc/after/slow, content: "slow\n"}
  - run: [touch, /root/after-slow]
    undo: sleep 3; rm /root/after-slow
Y
exits 0 "an apply whose undo takes a while" drover apply -y "$CASE/slow.yaml"
"$DROVER" undo -y last >"$CASE/killed" 2>&1 &
victim=$!
wait_for 30 on web1 'systemctl list-units --plain --no-legend "drover-*.service" | grep -q drover-'
exits 9 "while it acts nobody else does" env XDG_STATE_HOME="$CASE/ci" "$DROVER" apply -y -l web1 "$CASE/seat.yaml"
exits 9 "while it runs it is not resumed" drover resume last
kill -KILL $victim
wait $victim 2>/dev/null
exits 0 "resume proves how an undo ended" drover resume
like "$err" "1 changed" "by what the host says"
ok "and it did" on web1 'test ! -e /etc/after/slow && test ! -e /root/after-slow'
exits 0 "resumed once more there is nothing to ask" drover resume

# Away, and back.
book away <<'Y'
name: away
hosts: "@web"
rollout: {canary: 1, max_unreachable: 90%}
tasks:
  - {file: {path: /etc/after/away, content: "one\n"}, tags: x}
Y
exits 0 "nobody is owed anything" drover apply --owed -y
like "$err" "no host is owed anything" "as it is said"
"$fleet" partition web2
exits 4 "a host that is away is owed" drover --connect-timeout 2s apply -y "$CASE/away.yaml"
exits 0 "hosts shows it" drover hosts
like "$out" "^web2 .*owed away.yaml" "with the playbook"
"$fleet" heal web2
exits 0 "a part of the playbook pays no debt" drover apply -y --tags x -l web1 "$CASE/away.yaml"
sed -i 's/one/two/' "$CASE/away.yaml"
exits 0 "once it is back it gets what it missed" drover apply --owed -y
like "$err" "is not what it was in r-[0-9]+ \(release [0-9a-f]{12}\)" "that the playbook changed is said"
is "$(on web2 cat /etc/after/away) $(on web1 cat /etc/after/away)" "two one" "and only that host"
exits 0 "then it is owed nothing" drover apply --owed -y "$CASE/away.yaml"
like "$err" "no host is owed" "any more"

# Strayed.
exits 0 "a command as root" drover run -B web1 -- true
exits 0 "leaves a mark" drover hosts
like "$out" "^web1 .*strayed" "on the host it ran on"
unlike "$out" "^web2 .*strayed" "only"
exits 0 "sets know it" drover nodes --fold "$("$DROVER" run state=strayed -- hostname 2>/dev/null | cut -d: -f1)"
is "$out" web1 "by its state"
exits 0 "some tags do not take it off" drover apply -y --tags x "$CASE/away.yaml"
like "$("$DROVER" hosts)" "^web1 .*strayed|
web1 .*strayed" "it is still there"
exits 0 "an apply of all does" drover apply -y "$CASE/away.yaml"
unlike "$("$DROVER" hosts)" "strayed" "it is gone"
