#!/bin/bash
# wait and assert on two real hosts.
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
playbook() { # stdin: tasks
	{
		printf 'name: kinds\nhosts: "web[1-2]"\nrollout: {canary: 0, batch: 2, max_fail: 2}\nprune: false\ntasks:\n'
		cat
	} >"$CASE/p.yaml"
}

# Everything a wait can wait for, none of it there at first.
mkdir -p "$CASE/www"
cat >"$CASE/late.service" <<'E2'
[Service]
ExecStartPre=/bin/sleep 1
ExecStart=/bin/busybox httpd -f -p 127.0.0.1:8099 -h /srv/late
E2
cat >"$CASE/teller.service" <<'E2'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo not yet; echo now ready for all; touch /run/told'
E2
tasks() {
	cat <<'E2'
  - {file: {path: /srv/late/index.html, content: "late\n"}}
  - {file: {path: /srv/late/index.cgi, content: "x\n"}}
  - {unit: late.service}
  - {wait: {port: 8099, timeout: 30s, interval: 200ms}}
  - {wait: {http: "http://127.0.0.1:8099/index.html", timeout: 30s}}
  - {wait: {http: "http://127.0.0.1:8099/none", status: 404, timeout: 5s}}
  - {wait: {unit: late, timeout: 30s}}
  - {run: "systemd-run --quiet --on-active=1 /bin/touch /run/came", creates: /run/came}
  - {wait: {file: /run/came, timeout: 30s, interval: 200ms}}
  - {unit: teller.service}
  - {run: [systemctl, start, teller], creates: /run/told}
  - {wait: {journal: "^now (ready|set) for", unit: teller, timeout: 20s}}
  - {wait: {for: 300ms}}
  - {wait: {port: 8098, state: absent}}
E2
}
tasks | playbook
exits 5 "a plan says what would be waited for" drover plan --exit-code "$CASE/p.yaml"
like "$out" '[?] wait for port 127.0.0.1 8099  .would wait' "that which is not there"
like "$out" '[?] wait for no port 127.0.0.1 8098$' "and that which may yet change"
exits 0 "an apply waits for it" drover apply -y "$CASE/p.yaml"
is "$(on web1 'cd /var/lib/drover/runs/*/ && grep -c "step [0-9]* ok" result')" 8 "and waiting changes nothing"
exits 0 "when it is there, nothing differs" drover apply -y --exit-code "$CASE/p.yaml"

# In vain.
playbook <<'E2'
  - {run: [touch, /root/first]}
  - {wait: {port: 8097, timeout: 1s, interval: 200ms}}
  - {run: [touch, /root/behind]}
E2
exits 1 "what does not come fails" drover apply -y "$CASE/p.yaml"
like "$out$err" "wait for port 127.0.0.1 8097: failed" "by name"
like "$out$err" "waited 1 s in vain for port 127.0.0.1 8097" "and by what it waited for"
is "$(on web2 'ls /root/first /root/behind 2>/dev/null')" /root/first "nothing behind it happens"
exits 0 "resume agrees" drover resume
playbook <<'E2'
  - {wait: {journal: "now ready", unit: teller, timeout: 1s}}
  - {wait: {for: 1h}}
E2
exits 0 "lines of before do not count, and where nothing changes nothing is waited for" drover apply -y --exit-code "$CASE/p.yaml"
playbook <<'E2'
  - {run: "true", unchanged: true}
  - {wait: {journal: "now ready", unit: teller, timeout: 1s}}
E2
exits 1 "a line of before this apply is none" drover apply -y "$CASE/p.yaml"

# How a command ended is said wherever it failed.
ends() { # COMMAND WHAT RC
	playbook <<<"  - {run: $1}"
	exits 1 "$1 fails" drover apply -y "$CASE/p.yaml"
	like "$err" "web1: .*: failed: $2" "the step says how"
	like "$err" "^web1: failed: $2" "and so does the host"
	run=$(sed -n 's/^\(r-[0-9]*\): apply on.*/\1/p' <<<"$err")
	exits 0 "and history" drover history show "$run"
	like "$out" "^web1 +failed +$3 .*$2" "in its column"
}
ends '"exit 42"' 'exit 42' 42
ends '"kill -9 $$"' 'killed by signal 9 .KILL.' 137
ends '"echo one; echo two; exit 3"' 'exit 3: one' 3
like "$out" "exit 3: one; two" "and lines as one cell"

# Assertions: judged before anything is done, with facts of the host.
playbook <<'E2'
  - {file: {path: /etc/asserted, content: "x\n"}}
  - assert:
      that: [os is glob("debian*"), os == "debian-13" or kind == "pet"]
      msg: "{{ host }} runs {{ os }}"
E2
exits 1 "an assertion that does not hold fails the host" drover plan "$CASE/p.yaml"
like "$out$err" 'web1: failed: assert 2: web1 runs debian-12 .os == "debian-13"' "with its message and the condition"
like "$out" "^web2: 1 to create" "the other has its plan"
exits 1 "in an apply too" drover apply -y "$CASE/p.yaml"
is "$(on web1 'ls /etc/asserted 2>/dev/null')" "" "nothing is done on the host where it fails"
exits 1 "for good" drover plan "$CASE/p.yaml"
playbook <<'E2'
  - {assert: systemd is defined}
  - {assert: {that: podman | split(".") | first | int >= 4}}
E2
exits 0 "what holds changes nothing" drover apply -y --exit-code "$CASE/p.yaml"

# Mistakes cost nobody a connection.
logins=$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')
playbook <<'E2'
  - {wait: {port: 0}}
  - {assert: {that: "kind =="}}
  - {assert: {that: nobody == 1}}
E2
exits 3 "bad values are told" drover apply -y "$CASE/p.yaml"
like "$out$err" "p.yaml:7:" "at their lines"
is "$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')" "$logins" "and nobody was contacted"
