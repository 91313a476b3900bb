#!/bin/bash
# Volumes, networks, images and containers on Debian 12 (podman 4.3) and 13 (5.4): made, left alone, changed,
# removed, refused, and failing in the middle.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"

# Volumes and networks.
book store <<'E'
  - volume: {name: data, labels: {tier: front, "a.b/c": "x y"}}
  - volume: plain
  - network: {name: back, subnet: 10.99.7.0/24, gateway: 10.99.7.1, internal: true, labels: {a: b}}
  - network: {name: six, ipv6: true}
E
exits 0 "volumes and networks are planned" drover plan "$CASE/store.yaml"
like "$out" '\+ volume data' "as new"
exits 0 "and made" drover apply -y "$CASE/store.yaml"
for host in $hosts; do
	is "$(on "$host" "podman volume inspect -f '{{json .Labels}}' data 2>/dev/null")" '{"a.b/c":"x y","tier":"front"}' \
		"$host has the volume with its labels"
	like "$(on "$host" 'cat /etc/containers/networks/back.json' | tr -d ' \n')" '"internal":true' "and the network"
done
nothing_differs "$CASE/store.yaml" "volumes and networks"
sed -i 's/10\.99\.7\./10.99.8./g; s/a: b/a: c/' "$CASE/store.yaml"
exits 0 "a network that differs is planned" drover plan "$CASE/store.yaml"
like "$out" 'subnets 10.99.7.0/24 via 10.99.7.1 -> 10.99.8.0/24 via 10.99.8.1, labels a=b -> a=c, made anew' "with what differs"
exits 0 "and made anew" drover apply -y "$CASE/store.yaml"
like "$(on web1 'cat /etc/containers/networks/back.json')" '10\.99\.8\.0/24' "as it is said now"
for host in $hosts; do
	on "$host" 'echo kept >/var/lib/containers/storage/volumes/data/_data/file
		podman volume rm plain && podman volume create --label by=hand plain' >/dev/null 2>&1
done
sed -i 's/volume: plain/volume: {name: plain, labels: {}}/; s/tier: front/tier: back/' "$CASE/store.yaml"
exits 11 "a volume that differs is refused" drover apply -y "$CASE/store.yaml"
like "$out$err" 'volume data is there and differs, and a volume cannot be changed' "by name"
sed -i 's/labels: {},\{0,1\}/labels: {}, force: true/; s/, labels: {tier/, force: true, labels: {tier/' "$CASE/store.yaml"
exits 0 "with force: it is made anew" drover apply -y "$CASE/store.yaml"
like "$out" 'labels by=hand -> none' "as is one that was replaced by hand"
for host in $hosts; do
	is "$(on "$host" "podman volume inspect -f '{{.Labels.tier}}' data 2>/dev/null; cat /var/lib/containers/storage/volumes/data/_data/file" | xargs)" \
		"back kept" "on $host with what it holds"
	is "$(on "$host" 'ls /var/lib/drover/volumes | grep -c tar')" 0 "and nothing of that is left lying about"
done
nothing_differs "$CASE/store.yaml" "the new volume"
book bad <<'E'
  - network: {name: back, subnet: 10.99.8.0}
E
exits 3 "a bad value is told before any contact" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:[0-9]+: subnet: a subnet \(10.89.7.0/24\) is wanted here' "at its place"
book middle <<'E'
  - volume: first
  - network: {name: overlapping, subnet: 10.99.8.0/25}
  - volume: last
E
exits 1 "a network that podman refuses ends the act there" drover apply -y "$CASE/middle.yaml"
like "$out$err" 'network overlapping: failed' "which is said"
like "$out$err" 'subnet.*already used' "with podman's reason"
is "$(on web1 'ls -d /var/lib/containers/storage/volumes/first /var/lib/containers/storage/volumes/last 2>/dev/null')" \
	/var/lib/containers/storage/volumes/first "what stood before it is done, what stood behind it is not"
exits 0 "resume finds the same on the hosts" drover resume last

# A container: its image, its unit, its network and volume.
book site <<'E'
  - container:
      name: site
      image: {archive: web.tar}
      ports: ["8090:8080"]
      env: {PLAIN: "50% of $HOME", EMPTY: ""}
      volumes: [data:/data]
      network: six
      user: "0"
      labels: {tier: front}
      limits: {memory: 64M}
