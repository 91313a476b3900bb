#!/bin/bash
# The example shop on six hosts of both Debians, as doc/shop.md goes through its life: there, unchanged, a new
# version, one that is not well, rolled back, undone. Every replica is asked five times a second all the while.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 6
read -r -a machine <<<"$hosts"
hosts="front1 front2 front3 front4 front5 front6"
# The hosts of the shop are front1 to front6, whatever the fleet calls them.
declare -A name_of address_of
i=0
for host in $hosts; do
	name_of[$host]=${machine[i]}
	address_of[$host]=$("$fleet" list | awk -v host="${machine[i]}" '$1 == host { print $2 }')
	i=$((i + 1))
done
{
	printf 'fleet: shop\nknown_hosts: %s\ndefaults: {user: root}\n' "$DROVER_FLEET_STATE/known_hosts"
	printf 'groups:\n  front:\n    kind: cattle\n    hosts:\n'
	for host in $hosts; do printf '      %s: {address: %s}\n' "$host" "${address_of[$host]}"; done
} >"$CASE/inventory.yaml"
export DROVER_INVENTORY=$CASE/inventory.yaml
on() { # HOST COMMAND
	local host=$1
	shift
	timeout 120 "$fleet" shell-in "${name_of[$host]}" sh -c "$*"
}
execs() { # HOST
	"$fleet" sshd-log "${name_of[$1]}" | grep -c 'Starting session: command'
}

# Device nodes that the machine keeps for root are everybody's on real hosts.
for host in $hosts; do
	on "$host" 'for d in net/tun fuse; do umount /dev/$d && rm -f /dev/$d; done
		mknod -m 666 /dev/net/tun c 10 200; mknod -m 666 /dev/fuse c 10 229' 2>/dev/null
done

# The example as it ships, with what it says to bring; version 3 cannot read the pears that somebody ordered.
cp -r "$root/playbooks/examples/shop" "$CASE/shop"
cd "$CASE/shop" || exit
ok "its program is built" cc -static -O2 -o prices prices.c
mkdir -p "$CASE/three/bin"
cat >"$CASE/three/bin/web" <<'WEB'
#!/bin/sh
if grep pears /data/orders; then
	echo "what are these?" >&2
	exit 1
fi
httpd -f -p "${PORT:-8080}" -h /www &
pid=$!
trap 'kill "$pid"; exit 0' TERM INT
wait "$pid"
WEB
chmod 755 "$CASE/three/bin/web"
"$fleet" image localhost/board:1 board.tar >/dev/null
"$fleet" image localhost/shop:1 shop-1.tar >/dev/null
"$fleet" image localhost/shop:2 shop-2.tar >/dev/null
"$fleet" image localhost/shop:3 shop-3.tar "$CASE/three" >/dev/null

# The commands of the page, in its order: the page shows what is done here, and this does what the page shows.
mapfile -t page < <(sed -n 's/^    \$ //p' "$root/doc/shop.md")
at=0
shown() { # EXIT COMMAND WHAT
	is "${page[at]:-}" "$2" "the page shows: $2"
	at=$((at + 1))
	exits "$1" "$3" eval "$2"
}

prober=''
trap '[ -z "$prober" ] || kill "$prober"; cd "$root" && "$fleet" down >/dev/null 2>&1; case_end' EXIT
watch() { # [WORD]: with it, the program is no part of its host: it may never miss a probe
	local places=() host
	for host in $hosts; do
		places+=("$host=${address_of[$host]}:8080" "$host=${address_of[$host]}:8081" "${1:-}$host=${address_of[$host]}:8090")
	done
	python3 "$root/tests/fleet/prober.py" watch "$CASE/seen" "${places[@]}" &
	prober=$!
	wait_for 20 test -s "$CASE/seen"
}
judge() { # WHAT
	kill "$prober"
	wait "$prober"
	prober=''
	drover history show last --json | grep '"event":' >"$CASE/events"
	ok "$1" python3 "$root/tests/fleet/prober.py" judge "$CASE/seen" "$CASE/events"
	echo "# $(python3 "$root/tests/fleet/prober.py" judge "$CASE/seen" "$CASE/events" | tail -n 1)"
	rm -f "$CASE/seen"
}
rollout() { # what its events say of batches
	grep -v '"host":' "$CASE/events" | grep -o '"event":"rollout".*"text":"[^"]*"' | sed 's/.*"text":"//; s/"$//' | paste -sd'|'
}
walk() { # HOST: with inodes and times, all that an apply could touch
	on "$1" 'find /etc /root /usr/local /var/lib/drover /var/lib/drover-apps /var/lib/private -xdev -printf "%i %T@ %m %p\n" 2>/dev/null | sort -k4'
}
# What a release is, and what runs of it: digests of files and units, the manifest, images.
digests() { # HOST
	# shellcheck disable=SC2016
	on "$1" 'find /etc /usr/local -xdev -type f -exec sha256sum {} + | sort -k2
		find /etc /usr/local /home -xdev -path "/home/*/.local" -prune -o -printf "%m %u %g %y %p %l\n" | sort -k5
		find /home -xdev -path "/home/*/.local" -prune -o -type f -exec sha256sum {} + | sort -k2
		sort /var/lib/drover/manifest
		podman ps --format "{{.Names}} {{.ImageID}}" 2>/dev/null | sort
		for unit in shop-0 shop-1 prices-0; do systemctl is-active $unit; done
		sha256sum /var/lib/containers/storage/volumes/shop-orders/_data/orders'
}
digests_of_all() { # NAME
	for host in $hosts; do digests "$host" >"$CASE/$1.$host"; done
}
# But for which run put it there; and a rollback leaves the newer image, which may be wanted again, and the tasks.
as() { # NAME WHAT
	local those='s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/RUN/; /^image localhost.shop:2/d; /^user board/d'
	for host in $hosts; do
		digests "$host" >"$CASE/now.$host"
		ok "$2 ($host)" diff <(sed -E "$those" "$CASE/$1.$host") <(sed -E "$those" "$CASE/now.$host")
	done
}
in_use() { # what each seat is told of the release that runs
	drover releases shop | awk '/ in use / { print $2 }'
}
get() { # HOST PORT PATH
	curl -s -m 5 "http://${address_of[$1]}:$2/$3"
}

