#!/bin/bash
# kill -9 of drover at KILL_POINTS (50) points of an apply over three hosts: kill.py tells what must hold
# after each.
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 3
trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end >/dev/null' EXIT
python3 -B "$root/tests/fleet/kill.py"
