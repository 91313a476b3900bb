#!/bin/bash
# The console in use: how long a key takes to be seen while BENCH_HOSTS (1000) hosts are asked and 10000 lines
# a second come in, how many frames and bytes that costs, and what it holds. Hosts are a farm's, their journals
# a program that writes without end; the console runs on a terminal of the bench's.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
hosts=${BENCH_HOSTS:-1000}
talkers=16 # of which some starve beside a thousand hosts on the same machine
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
export DROVER_FARM_STATE=$PWD/build/farm-console
# Hosts are other machines: here they get what the console leaves of this one.
farm() { $sudo chrt --idle 0 tests/farm/farm "$@"; }
finish() {
	farm down
	rm -rf "$bench_home"
}
trap finish EXIT
have python3 || { echo "console: python3 is not installed"; exit 0; }

# Entries in the journal's export form, nearly a thousand a second.
chmod 755 "$bench_home"
mkdir -m 755 "$bench_home/bin"
cat >"$bench_home/bin/journalctl" <<'STUB'
#!/bin/sh
exec awk -v now="$(date +%s)" 'BEGIN {
	for (now *= 1000000; ; now += 100000) {
		for (i = 0; i < 100; i++)
			printf "__CURSOR=c%.0f\n__REALTIME_TIMESTAMP=%.0f\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\n" \
				"MESSAGE=GET /api/v1/items/%d 200 %dms upstream 127.0.0.1 agent curl\n\n",
				now + i, now + i, i * 7 % 100, i % 31
		fflush()
		system("sleep 0.1")
	}
}'
STUB
chmod 755 "$bench_home/bin/journalctl"
FARM_SSHD_CONFIG="SetEnv PATH=$bench_home/bin:/usr/local/bin:/usr/bin:/bin" farm up >/dev/null ||
	{ echo "console: the farm did not come up"; exit 0; }
eval "$(farm env)"
ulimit -n "$(ulimit -Hn)"
{
	printf 'fleet: bench\nknown_hosts: %s\ndefaults: {user: %s, port: %s}\n' \
		"$FARM_KNOWN_HOSTS" "$FARM_USER" "$FARM_PORT"
	printf 'groups:\n  farm:\n    kind: cattle\n    hosts:\n'
	for ((i = 0; i < hosts; i++)); do echo "      \"127.9.$((i / 200)).$((i % 200 + 1))\": {}"; done
	printf '  talk:\n    kind: cattle\n    hosts:\n'
	for ((i = 0; i < talkers; i++)); do echo "      \"127.8.1.$((i + 1))\": {}"; done
} >"$bench_home/inventory.yaml"
read -r wall _ < <("$measure" -n 200 "$drover" --version 2>/dev/null)
printf '  %-44s %8.2f ms\n' "drover --version" "$wall"
python3 tests/bench/console.py --hosts "$hosts" -- \
	"$drover" -F "$FARM_SSH_CONFIG" -i "$bench_home/inventory.yaml"
for peer in htop tig; do
	have "$peer" && python3 tests/bench/console.py --peer "$peer"
done
