#!/bin/bash
# What the console costs when nobody touches it, with its polls on: processor, memory, bytes to the terminal, and
# the time to the first paint from the ledger. Parent and workers, seen from outside; the hosts are a farm.
# usage: console_idle.bench.sh [HOSTS...]     (50 1000)
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
seconds=${BENCH_SECONDS:-30}
export DROVER_FARM_STATE=$PWD/build/farm-console TERM=xterm-256color
# Hosts are other machines: here they get what the console leaves of this one.
farm() { $sudo chrt --idle 0 tests/farm/farm "$@"; }
finish() {
	[ -z "${script:-}" ] || kill "$script" 2>/dev/null
	farm down
	rm -rf "$bench_home"
}
trap finish EXIT
have script || { echo "console_idle: Debian package bsdutils is missing"; exit 0; }
farm up >/dev/null || { echo "console_idle: the farm did not come up"; exit 0; }
eval "$(farm env)"
ulimit -n "$(ulimit -Hn)"

pause() { read -rt "$1" <> <(:); }

inventory() { # HOSTS
	local i
	cat <<YAML
fleet: bench
known_hosts: $FARM_KNOWN_HOSTS
defaults: {user: $FARM_USER, port: $FARM_PORT}
groups:
  farm:
    kind: cattle
    hosts:
YAML
	for ((i = 0; i < $1; i++)); do echo "      \"127.8.$((i / 200)).$((i % 200 + 1))\": {}"; done
}

# open HOSTS: the console on a terminal of its own; its process is $console.
open() {
	rm -f "$bench_home/keys" "$bench_home/typed"
	mkfifo "$bench_home/keys"
	exec 7<>"$bench_home/keys"
	setsid script -qfc "stty rows 30 cols 100; exec $drover -F $FARM_SSH_CONFIG -i $bench_home/inventory.yaml" \
		"$bench_home/typed" <"$bench_home/keys" >/dev/null 2>&1 &
	script=$!
	console=
	while [ -z "$console" ] && kill -0 "$script" 2>/dev/null; do
		read -r console _ <"/proc/$script/task/$script/children"
	done
}

leave() {
	printf Q >&7
	wait "$script"
	script=
	exec 7>&-
}

family() {
	local task
	echo "$console"
	for task in /proc/"$console"/task/*/children; do tr ' ' '\n' <"$task"; done
}

nanoseconds() {
	local pid
	for pid in $(family); do cat /proc/"$pid"/task/*/schedstat 2>/dev/null; done | awk '{ n += $1 } END { printf "%.0f\n", n }'
}

wake_ups() {
	local pid
	for pid in $(family); do grep -h ctxt "/proc/$pid/status" 2>/dev/null; done | awk '{ n += $2 } END { print n }'
}

kibibytes() {
	local pid
	for pid in $(family); do grep -h VmRSS "/proc/$pid/status" 2>/dev/null; done | awk '{ n += $2 } END { print n }'
}

# Milliseconds until a text was written; with a key, after that was pressed again and again.
painted() { # TEXT PAUSE [KEY]
	local began now
	began=$(date +%s%3N)
	until grep -aq -- "$1" "$bench_home/typed" 2>/dev/null; do
		now=$(date +%s%3N)
		[ $((now - began)) -lt 120000 ] || break
		[ -z "${3:-}" ] || printf '%s' "$3" >&7
		pause "$2"
	done
	echo $(($(date +%s%3N) - began))
}

table() { # HOSTS
	local before after bytes first all cpu
	inventory "$1" >"$bench_home/inventory.yaml"
	# The ledger comes to know the hosts.
	"$drover" -F "$FARM_SSH_CONFIG" -i "$bench_home/inventory.yaml" -q facts @all >/dev/null 2>&1
	open "$1"
	first=$(painted CATTLE 0.005)
	# Only what differs is written: a redraw writes the counts whole.
	all=$(painted "$1 ok" 0.5 $'\f')
	pause 5
	before=$(nanoseconds) bytes=$(stat -c %s "$bench_home/typed")
	pause "$seconds"
	after=$(nanoseconds) bytes=$((($(stat -c %s "$bench_home/typed") - bytes) / seconds))
	cpu=$(awk -v n=$((after - before)) -v s="$seconds" 'BEGIN { printf "%.2f", n / s / 1e7 }')
	printf '  %5d hosts  %6s %% of a core idle  %5d MiB  %5d B/s to the terminal  first paint %d ms  all answered %d ms\n' \
		"$1" "$cpu" $(($(kibibytes) / 1024)) "$bytes" "$first" "$all"
	printf Z >&7
	pause 3
	before=$(wake_ups)
	pause 10
	after=$(wake_ups)
	printf '              paused (Z): %d wake-ups in 10 s\n' $((after - before))
	leave
}

[ $# -gt 0 ] || set -- 50 1000
for hosts in "$@"; do table "$hosts"; done
