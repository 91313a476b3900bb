#!/bin/bash
# Two real hosts are rebooted in the middle of an apply: once each, whoever dies meanwhile, and what is
# behind the reboot is done by the next boot.
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
playbook() { # stdin: tasks
	{
		printf 'name: reboot\nhosts: "web[1-2]"\nrollout: {canary: 0, batch: 2, max_fail: 2}\nprune: false\ntasks:\n'
		cat
	} >"$CASE/p.yaml"
}
boots() { # HOST: how often it went down to come back
	grep -c 'ended with status 133' "$DROVER_FLEET_STATE/hosts/$1/console.log"
}
rebooted() { # HOST COUNT
	[ "$(boots "$1")" -ge "$2" ]
}
boot_id() { on "$1" 'cat /proc/sys/kernel/random/boot_id' 2>/dev/null; }

before=$(boot_id web1)
playbook <<'E2'
  - {file: {path: /etc/rb-one, content: "one\n"}}
  - {run: "cat /proc/sys/kernel/random/boot_id >/root/before", creates: /root/before}
  - {reboot: {timeout: 2m}, tags: boot}
  - {wait: {port: 22, timeout: 30s}}
  - {run: "cat /proc/sys/kernel/random/boot_id >>/root/after", creates: /root/after}
  - {file: {path: /etc/rb-two, content: "two\n"}, then: {run: [touch, /root/then]}}
E2
exits 0 "an apply goes over a reboot" drover apply -y "$CASE/p.yaml"
is "$(on web1 'cat /root/before')" "$before" "what is in front of it is done before"
is "$(on web1 'cat /root/after')" "$(boot_id web1)" "what is behind it by the next boot"
unlike "$(boot_id web1)" "$before" "whose id is another"
is "$(boots web1) $(boots web2)" "1 1" "each host was rebooted once"
for host in web1 web2; do
	is "$(on $host 'cat /etc/rb-two; ls -d /root/then')" "two
/root/then" "$host: files and follow-ups behind it too"
	is "$(on $host 'ls /etc/systemd/system/drover-* /etc/systemd/system/*/drover-* /var/lib/drover/pending 2>/dev/null')" "" "$host: no unit and no promise is left"
	is "$(on $host 'cut -d" " -f2 /var/lib/drover/runs/*/result | sort -u | wc -l')" 2 "$host: its records are of two boots"
	is "$(on $host 'grep -c "changed" /var/lib/drover/journal')" 1 "$host: one act in its journal"
done
exits 0 "without the reboot nothing differs" drover plan --exit-code --skip-tags boot "$CASE/p.yaml"

# Only where it is required.
playbook <<'E2'
  - {reboot: {if_required: true}}
E2
exits 0 "where no reboot is required nothing differs" drover apply -y --exit-code "$CASE/p.yaml"
on web2 'echo libc6 >/run/reboot-required.pkgs; touch /run/reboot-required'
exits 5 "where it is, the plan says for whose sake" drover plan --exit-code "$CASE/p.yaml"
like "$out" "reboot if required  .required by libc6" "which is that"
exits 0 "and it is done there" drover apply -y "$CASE/p.yaml"
is "$(boots web1) $(boots web2)" "1 2" "and nowhere else"
exits 0 "once" drover apply -y --exit-code "$CASE/p.yaml"

# The seat dies while the hosts are down.
playbook <<'E2'
  - {run: [mkdir, /root/killed]}
  - {reboot: {}}
  - {run: [touch, /root/killed/after]}
E2
"$DROVER" apply -y "$CASE/p.yaml" >"$CASE/apply" 2>&1 &
seat=$!
ok "the hosts go down" wait_for 60 rebooted web1 2
kill -9 $seat
wait $seat 2>/dev/null
exits 0 "resume waits for hosts that are down, and tells how it ended" drover resume
like "$out$err" "2 changed" "which is well"
is "$(on web1 'ls /root/killed') $(on web2 'ls /root/killed')" "after after" "what was behind the reboot is done"
is "$(boots web1) $(boots web2)" "2 3" "nobody was rebooted twice"
exits 0 "a second resume has nothing to ask" drover resume

# A host that does not come back in time is unknown, and found when it does.
playbook <<'E2'
  - {reboot: {timeout: 12s}}
  - {run: [touch, /root/late]}
E2
sed -i 's/web\[1-2\]/web1/' "$CASE/p.yaml"
"$DROVER" apply -y "$CASE/p.yaml" >"$CASE/apply" 2>&1 &
seat=$!
ok "the host goes down" wait_for 60 rebooted web1 3
"$fleet" partition web1
wait $seat
is $? 7 "a host that is not back in time is unknown"
like "$(cat "$CASE/apply")" "rebooted and is not back" "and why is said"
"$fleet" heal
exits 0 "resume finds it when it is back" drover resume
is "$(on web1 'ls -d /root/late')" /root/late "with all that was behind the reboot"

# A failure behind the reboot, and a lock that nobody will come for.
playbook <<'E2'
  - {reboot: {}}
  - {run: "echo no; exit 4"}
  - {run: [touch, /root/never]}
E2
sed -i 's/web\[1-2\]/web2/' "$CASE/p.yaml"
exits 1 "a failure behind the reboot is a failure" drover apply -y "$CASE/p.yaml"
like "$out$err" "no" "with what was said"
is "$(on web2 'ls /root/never 2>/dev/null')" "" "and nothing behind it happens"
exits 0 "resume agrees" drover resume
on web2 'echo 01a201b1-0000-7000-b65d-432e3939e8a7 >/var/lib/drover/pending'
playbook <<'E2'
  - {run: [touch, /root/again]}
E2
exits 0 "a promise of the lock that nobody can redeem is void" drover apply -y "$CASE/p.yaml"
is "$(on web2 'ls /var/lib/drover/pending 2>/dev/null')" "" "and forgotten"

# Mistakes cost nobody a connection.
logins=$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')
playbook <<'E2'
  - {reboot: {timeout: 1s}}
E2
exits 3 "a bad value is told" drover apply -y "$CASE/p.yaml"
like "$out$err" "p.yaml:6:14: reboot: timeout" "at its line and column"
is "$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')" "$logins" "and nobody was contacted"
printf 'hosts: {here: {transport: local, kind: cattle}}\n' >"$CASE/local.yaml"
printf 'name: x\nhosts: here\ntasks: [{reboot: {}}]\n' >"$CASE/p.yaml"
exits 3 "this machine is not rebooted under itself" env DROVER_INVENTORY="$CASE/local.yaml" "$DROVER" apply -y "$CASE/p.yaml"