E
exits 0 "a container is made" drover apply -y --no-prune "$CASE/site.yaml"
for host in $hosts; do
	ok "it answers on $host" wait_for 20 answers "$host" 8090
	is "$(on "$host" "podman inspect -f '{{range .Config.Env}}{{println .}}{{end}}' site 2>/dev/null | grep ^PLAIN")" \
		'PLAIN=50% of $HOME' "with its environment to the letter"
	is "$(on "$host" 'systemctl is-active site; systemctl is-enabled site' | xargs)" "active enabled" "and starts with the host"
done
[ "$(on web1 'ls /sys/fs/cgroup/memory/system.slice/site.service/memory.limit_in_bytes 2>/dev/null')" ] &&
	is "$(on web1 'cat /sys/fs/cgroup/memory/system.slice/site.service/memory.limit_in_bytes')" 67108864 "its memory is limited"
nothing_differs "$CASE/site.yaml" "the container"
before=$(on web1 "podman inspect -f '{{.Id}}' site 2>/dev/null")
sed -i 's/tier: front/tier: back/' "$CASE/site.yaml"
exits 0 "a change" drover apply -y --no-prune "$CASE/site.yaml"
like "$out" 'site.*restart' "is planned as a restart"
is "$([ "$(on web1 "podman inspect -f '{{.Id}}' site 2>/dev/null")" != "$before" ] && echo other)" other "and makes another container"
is "$(on web2 "podman inspect -f '{{.Config.Labels.tier}}' site 2>/dev/null")" back "as it is said"
book used <<'E'
  - volume: {name: data, state: absent}
  - network: {name: six, state: absent}
E
exits 1 "what a container uses does not go" drover apply -y "$CASE/used.yaml"
like "$out$err" 'used by.*site' "which is named"
ok "the container goes on" on web1 'systemctl is-active site'
on web1 'podman run -d --name mine --network none localhost/web:1' >/dev/null 2>&1
on web2 'printf "[Service]\nExecStart=/bin/true\n" >/etc/systemd/system/mine.service'
book mine <<'E'
  - container: {name: mine, image: {archive: web.tar}}
E
exits 11 "a name that is taken is refused" drover apply -y "$CASE/mine.yaml"
like "$out$err" 'the container mine exists and drover did not make it' "a container's"
like "$out$err" '/etc/systemd/system/mine.service exists and drover did not make it' "and a unit's"
on web1 'podman rm -f -t 0 mine' >/dev/null 2>&1
book bad <<'E'
  - container: {name: a, image: localhost/web:1, ports: ["80"]}
E
exits 3 "a bad port is told before any contact" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:[0-9]+: ports: \[ADDRESS:\]HOST:CONTAINER' "at its place"
book middle <<'E'
  - container: {name: broken, image: {archive: web.tar}, network: nowhere}
  - volume: last
E
exits 1 "a container that does not start ends the act" drover apply -y "$CASE/middle.yaml"
like "$out$err" 'unable to find network with name or ID nowhere' "with podman's reason"
ok "what stood behind it is not done" on web1 'test ! -e /var/lib/containers/storage/volumes/last'
exits 0 "resume finds the same on the hosts" drover resume last
book gone <<'E'
  - container: {name: site, state: absent}
  - container: {name: broken, state: absent}
  - volume: {name: data, state: absent}
  - network: {name: six, state: absent}
  - image: {name: "localhost/web:1", state: absent}
E
exits 0 "container, volume, network and image go" drover apply -y "$CASE/gone.yaml"
for host in $hosts; do
	is "$(on "$host" 'podman ps -aq; ls /etc/systemd/system/site.service /var/lib/containers/storage/volumes/data \
		/etc/containers/networks/six.json; podman images -q' 2>/dev/null)" "" "nothing of them is left on $host"
done
nothing_differs "$CASE/gone.yaml" "what is gone"

# On a pet what a volume holds is exported before it goes.
sed 's/kind: cattle/kind: pet/' "$DROVER_INVENTORY" >"$CASE/pets.yaml"
book pet web1 <<'E'
  - volume: {name: data}
E
exits 0 "a volume of a pet" drover -i "$CASE/pets.yaml" apply -y --pet web1 "$CASE/pet.yaml"
on web1 'echo dear >/var/lib/containers/storage/volumes/data/_data/file'
sed -i 's/name: data/name: data, state: absent/' "$CASE/pet.yaml"
exits 0 "that goes" drover -i "$CASE/pets.yaml" apply -y --pet web1 "$CASE/pet.yaml"
like "$out" 'what it holds is exported to /var/lib/drover/volumes first' "is exported first"
is "$(on web1 'tar -xOf /var/lib/drover/volumes/data-*.tar file || tar -xOf /var/lib/drover/volumes/data-*.tar ./file' 2>/dev/null)" \
	dear "with what it held"
