#!/bin/bash
# What the command line changes in a playbook, on two real hosts: a field of an app, shifted ports, and a second
# copy beside the first that comes, changes and goes by itself.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle overrides
read -r one two _ <<<"$hosts"
"$fleet" image localhost/shop:1 "$CASE/shop.tar" >/dev/null
cat >"$CASE/shop.yaml" <<'YAML'
name: shop
hosts: "@all-of-them"
rollout: {canary: 0, batch: 100%, max_unreachable: 90%}
apps:
  shop:
    image: {archive: shop.tar}
    ports: {http: 8080}
    env: {LOG: info}
    files: {/data: {volume: data}}
tasks:
  - file: {path: /etc/motd, content: "shop\n"}
YAML
units() { on "$1" 'ls /etc/systemd/system | grep ^shop | tr "\n" " "'; }

exits 2 "a field that is not there" drover apply -y --set app.shop.replica=2 "$CASE/shop.yaml"
like "$err" "--set app.shop.replica.*did you mean .replicas." "names the option"
exits 2 "a value that is none" drover apply -y --set app.shop.replicas=many "$CASE/shop.yaml"
exits 2 "where it has no use it is refused" drover run --offset 3 "$one" true
exits 2 "a kept plan does not keep it" drover plan -o "$CASE/kept" --set app.shop.replicas=2 "$CASE/shop.yaml"
exits 0 "the playbook as it is" drover apply -y "$CASE/shop.yaml"
is "$(units "$one")" "shop-0.service " "one replica"
exits 0 "a field is changed" drover plan --set app.shop.replicas=2 --set app.shop.env.LOG=debug "$CASE/shop.yaml"
like "$out" "note: by the command line: --set app.shop.replicas=2" "the plan says so"
like "$out" "\+ shop-1.service" "and what comes of it"
"$fleet" stop "$two" >/dev/null
exits 4 "and applied, where one host is away" drover --connect-timeout 2s apply -y --set app.shop.replicas=2 "$CASE/shop.yaml"
like "$(drover history show last --json)" '"argv":\[[^]]*"--set","app.shop.replicas=2"' "the run has it"
is "$(units "$one")" "shop-0.service shop-1.service " "two replicas"
"$fleet" start "$two" >/dev/null
exits 0 "who was away gets what it missed" drover apply -y --owed
like "$err" "changed the playbook by --set" "which is said"
is "$(units "$two")" "shop-0.service shop-1.service " "two replicas there too"

exits 2 "a copy needs other ports" drover apply -y --as blue "$CASE/shop.yaml"
like "$err" "--as.*--offset N" "which is said"
exits 0 "a second copy" drover apply -y --as blue --offset 1000 "$CASE/shop.yaml"
is "$(units "$one")" "shop-0.service shop-1.service shop-blue-0.service " "stands beside the first"
like "$(on "$one" podman port shop-blue-0)" "0.0.0.0:9080" "at its own port"
like "$(on "$one" podman volume ls -q)" "data-blue" "with its own volume"
exits 0 "a second time nothing differs" drover apply -y --exit-code --as blue --offset 1000 "$CASE/shop.yaml"
exits 0 "nor for the first" drover apply -y --exit-code --set app.shop.replicas=2 "$CASE/shop.yaml"
like "$(on "$one" cut -f1,2 /var/lib/drover/manifest | grep blue)" "shop-blue" "its manifest lines are its own"
exits 0 "a new release of the copy" drover apply -y --as blue --offset 1000 --set app.shop.env.LOG=debug "$CASE/shop.yaml"
exits 0 "goes back" drover rollback -y shop-blue
like "$(on "$one" cat /etc/systemd/system/shop-blue-0.service)" "LOG=info" "to what it was"
exits 0 "and undone it is the new one" drover undo -y last
like "$(on "$one" cat /etc/systemd/system/shop-blue-0.service)" "LOG=debug" "again"
like "$(on "$one" systemctl is-active shop-0 shop-1 shop-blue-0 | sort -u)" "^active$" "all run"

# Apps of a copy need those of the copy.
cat >"$CASE/pair.yaml" <<'YAML'
name: pair
hosts: "@all-of-them"
rollout: {canary: 0, batch: 100%}
apps:
  front: {image: {archive: shop.tar}, needs: [store]}
  store: {image: {archive: shop.tar}}
YAML
exits 0 "a copy of apps that need one another" drover apply -y --as blue "$CASE/pair.yaml"
like "$out" "note: front-blue starts behind store-blue, which it needs" "is ordered among itself"
for host in $hosts; do
	is "$(on "$host" 'systemctl show -P Wants -P After front-blue-0 | grep -o "store[a-z0-9-]*.service" | sort -u | paste -sd" "')" "store-blue-0.service" "by systemd too on $host"
done
exits 0 "a second time nothing differs" drover apply -y --exit-code --as blue "$CASE/pair.yaml"
exits 0 "a stop of what is needed" drover stop -n "$one" store-blue
like "$out" "front-blue-0.service needs store-blue-0.service and goes on without it" "says by whom"
exits 0 "it is stopped" drover stop -y "$one" store-blue
is "$(on "$one" 'systemctl is-active front-blue-0')" active "and who needs it goes on"
exits 0 "that is stopped too" drover stop -y "$one" front-blue
exits 0 "and started" drover start -y "$one" front-blue
is "$(on "$one" 'systemctl is-active store-blue-0 front-blue-0' | paste -sd' ')" "active active" "with what it needs"
