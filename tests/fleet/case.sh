# shellcheck shell=bash disable=SC2034
# A case on a fleet of its own, which comes up with it and goes with it: sourced from the root of the tree,
# then `fleet_case N [OPTIONS]`. Gives root, fleet, hosts, what tests/cases/lib.sh has, and the words below.

root=$PWD
mkdir -p build
DROVER_FLEET_STATE=$root/build/fleet-$(basename "$0" .t.sh)
export DROVER_FLEET_STATE
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh

fleet_case() { # N [OPTIONS OF UP]
	case_start
	trap 'cd "$root" && "$fleet" down >/dev/null 2>&1; case_end' EXIT
	"$fleet" up "$@" >"$CASE/up" 2>&1 || {
		fail "the fleet comes up" "$(cat "$CASE/up")"
		exit 1
	}
	export DROVER_INVENTORY=$DROVER_FLEET_STATE/inventory.yaml DROVER_SSH_CONFIG=$DROVER_FLEET_STATE/ssh_config
	hosts=$("$fleet" list | awk '{ print $1 }' | sort | paste -sd' ')
}
on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	timeout 120 "$fleet" shell-in "$host" sh -c "$*"
}
execs() { # HOST
	"$fleet" sshd-log "$1" | grep -c 'Starting session: command'
}
# What is so already costs one look, and nothing on the host is touched; walk HOST, of the case, lists what
# could be, with inodes and times.
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
# All hosts of the case as the cattle of one group, all-of-them.
all_cattle() { # FLEET
	{
		echo "fleet: $1"
		echo "known_hosts: $DROVER_FLEET_STATE/known_hosts"
		echo "defaults: {user: root}"
		echo "groups:"
		echo "  all-of-them:"
		echo "    kind: cattle"
		echo "    hosts:"
		"$fleet" list | awk '{ print "      " $1 ": {address: " $2 "}" }'
	} >"$CASE/inventory.yaml"
	export DROVER_INVENTORY=$CASE/inventory.yaml
}
# What a confirmation could leave behind.
nothing_left() {
	local host
	for host in $hosts; do
		is "$(on "$host" 'ls -d /etc/systemd/system/*drover* /etc/systemd/system/*/*drover* 2>/dev/null
			systemctl list-units --all --plain --no-legend "drover-*"; ls -d /etc/.drover-* /etc/*/.drover-* 2>/dev/null')" \
			"" "nothing of it is left on $host"
	done
}
gets_in() { # HOST: a new login by ssh(1)
	timeout 10 ssh -F "$DROVER_SSH_CONFIG" "$1" true
}
