#!/bin/bash
# Sixty hosts, with systemd and podman in name only, and FAILURES (40) random failures: the order of rollouts, their
# limits and the rule by which they stop, which herd.py judges. SEED is the first of its seeds, which it prints.
cd "$(dirname "$0")/../.." || exit
root=$PWD
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
trap 'case_end >/dev/null' EXIT
python3 -B "$root/tests/fleet/herd.py" "$CASE/herd"
