# shellcheck shell=bash disable=SC2154
# What the cases of podman's kinds need: looks at hosts, playbooks, and that nothing is touched. Sourced.

on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	timeout 60 "$fleet" shell-in "$host" sh -c "$*"
}
execs() { "$fleet" sshd-log "$1" | grep -c 'Starting session: command'; }
walk() { # HOST: what these kinds could touch, with inodes and times
	# shellcheck disable=SC2016
	on "$1" 'find /etc /home /var/lib/drover /var/lib/containers /var/lib/systemd/linger -printf "%i %T@ %m %U %p\n" | sort -k5'
}
book() { # NAME [KEYS]: its tasks from standard input
	{
		printf 'name: %s\nhosts: "%s"\nrollout: {canary: 2, max_fail: 100%%}\ntasks:\n' "$1" "${2:-web[1-2]}"
		cat
	} >"$CASE/$1.yaml"
}
# What is so already costs one look, and nothing on the host is touched.
nothing_differs() { # PLAYBOOK WHAT
	local host before
	for host in $hosts; do
		walk "$host" >"$CASE/before.$host"
		execs "$host" >"$CASE/execs.$host"
	done
	exits 0 "$2 a second time: nothing differs" drover apply -y --exit-code "$1"
	for host in $hosts; do
		walk "$host" >"$CASE/after.$host"
		ok "no inode and no time changed on $host" diff "$CASE/before.$host" "$CASE/after.$host"
		before=$(cat "$CASE/execs.$host")
		is "$(execs "$host")" $((before + 1)) "$host was asked once"
	done
}
answers() { # HOST PORT
	local address
	address=$(sed -n "s/.* $1: {address: \([0-9.]*\).*/\1/p" "$DROVER_INVENTORY")
	[ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' "http://$address:$2/")" != 000 ]
}
