# What every case needs: TAP, a home of its own, the farm. Sourced by tests/cases/*.t.sh.
# shellcheck shell=bash
set -u
export LC_ALL=C.UTF-8
TESTS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
DROVER=$(realpath "${DROVER:-$TESTS/../build/release/drover}")
export DROVER
count=0
started_farm='' out='' err='' rc=''

pass() { # NAME
	count=$((count + 1))
	echo "ok $count - $1"
}

fail() { # NAME DETAIL...
	count=$((count + 1))
	echo "not ok $count - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | awk '
	{ line[NR] = $0 }
	END { for (i = 1; i <= NR; i++) if (i <= 10 || i > NR - 30) print line[i]; else if (i == 11) print "[...]" }
	' | cat -v | sed 's/^/# /'
}

# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then pass "$name"; else fail "$name" "$*" "$said"; fi
}

is() { # GOT WANTED NAME
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:    $1" "wanted: $2"; fi
}

like() { # TEXT REGEX NAME
	if grep -qE -- "$2" <<<"$1"; then pass "$3"; else fail "$3" "no match for: $2" "in: $1"; fi
}

unlike() { # TEXT REGEX NAME
	if grep -qE -- "$2" <<<"$1"; then fail "$3" "a match for: $2" "in: $1"; else pass "$3"; fi
}

# exits N NAME COMMAND...: runs it; afterwards $out, $err and $rc tell the rest.
exits() {
	local wanted=$1 name=$2
	shift 2
	"$@" >"$CASE/stdout" 2>"$CASE/stderr" </dev/null
	rc=$?
	out=$(tr -d '\0' <"$CASE/stdout")
	err=$(tr -d '\0' <"$CASE/stderr")
	if [ "$rc" = "$wanted" ]; then
		pass "$name"
	else
		fail "$name" "exit $rc, wanted $wanted: $*" "$out" "$err"
	fi
}

wait_for() { # SECONDS COMMAND...
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		read -r -t 0.05 <>"$CASE/never" || true
	done
}

drover() {
	"$DROVER" "$@"
}

# A directory, a home and XDG places of this case alone; gone at its end.
case_start() {
	CASE=$(mktemp -d "${TMPDIR:-/tmp}/drover-case.XXXXXX")
	trap case_end EXIT
	mkfifo "$CASE/never"
	mkdir -p "$CASE/home"
	export HOME=$CASE/home XDG_CONFIG_HOME=$CASE/config XDG_STATE_HOME=$CASE/state
	export XDG_CACHE_HOME=$CASE/cache XDG_RUNTIME_DIR=$CASE/runtime
	export TERM=xterm-256color
	unset SSH_AUTH_SOCK CI NO_COLOR CLICOLOR_FORCE FORCE_COLOR DROVER_INVENTORY
	cd "$CASE" || exit
}

case_end() {
	local pid
	for pid in $(jobs -p); do
		kill -KILL "$pid" 2>/dev/null
	done
	cd /
	rm -rf "$CASE"
	[ -z "$started_farm" ] || "$TESTS/farm/farm" down
	echo "1..$count"
}

# Newer servers hold off an address that comes often and rudely; older ones do not know the word.
lenient() { # SSHD_CONFIG
	! /usr/sbin/sshd -t -f "$1" -o PerSourcePenalties=no 2>/dev/null || sed -i '1i PerSourcePenalties no' "$1"
}

# What serves the connections of a listening sshd: sshd, or since OpenSSH 9.8 sshd-session and its like.
serving() { # PID
	local child children
	read -ra children <"/proc/$1/task/$1/children"
	for child in "${children[@]}"; do
		[[ $(cat "/proc/$child/comm") != sshd* ]] || { serving "$child" && echo "$child"; }
	done
}

# The farm that FARM_SSH_CONFIG and the like tell of, or one of its own; $CASE/inventory.yaml has 64 hosts of it as @farm.
case_farm() {
	if [ -z "${FARM_SSH_CONFIG:-}" ]; then
		"$TESTS/farm/farm" up >/dev/null || {
			fail "the farm starts"
			exit 1
		}
		started_farm=yes
		eval "$("$TESTS/farm/farm" env)"
	fi
	cat >"$CASE/inventory.yaml" <<YAML
fleet: farm
groups:
  farm: {kind: cattle, hosts: "127.9.1.[1-64]"}
YAML
	export DROVER_INVENTORY=$CASE/inventory.yaml DROVER_SSH_CONFIG=$FARM_SSH_CONFIG
	# A place that the farm's user and this case may both write to.
	MEET=$CASE/meet
	mkdir -p "$MEET"
	chmod 755 "$CASE"
	chmod 777 "$MEET"
}

# Every line is a JSON object and the last is run.end.
json_lines() { # FILE
	python3 -c '
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
assert lines and all(isinstance(l, dict) and l["v"] == 1 for l in lines)
assert lines[-1]["event"] == "run.end", lines[-1]
' "$1"
}
