#!/bin/bash
# drover on many hosts with one in twenty silent, and without those: in a network of its own, as root.
# usage: dead.bench.sh [HOSTS]
set -u
cd "$(dirname "$0")/../.." || exit
if [ -z "${DEAD_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "dead: not root, left out"; exit 0; }
	exec env DEAD_INSIDE=1 unshare --net "$PWD/tests/bench/dead.bench.sh" "$@"
fi
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
hosts=${1:-1000}
dead=$((hosts / 20))
fanout=${BENCH_FANOUT:-64}
farm() { tests/farm/farm "$@"; }
export DROVER_FARM_STATE=$PWD/build/farm-dead
finish() {
	farm down
	rm -rf "$bench_home"
}
trap finish EXIT
ip link set lo up
nft -f - <<<'table ip holes { chain in { type filter hook input priority 0; ip daddr 127.250.0.0/16 drop; }; }' || exit 0
farm up >/dev/null || { echo "dead: the farm did not come up"; exit 0; }
eval "$(farm env)"

# inventory FILE LIVE DEAD
inventory() {
	local i
	{
		printf 'fleet: bench\nknown_hosts: %s\ndefaults: {user: %s, port: %s}\nhosts:\n' "$FARM_KNOWN_HOSTS" "$FARM_USER" "$FARM_PORT"
		for ((i = 0; i < $2 + $3; i++)); do
			# The silent ones stand among the others.
			if [ "$3" -gt 0 ] && [ $((i % 20)) = 10 ]; then
				echo "  \"127.250.$((i / 200)).$((i % 200 + 1))\": {}"
			else
				echo "  \"127.7.$((i / 200)).$((i % 200 + 1))\": {}"
			fi
		done
	} >"$1"
}
inventory "$bench_home/live.yaml" $((hosts - dead)) 0
inventory "$bench_home/all.yaml" $((hosts - dead)) "$dead"

# ends FILE: when the last good host ended and when the run did, in milliseconds from the start.
ends() {
	"$drover" -F "$FARM_SSH_CONFIG" -i "$1" -P "$fanout" --json run @all -- true 2>/dev/null | perl -MTime::HiRes=time -ne '
		BEGIN { $t = time } if (/"event":"host.end"/) { if (/"outcome":"ok"/ || /"state":"ok"/) { $n++; $last = time } else { $bad++ } }
		END { printf "%d %d %d %d\n", ($last - $t) * 1000, (time - $t) * 1000, $n, $bad }'
}
ends "$bench_home/all.yaml" >/dev/null # ssh_config is read
printf '\n%d hosts, %d at once: run true\n' "$hosts" "$fanout"
for ((round = 0; round < rounds; round++)); do
	read -r last all n bad < <(ends "$bench_home/live.yaml")
	printf '  without silent ones   %4d ok in %6d ms; run %6d ms\n' "$n" "$last" "$all"
	read -r last all n bad < <(ends "$bench_home/all.yaml")
	printf '  %3d of them silent    %4d ok in %6d ms; run %6d ms, %d not reached\n' "$dead" "$n" "$last" "$all" "$bad"
done
