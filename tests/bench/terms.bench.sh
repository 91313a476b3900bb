#!/bin/bash
# Terminals of many hosts at once: one key to BENCH_PANES (50) of them, from the first host's packet to the last
# one's, by the kernel's stamps on the loopback; frames of 16 panes that scroll, and keys meanwhile; memory with
# 5000 lines a pane. Beside tmux with synchronize-panes and as many ssh(1), on the same hosts.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
panes=${BENCH_PANES:-50}
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
export DROVER_FARM_STATE=$PWD/build/farm-terms
# Hosts are other machines: here they get what this one has left.
farm() { $sudo chrt --idle 0 tests/farm/farm "$@"; }
finish() {
	farm down
	rm -rf "$bench_home"
}
trap finish EXIT
have python3 || { echo "terms: python3 is not installed"; exit 0; }

chmod 755 "$bench_home"
mkdir -m 755 "$bench_home/bin"
mkdir -m 1777 "$bench_home/done"
# 100 lines a second, until somebody ends it.
cat >"$bench_home/bin/scroll" <<'STUB'
#!/usr/bin/perl
$| = 1;
for ($n = 1;; $n++) {
	printf "\e[3%dm%s\e[0m n=%d\r\n", $n % 8, substr("GET /api/v1/items 200 12ms upstream", 0, 20 + $n % 10), $n;
	select(undef, undef, undef, 0.01);
}
STUB
# Somewhat more lines than are kept.
cat >"$bench_home/bin/fill" <<STUB
#!/usr/bin/perl
printf "\\e[32m%05d\\e[0m GET /api/v1/items/%d 200 \\e[1m%dms\\e[0m\\n", \$_, \$_ * 7 % 1000, \$_ % 31 for 1 .. 5200;
open(my \$f, '>', "$bench_home/done/\$\$");
STUB
chmod 755 "$bench_home"/bin/*
farm up >/dev/null || { echo "terms: the farm did not come up"; exit 0; }
eval "$(farm env)"
ulimit -n "$(ulimit -Hn)"
{
	printf 'fleet: bench\nknown_hosts: %s\ndefaults: {user: %s, port: %s}\n' \
		"$FARM_KNOWN_HOSTS" "$FARM_USER" "$FARM_PORT"
	printf 'groups:\n  farm:\n    kind: cattle\n    hosts:\n'
	for ((i = 1; i <= (panes > 16 ? panes : 16); i++)); do echo "      \"127.9.1.$i\": {}"; done
} >"$bench_home/inventory.yaml"
peer=()
if have tmux; then peer=(--tmux); else echo "  tmux is not installed"; fi
python3 tests/bench/terms.py --panes "$panes" --keys "${BENCH_KEYS:-100}" --seconds "${BENCH_SECONDS:-10}" \
	--log "$FARM_LOG" --home "$bench_home" --ssh-config "$FARM_SSH_CONFIG" \
	--wire "$sudo python3 tests/bench/wire.py $FARM_PORT" "${peer[@]}" -- \
	"$drover" -F "$FARM_SSH_CONFIG" -i "$bench_home/inventory.yaml"
