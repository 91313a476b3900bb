#!/bin/bash
# Changes that may cut us off, on two real hosts: confirmed by a new login, or taken back by the host
# itself: a port of sshd, a firewall, a key, a power cut, a seat that dies, steps that take too long.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2

book() { # NAME: a playbook from standard input
	{
		echo "name: $1"
		cat
	} >"$CASE/$1.yaml"
}
apply() { # NAME OPTIONS
	local name=$1
	shift
	drover --connect-timeout 2s apply -y "$@" "$CASE/$name.yaml"
}

book good <<'YAML'
hosts: "@web"
rollout: {canary: 2}
tasks:
  - file: {path: /etc/ssh/sshd_config.d/50-drover.conf, content: "ClientAliveInterval 30\n"}
    then: restart ssh.service
YAML
exits 0 "the plan says that it will be taken back unless it is confirmed" drover plan "$CASE/good.yaml"
like "$out" "takes all this back unless a new login confirms it within 60 s \(file /etc/ssh" "and because of what"
exits 0 "a change of sshd that leaves us in is confirmed" apply good -vv
like "$err" "web1: armed: it takes itself back in 60 s" "it was armed before"
like "$err" "web2: confirmed by a new login" "and confirmed after"
like "$err" "logins 4," "by a second login to each host"
for host in $hosts; do
	is "$(on "$host" cat /etc/ssh/sshd_config.d/50-drover.conf)" "ClientAliveInterval 30" "$host has it"
	like "$(on "$host" 'cat /var/lib/drover/runs/*/result')" " armed 60\$" "the host's own record tells"
done
nothing_left
exits 0 "the second time there is nothing to do" apply good
like "$err" "2 ok" "at all"
"$fleet" reboot web1 >/dev/null 2>&1 || "$fleet" start web1 >/dev/null 2>&1
wait_for 60 gets_in web1
is "$(on web1 cat /etc/ssh/sshd_config.d/50-drover.conf)" "ClientAliveInterval 30" "what was confirmed outlives a reboot"

# Our own access is cut: the port, with all that came in the same act.
book port <<'YAML'
hosts: "@web"
rollout: {canary: 2}
tasks:
  - sysctl: {name: net.ipv4.ip_forward, value: 1}
  - file: {path: /etc/drover-made/deep/file, content: "x\n"}
  - file: {path: /etc/ssh/sshd_config.d/50-drover.conf, content: "Port 2222\n"}
    confirm: {within: 6s}
    then: restart ssh.service
  - run: [touch, /root/run-made]
    creates: /root/run-made
    undo: [rm, /root/run-made]
YAML
for host in $hosts; do on "$host" 'cat /proc/sys/net/ipv4/ip_forward; sort /var/lib/drover/manifest' >"$CASE/before.$host"; done
exits 1 "a port on which we cannot get in is taken back" apply port
for host in $hosts; do
	like "$err" "$host: rolled-back: restored as it was before; not confirmed by a new login within 6 s" "$host says so"
	is "$(on "$host" cat /etc/ssh/sshd_config.d/50-drover.conf)" "ClientAliveInterval 30" "its file is as it was"
	ok "and lets us in" gets_in "$host"
	is "$(on "$host" 'ls -d /etc/drover-made /root/run-made /etc/sysctl.d/60-drover-* /etc/sysctl.d/*drover* 2>/dev/null')" "" \
		"files, directories, parameters and what the command made are gone from $host"
	on "$host" 'cat /proc/sys/net/ipv4/ip_forward; sort /var/lib/drover/manifest' >"$CASE/after.$host"
	ok "its parameter and its manifest are as they were" diff "$CASE/before.$host" "$CASE/after.$host"
	like "$(on "$host" tail -n 1 /var/lib/drover/journal)" "rolled-back" "its journal says what became of it"
done
nothing_left

# A firewall that drops ssh, and a key that is taken away: at once, one on each host.
book wall <<'YAML'
hosts: "@web"
rollout: {canary: 2}
tasks:
  - file:
      path: /etc/nftables.conf
      content: |
        flush ruleset
        table inet drover_test {
          chain input {
            type filter hook input priority 0;
            tcp dport 22 drop
          }
        }
    when: host == "web1"
    confirm: {within: 6s}
    then: restart nftables.service
  - file: {path: /root/.ssh/authorized_keys, content: "# nobody\n", mode: 0600}
    when: host == "web2"
    confirm: {within: 6s}
YAML
on web1 'cp -p /etc/nftables.conf /root/nftables.was'
exits 1 "what keeps us out is taken back" apply wall
like "$err" "web1: rolled-back: .* not confirmed" "a firewall"
like "$err" "web2: rolled-back: .* not confirmed" "a key"
for host in $hosts; do ok "$host lets us in again" gets_in "$host"; done
unlike "$(on web1 'nft list ruleset')" "drover_test" "the rules are gone"
is "$(on web1 'systemctl is-active nftables')" inactive "the firewall is off, as it was"
ok "and its file as it was" on web1 cmp /etc/nftables.conf /root/nftables.was
nothing_left

# Steps that take longer than the time: nothing is confirmed then.
book long <<'YAML'
hosts: web1
tasks:
  - file: {path: /etc/drover-long, content: "x\n"}
    confirm: {within: 5s}
  - run: [sh, -c, "echo all is well; sleep 60"]
    undo: ["true"]
YAML
exits 1 "an act that takes longer than its time is taken back" apply long
like "$err" "web1: rolled-back: restored as it was before; not confirmed by a new login within 5 s" "by the timer"
ok "its file is gone" on web1 '! test -e /etc/drover-long'
unlike "$(on web1 'ps ax -o args')" "^sleep 60" "and its command does not run on"
nothing_left

# A failure in the middle does not wait for the timer.
book fails <<'YAML'
hosts: web1
tasks:
  - file: {path: /etc/drover-long, content: "x\n"}
    confirm: true
  - run: [sh, -c, "echo all is well; exit 1"]
YAML
exits 1 "an armed act that fails is taken back at once" apply fails
like "$err" "web1: rolled-back: restored as it was before; not taken back: sh -c .*; exit 1: all is well" "and what cannot be is named"
ok "its file is gone" on web1 '! test -e /etc/drover-long'
nothing_left

