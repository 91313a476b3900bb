# shellcheck shell=bash
# Words of the bench scripts: measured runs, medians and ratios. A figure never fails anything; what
# could not be measured says why in its line.

# shellcheck disable=SC2034
bench_home=$(mktemp -d)
measure=$PWD/build/release/tests/bench/measure
drover=$PWD/build/release/drover
rounds=${BENCH_ROUNDS:-3}
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=$bench_home/config XDG_STATE_HOME=$bench_home/state \
	XDG_CACHE_HOME=$bench_home/cache
unset SSH_AUTH_SOCK "${!DROVER_@}"
declare -A walls cpus faults

# cost LABEL COMMAND...: one more run of what the label names.
cost() {
	local label=$1 wall cpu status
	shift
	read -r wall cpu _ status < <("$measure" "$@" 2>"$bench_home/stderr")
	if [ "${status:-1}" != 0 ]; then
		faults[$label]="status ${status:-?}: $(grep -v '^$' "$bench_home/stderr" | tail -n 1 | cut -c1-60)"
		return
	fi
	walls[$label]+=" $wall"
	cpus[$label]+=" $cpu"
}

median() { # NUMBER...
	printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# row LABEL BASE DIVISOR: its line of the table; ratios to the label that is the base.
row() {
	local wall cpu
	if [ -n "${faults[$1]:-}" ] || [ -z "${walls[$1]:-}" ]; then
		printf '  %-34s %s\n' "$1" "${faults[$1]:-not measured}"
		return
	fi
	# shellcheck disable=SC2086
	wall=$(median ${walls[$1]}) cpu=$(median ${cpus[$1]})
	# shellcheck disable=SC2086
	awk -v name="$1" -v wall="$wall" -v cpu="$cpu" -v each="$3" \
		-v bw="$(median ${walls[$2]:-0})" -v bc="$(median ${cpus[$2]:-0})" 'BEGIN {
		printf "  %-34s %8.2f s %s  %9.2f ms %s\n", name, wall / 1000, ratio(wall, bw), cpu / each, ratio(cpu, bc) }
	function ratio(a, b) { return b > 0 ? sprintf("%7.2fx", a / b) : "       -" }'
}

head_line() { # TITLE PER
	printf '\n%s\n  %-34s %10s %8s  %12s %8s\n' "$1" '' wall ratio "CPU/$2" ratio
}

have() { command -v "$1" >/dev/null; }