boards=0
shown 0 "drover plan --diff none shop.yaml" "it is planned"
like "$out" "publishes 0.0.0.0:8080" "with its ports"
shown 0 "drover apply -y --diff none shop.yaml" "it is applied"
for host in $hosts; do
	like "$(get "$host" 8080 '')$(get "$host" 8081 '')" "welcome to the shop of <b>$host</b>" "$host: the front answers"
	is "$(get "$host" 8080 'cgi-bin/order?apples')" "ordered: apples" "$host: it takes orders"
	is "$(get "$host" 8090 apples)" "apples 3" "$host: the program knows the prices"
	if [ "$(on "$host" 'stat -f -c %T /sys/fs/cgroup')" = cgroup2fs ]; then
		is "$(get "$host" 8091 '')" "the board of $host" "$host: the board answers"
		# shellcheck disable=SC2016
		is "$(on "$host" 'stat -c %U "/proc/$(pgrep -u board -x httpd | head -n 1)"')" board "$host: it is its user's own"
		boards=$((boards + 1))
	fi
done
ok "some hosts have a board" test $boards -gt 0
shown 0 "drover apply -y --diff none shop.yaml" "a second time"
like "$err" "6 ok" "nothing is to be done"
nothing_differs shop.yaml "the shop"
digests_of_all one
one=$(in_use)

watch prices-of-
shown 0 "sed -i s/shop-1.tar/shop-2.tar/ shop.yaml" "the playbook names a new version"
shown 0 "drover apply -y --diff none shop.yaml" "which rolls"
judge "somebody answered all the time, of each host a replica, nobody outside of the batch missed a probe, and no program"
is "$(rollout)" "canary: 1 host|batch 1: 3 hosts|batch 2: 2 hosts" "a canary, then halves"
for host in $hosts; do
	is "$(on "$host" 'podman ps --format "{{.Image}}" 2>/dev/null' | sort -u)" localhost/shop:2 "$host has the new version"
done

is "$(get front6 8081 'cgi-bin/order?pears')" "ordered: pears" "somebody orders pears"
digests_of_all two
two=$(in_use)
watch
shown 0 "sed -i s/shop-2.tar/shop-3.tar/ shop.yaml" "the playbook names a version"
shown 0 "sed -i \"s/pears 4/pears 5/\" prices.txt" "and a price"
shown 1 "drover apply -y --diff none shop.yaml" "that are not well on the last host"
judge "while it went there and back somebody answered, of each host a replica, and nobody outside of the batch missed a probe"
like "$(rollout)" "^canary: 1 host.batch 1: 3 hosts.batch 2: 2 hosts.*rollback: . hosts that this run changed.rollback, batch 1" "it went back in batches"
is "$(grep '"event":"host.end"' "$CASE/events" | grep -o '"state":"[^"]*"' | sort | uniq -c | xargs)" '6 state:rolled-back' "on every host"
for host in $hosts; do
	digests "$host" >"$CASE/now.$host"
	ok "$host is back on the release before, to its manifest" diff "$CASE/two.$host" "$CASE/now.$host"
done
shown 0 "sed -i s/shop-3.tar/shop-2.tar/ shop.yaml" "the playbook is put right"
shown 0 "sed -i \"s/pears 5/pears 4/\" prices.txt" "to the price"
shown 0 "drover plan --exit-code shop.yaml" "then nothing differs"

watch prices-of-
shown 0 "drover rollback -y --diff none shop" "one command brings the release before"
judge "while somebody answered, of each host a replica, nobody outside of the batch missed a probe, and no program"
for host in $hosts; do
	is "$(on "$host" 'podman ps --format "{{.Image}}" 2>/dev/null' | sort -u)" localhost/shop:1 "$host has the old version"
done
sed -i '/orders$/d' "$CASE"/one.*
for host in $hosts; do on "$host" 'sha256sum /var/lib/containers/storage/volumes/shop-orders/_data/orders' >>"$CASE/one.$host"; done
as one "it is the first release again, with the orders of now"
is "$(in_use)" "$one" "as drover tells"
watch prices-of-
shown 0 "drover undo -y --diff none last" "one command takes that back"
judge "while somebody answered, of each host a replica, nobody outside of the batch missed a probe, and no program"
as two "it is the second again"
is "$(in_use)" "$two" "as drover tells"
unlike "$one" "^$two$" "which is another than the first"
shown 0 "drover history" "all of it is in the record"
is "$at" "${#page[@]}" "that is all that the page shows"
