#!/bin/bash
# A playbook that closes the SSH port and says nothing of it: each of five hosts is back by itself in the time that
# is the default, with a firewall or sshd that kept us out; left alone, rebooted, its seat killed, and both.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 5
all_cattle closed
rebooted='db1 web4' killed='web3 web4'
declare -A address_of seat_of closed_at
for host in $hosts; do
	address_of[$host]=$("$fleet" list | awk -v host="$host" '$1 == host { print $2 }')
done
cat >"$CASE/closed.yaml" <<'YAML'
name: closed
hosts: "@all-of-them"
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
    when: host in ["web1", "web2"]
    then: restart nftables.service
  - file: {path: /etc/ssh/sshd_config.d/50-drover.conf, content: "Port 2222\n"}
    when: host not in ["web1", "web2"]
    then: restart ssh.service
YAML
is_open() { # HOST: its sshd greets on port 22
	# shellcheck disable=SC2016
	[ "$(timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/22" && head -c 4 <&3' "${address_of[$1]}" 2>/dev/null)" = SSH- ]
}
is_closed() { ! is_open "$1"; }
by() { # HOST ARGUMENTS...: the seat that changes this host
	XDG_STATE_HOME=$CASE/seat-$1 "$DROVER" --connect-timeout 2s "${@:2}"
}
state() { # HOST: what the playbook is about
	on "$1" 'sha256sum /etc/nftables.conf; ls /etc/ssh/sshd_config.d; nft list ruleset | grep drover_test
		systemctl is-active nftables ssh; sort /var/lib/drover/manifest' 2>/dev/null
}
is_armed() { # HOST
	on "$1" 'cat /var/lib/drover/runs/*/result' | grep -q ' armed 60$'
}
back_in() { # SECONDS HOST
	wait_for $((${closed_at[$2]} + $1 - SECONDS)) is_open "$2"
}

exits 0 "the plan of it" drover plan "$CASE/closed.yaml"
like "$out" "takes all this back unless a new login confirms it within 60 s" "says that it will not stand by itself"
for host in $hosts; do state "$host" >"$CASE/before.$host"; done
for host in $hosts; do
	XDG_STATE_HOME=$CASE/seat-$host "$DROVER" --connect-timeout 2s apply -y -l "$host" "$CASE/closed.yaml" \
		>"$CASE/said.$host" 2>&1 &
	seat_of[$host]=$!
done
for host in $hosts; do
	ok "the port of $host is closed" wait_for 40 is_closed "$host"
	closed_at[$host]=$SECONDS
	ok "and the host is armed" is_armed "$host"
done
for host in $killed; do kill -KILL "${seat_of[$host]}" && wait "${seat_of[$host]}" 2>/dev/null; done
for host in $rebooted; do "$fleet" reboot "$host" >/dev/null 2>&1 & done
for host in $hosts; do
	# 60 s are promised; a machine that does other things gets three times that, and says how long it was.
	ok "$host is back by itself" back_in 180 "$host"
	echo "# $host was closed for about $((SECONDS - ${closed_at[$host]})) s"
done
for host in $hosts; do
	case " $killed " in
	*" $host "*)
		exits 1 "resume tells how it ended on $host" by "$host" resume
		like "$err" "$host: rolled-back: restored as it was before" "it is rolled back"
		;;
	*)
		wait "${seat_of[$host]}"
		is $? 1 "the run of $host ends with 1"
		like "$(cat "$CASE/said.$host")" "$host: rolled-back: restored as it was before" "and says rolled-back"
		;;
	esac
	state "$host" >"$CASE/after.$host"
	ok "$host is as it was" diff "$CASE/before.$host" "$CASE/after.$host"
	ok "and lets us in" gets_in "$host"
done
nothing_left
