#!/bin/bash
# How long drover takes to begin: what every completion and every script pays.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
trap 'rm -rf "$bench_home"' EXIT
for words in "$drover --version" "$drover nodes --count web[1-1000]" "ssh -V" "python3 -c pass"; do
	# shellcheck disable=SC2086
	read -r wall cpu kb status < <("$measure" -n 200 $words 2>/dev/null)
	[ "$status" = 0 ] || continue
	printf '  %-34s %8.2f ms  %9.2f ms CPU  %6d KiB\n' "${words/#$drover/drover}" "$wall" "$cpu" "$kb"
done
