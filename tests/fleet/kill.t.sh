#!/bin/bash
# kill -9 of drover at KILL_POINTS (50) points of an apply over three hosts: kill.py tells what must hold
# after each.
cd "$(dirname "$0")/../.." || exit
root=$PWD
mkdir -p build
export DROVER_FLEET_STATE=$root/build/fleet-kill
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end >/dev/null' EXIT
"$fleet" up 3 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	echo 1..1
	exit 1
}
export DROVER_INVENTORY=$DROVER_FLEET_STATE/inventory.yaml DROVER_SSH_CONFIG=$DROVER_FLEET_STATE/ssh_config
python3 -B "$root/tests/fleet/kill.py"
