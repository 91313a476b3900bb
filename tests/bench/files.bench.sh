#!/bin/bash
# Files to hosts, by drover and by its peers, with one cipher: 1 GB to one host beside scp, 200 MB to 16
# hosts beside parallel-scp. Transfer phase: what drover itself says of it, without login, sync and
# rename; of scp the whole, less the same for an empty file. CPU is that of the tools, not of sshd.
# usage: files.bench.sh [MB [MB_TO_MANY [HOSTS]]]
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
one=${1:-1000} many=${2:-200} hosts=${3:-16}
cipher=aes128-gcm@openssh.com
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
export DROVER_FARM_STATE=$PWD/build/farm-bench
farm() { $sudo tests/farm/farm "$@"; }
finish() {
	farm down
	rm -rf "$bench_home"
}
trap finish EXIT
farm up >/dev/null || { echo "files: the farm did not come up"; exit 0; }
eval "$(farm env)"
meet=$bench_home/meet
mkdir "$meet"
chmod 755 "$bench_home"
chmod 777 "$meet"
head -c "${one}M" /dev/urandom >"$bench_home/one"
head -c "${many}M" /dev/urandom >"$bench_home/many"
: >"$bench_home/none"
{ cat "$FARM_SSH_CONFIG"; echo "  Ciphers $cipher"; } >"$bench_home/ssh_config"
printf 'fleet: bench\nknown_hosts: %s\ngroups:\n  farm: {kind: cattle, hosts: "127.7.1.[1-%s]"}\n' \
	"$FARM_KNOWN_HOSTS" "$hosts" >"$bench_home/inventory.yaml"
for ((i = 1; i <= hosts; i++)); do echo "127.7.1.$i"; done >"$bench_home/hosts"

by_drover() { # FILE SET OPTION...
	local file=$1 set=$2
	shift 2
	rm -f "$meet"/*
	"$drover" -F "$bench_home/ssh_config" -i "$bench_home/inventory.yaml" cp "$@" "$bench_home/$file" "$set:$meet/" \
		2>"$bench_home/said" || { cat "$bench_home/said" >&2; return 1; }
	sed -nE 's/.* in ([0-9.]+) s, .*/\1/p' "$bench_home/said" >>"$bench_home/phase.$file"
}
by_fetch() { # FILE
	rm -rf "$bench_home/got"
	"$drover" -q -F "$bench_home/ssh_config" -i "$bench_home/inventory.yaml" fetch "127.7.1.1:$bench_home/$1" "$bench_home/got"
}
by_scp() { # FILE
	rm -f "$meet"/*
	scp -q -F "$bench_home/ssh_config" "$bench_home/$1" "127.7.1.1:$meet/"
}
by_scp_back() { # FILE
	scp -q -F "$bench_home/ssh_config" "127.7.1.1:$bench_home/$1" "$bench_home/back"
}
by_pssh() {
	rm -f "$meet"/*
	parallel-scp -h "$bench_home/hosts" -p "$hosts" -t 0 -x "-F $bench_home/ssh_config" "$bench_home/many" "$meet/many"
}
by_xargs() {
	rm -f "$meet"/*
	xargs -a "$bench_home/hosts" -P "$hosts" -I{} scp -q -F "$bench_home/ssh_config" "$bench_home/many" {}:"$meet/many"
}
export -f by_drover by_fetch by_scp by_scp_back by_pssh by_xargs
export bench_home drover meet hosts

chmod 644 "$bench_home/one"
for ((round = 0; round < rounds; round++)); do
	cost drover bash -c 'by_drover one 127.7.1.1'
	cost scp bash -c 'by_scp one'
	cost 'scp, an empty file' bash -c 'by_scp none'
	cost 'drover --verify' bash -c 'by_drover one 127.7.1.1 --verify'
	cost 'drover fetch' bash -c 'by_fetch one'
	cost 'scp back' bash -c 'by_scp_back one'
done
head_line "drover cp: $one MiB to one host, $cipher, median of $rounds" run
for what in drover scp 'scp, an empty file' 'drover --verify' 'drover fetch' 'scp back'; do row "$what" drover 1; done
# shellcheck disable=SC2046,SC2086
awk -v d="$(median $(sed -n '1~2p' "$bench_home/phase.one"))" -v s="$(median ${walls[scp]:-0})" \
	-v n="$(median ${walls[scp, an empty file]:-0})" -v mb="$one" 'BEGIN {
	s = (s - n) / 1000
	if (d > 0 && s > 0) printf "  transfer phase: drover %.2f s (%.0f MiB/s), scp %.2f s (%.0f MiB/s): %.2f of scp\n", d, mb / d, s, mb / s, s / d }'
walls=() cpus=() faults=()
for ((round = 0; round < rounds; round++)); do
	cost drover bash -c "by_drover many '127.7.1.[1-$hosts]'"
	cost "xargs -P $hosts scp" bash -c by_xargs
	if have parallel-scp; then cost parallel-scp bash -c by_pssh; else faults[parallel-scp]='not installed: package pssh'; fi
done
head_line "drover cp: $many MiB to $hosts hosts, $cipher, median of $rounds" host
for what in drover "xargs -P $hosts scp" parallel-scp; do row "$what" drover "$hosts"; done
echo "  parallel-scp compresses (scp -qC); xargs and scp do not."
