#!/bin/bash
# `true` on many hosts, by drover and by its peers, at the same fan-out. Client side only: the CPU is
# that of the tool and of all it starts. Nobody keeps connections from one run to the next.
# Then what drover has in memory with BENCH_MEMORY (1000) sessions held.
# usage: fanout.bench.sh [HOSTS...]     (64 256, and BENCH_HOSTS if set)
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
fanout=${BENCH_FANOUT:-64}
kex=curve25519-sha256
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
export DROVER_FARM_STATE=$PWD/build/farm-bench
farm() { $sudo tests/farm/farm "$@"; }
finish() {
	farm down
	rm -rf "$bench_home"
}
trap finish EXIT

farm up >/dev/null || { echo "fanout: the farm did not come up"; exit 0; }
eval "$(farm env)"
ulimit -n "$(ulimit -Hn)"

addresses() { # N
	local i
	for ((i = 0; i < $1; i++)); do echo "127.7.$((i / 200)).$((i % 200 + 1))"; done
}

inputs() { # N
	addresses "$1" >"$bench_home/hosts"
	cat >"$bench_home/inventory.yaml" <<YAML
fleet: bench
known_hosts: $FARM_KNOWN_HOSTS
defaults: {user: $FARM_USER, port: $FARM_PORT}
groups:
  farm:
    kind: cattle
    hosts:
$(sed 's/.*/      "&":/; s/$/ {}/' "$bench_home/hosts")
YAML
	sed "s/\$/ ansible_user=$FARM_USER ansible_port=$FARM_PORT/" "$bench_home/hosts" >"$bench_home/hosts.ini"
	{ cat "$FARM_SSH_CONFIG"; echo "  KexAlgorithms $kex"; } >"$bench_home/ssh_config.kex"
}

by_drover() { # CONFIG
	"$drover" -F "$1" -i "$bench_home/inventory.yaml" -P "$fanout" -q run @all -- true
}

by_xargs() { # CONFIG
	xargs -a "$bench_home/hosts" -P "$fanout" -I{} ssh -n -F "$1" {} true
}

by_clush() { # CONFIG
	clush --conf=/dev/null -f "$fanout" --nostdin -q -o "-F $1" --hostfile="$bench_home/hosts" true
}

by_pdsh() { # CONFIG
	PDSH_SSH_ARGS_APPEND="-F $1" pdsh -R ssh -f "$fanout" -w ^"$bench_home/hosts" true
}

by_parallel-ssh() { # CONFIG
	parallel-ssh -p "$fanout" -t 0 -x "-F $1" -h "$bench_home/hosts" true
}

by_ansible() { # CONFIG
	ANSIBLE_SSH_ARGS="-F $1 -o ControlMaster=no" ANSIBLE_LOCAL_TEMP=$bench_home/ansible \
		ANSIBLE_HOME=$bench_home/ansible ansible -i "$bench_home/hosts.ini" -f "$fanout" -m raw -a true all
}

export -f by_drover by_xargs by_clush by_pdsh by_parallel-ssh by_ansible
export bench_home fanout drover FARM_USER

tools=(drover xargs)
for tool in clush pdsh parallel-ssh ansible; do
	if have $tool; then tools+=("$tool"); else missing="${missing:-} $tool"; fi
done
[ -z "${missing:-}" ] || echo "not installed, left out:$missing"

name_of() {
	case $1 in
	xargs) echo "xargs -P $fanout ssh" ;;
	ansible) echo "ansible -m raw" ;;
	*) echo "$1" ;;
	esac
}

# The tools take turns, so that what else the machine does falls on all of them.
table() { # N
	local round tool n=$1
	inputs "$n"
	walls=() cpus=() faults=()
	for ((round = 0; round < rounds; round++)); do
		rm -rf "$bench_home/cache"
		cost "drover, ssh_config not yet read" bash -c 'by_drover "$0"' "$FARM_SSH_CONFIG"
		for tool in "${tools[@]}"; do
			cost "$(name_of "$tool")" bash -c "by_$tool \"\$0\"" "$FARM_SSH_CONFIG"
			[ "$tool" = drover ] ||
				cost "$(name_of "$tool"), $kex" bash -c "by_$tool \"\$0\"" "$bench_home/ssh_config.kex"
		done
	done
	head_line "drover run @all -- true: $n hosts, $fanout at once, median of $rounds" host
	row drover drover "$n"
	row "drover, ssh_config not yet read" drover "$n"
	for tool in "${tools[@]:1}"; do
		row "$(name_of "$tool")" drover "$n"
		row "$(name_of "$tool"), $kex" drover "$n"
	done
}

# memory N: parent and workers, looked at until the run ends.
memory() {
	local pid one kb most=0
	inputs "$1"
	"$drover" -F "$FARM_SSH_CONFIG" -i "$bench_home/inventory.yaml" -P "$1" -q run @all -- 'sleep 5' &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		kb=$(for one in $pid $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
			awk '/^VmRSS/ { print $2 }' "/proc/$one/status" 2>/dev/null
		done | awk '{ kb += $1 } END { print kb + 0 }')
		[ "$kb" -le "$most" ] || most=$kb
		read -rt 0.2 <> <(:)
	done
	printf '\nmemory, parent and workers, %d sessions held: %d MiB\n' "$1" $((most / 1024))
}

# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- 64 256 ${BENCH_HOSTS:-}
for hosts in "$@"; do table "$hosts"; done
memory "${BENCH_MEMORY:-1000}"
