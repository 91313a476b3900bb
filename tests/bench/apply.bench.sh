#!/bin/bash
# The example playbook on a fleet of three real hosts: the first apply, which sends the image, and
# the second, which has nothing to do.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
state=$PWD/build/fleet-bench
fleet() { DROVER_FLEET_STATE=$state $sudo tests/fleet/fleet "$@"; }
finish() {
	fleet down
	rm -rf "$bench_home"
}
trap finish EXIT

apply() { # LABEL
	cost "$1" "$drover" -F "$state/ssh_config" -i "$state/inventory.yaml" --pet db1 -y \
		apply "$bench_home/site/site.yaml"
}

cp -r playbooks/examples/site "$bench_home/site" &&
	tests/fleet/fleet image localhost/site:1 "$bench_home/site/site.tar" >/dev/null || exit 0
fleet down
for ((round = 0; round < rounds; round++)); do
	fleet up 3 >/dev/null 2>&1 || { echo "apply: the fleet did not come up"; exit 0; }
	apply "first apply"
	apply "second apply, no change"
	fleet down
done
head_line "drover apply of playbooks/examples/site: 3 hosts, median of $rounds" host
row "first apply" "second apply, no change" 3
row "second apply, no change" "second apply, no change" 3
