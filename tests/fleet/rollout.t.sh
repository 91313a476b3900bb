#!/bin/bash
# An app of two replicas on four hosts in two racks, asked five times a second while it rolls: a new version, one
# that is not well on the last host and goes back everywhere, an image that one host has no room for, and a pause.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 4
read -r -a name <<<"$hosts"
address_of() { "$fleet" list | awk -v host="$1" '$1 == host { print $2 }'; }
{
	printf 'fleet: rollout\nknown_hosts: %s\ndefaults: {user: root}\n' "$DROVER_FLEET_STATE/known_hosts"
	printf 'groups:\n  all-of-them:\n    kind: cattle\n    hosts:\n'
	for i in 0 1 2 3; do
		printf '      %s: {address: %s, vars: {rack: r%d}}\n' "${name[i]}" "$(address_of "${name[i]}")" $((i / 2))
	done
} >"$CASE/inventory.yaml"
export DROVER_INVENTORY=$CASE/inventory.yaml
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null
"$fleet" image localhost/web:2 "$CASE/web2.tar" >/dev/null

# The canary is of the first rack, the batch of both, and the last host is ${name[3]}.
web() { # TEXT [PORT ON THE LAST HOST]
	cat >"$CASE/web.yaml" <<YAML
name: web
hosts: "@all-of-them"
rollout: {canary: 1, batch: 2, domain: rack, soak: 1s, on_failure: rollback}
apps:
  web:
    image: {archive: ${archive:-web.tar}}
    replicas: 2
    ports: {http: 8080}
    env: {PORT: "{% if host == '${name[3]}' %}${2:-8080}{% else %}8080{% endif %}"}
    files: {/www/index.html: {content: "$1 on {{ host }}\n"}}
    health: {http: ":http/", interval: 200ms, timeout: 2s, retries: 15}
YAML
}
prober=''
watch() {
	local places=() host
	for host in $hosts; do
		places+=("$host=$(address_of "$host"):8080" "$host=$(address_of "$host"):8081")
	done
	python3 "$root/tests/fleet/prober.py" watch "$CASE/seen" "${places[@]}" &
	prober=$!
	wait_for 20 test -s "$CASE/seen"
}
trap '[ -z "$prober" ] || kill "$prober"; cd "$root" && "$fleet" down >/dev/null 2>&1; case_end' EXIT
judge() { # WHAT
	kill "$prober"
	wait "$prober"
	prober=''
	ok "$1" python3 "$root/tests/fleet/prober.py" judge "$CASE/seen" "$CASE/events"
	echo "# $(python3 "$root/tests/fleet/prober.py" judge "$CASE/seen" "$CASE/events" | tail -n 1)"
	rm -f "$CASE/seen"
}
applied() { # EXIT WHAT: with its events
	exits "$1" "$2" drover apply --json -y "$CASE/web.yaml"
	cp "$CASE/stdout" "$CASE/events"
}
walk() { # HOST: what a release is, and what runs
	# shellcheck disable=SC2016
	on "$1" 'find /etc -xdev -type f -exec sha256sum {} + | sort -k2
		find /etc -xdev -printf "%m %u %g %y %p %l\n" | sort -k5
		sort /var/lib/drover/manifest; podman ps --format "{{.Names}} {{.ImageID}}" | sort'
}
starts() { # HOST: which start of each replica it is
	on "$1" 'systemctl show -P InvocationID -- web-0.service web-1.service | grep .'
}
each_host() { # FUNCTION: its words for all hosts
	for host in $hosts; do
		echo "$host"
		"$1" "$host" 2>/dev/null
	done
}
texts() { grep -v '"host":' "$CASE/events" | grep -o '"event":"rollout".*"text":"[^"]*"' | sed 's/.*"text":"//; s/"$//' | paste -sd'|'; }
sent() { grep '"event":"act.sent"' "$CASE/events" | grep -o '"host":"[^"]*"' | cut -d'"' -f4 | paste -sd' '; }

web one
applied 0 "the app is there"
watch

web two
applied 0 "a new version rolls"
is "$(texts)" "canary: 1 host|batch 1: 2 hosts|batch 2: 1 host" "a canary, then batches"
is "$(sent | cut -d' ' -f1)" "${name[0]}" "of which the first is the canary"
is "$(sent | cut -d' ' -f2-3 | tr ' ' '\n' | sort | paste -sd' ')" "${name[1]} ${name[2]}" "the batch is of both racks"
judge "somebody answered all the time, of each host a replica, and nobody outside of the batch missed a probe"
each_host walk >"$CASE/good"

web three 9999
watch
applied 1 "a version that is not well on the last host stops the run"
like "$(texts)" "batch 2: 1 host\|1 of 4 hosts rolled-back .max_fail 1.\|rollback: 3 hosts that this run changed\|rollback, batch 1: 1 host\|rollback, batch 2: 1 host\|rollback, batch 3: 1 host" "and goes back in batches too"
is "$(grep '"event":"host.end"' "$CASE/events" | grep -c '"state":"rolled-back"')" 4 "on every host"
judge "all that while somebody answered, of each host a replica, and nobody outside of the batch missed a probe"
each_host walk >"$CASE/back"
ok "every host is back on the old release" diff "$CASE/good" "$CASE/back"
web two
exits 0 "and differs in nothing from it" drover plan --exit-code "$CASE/web.yaml"

# Images are everywhere before the first stop, or nothing stops.
archive=web2.tar
web four
each_host starts >"$CASE/starts"
# What podman unpacks has no room there.
on "${name[2]}" 'mkdir -p /run/full && mount -t tmpfs -o size=64k full /run/full && mount --bind /run/full /var/tmp'
watch
applied 8 "an image that one host has no room for"
like "$(grep '"event":"host.end"' "$CASE/events" | grep "\"host\":\"${name[2]}\"")" '"state":"failed".*image localhost/web:2: ' "fails that host"
is "$(sent)" "" "no act was sent to anybody"
each_host starts >"$CASE/still"
ok "and nothing was stopped anywhere" diff "$CASE/starts" "$CASE/still"
judge "nobody missed a probe"
on "${name[2]}" 'umount /var/tmp /run/full'

# A pause by signal.
archive=web.tar
web five
"$DROVER" apply --json -y "$CASE/web.yaml" >"$CASE/events" 2>"$CASE/paused.err" &
applying=$!
wait_for 60 grep -q '"event":"act.sent"' "$CASE/events"
kill -USR2 "$applying"
ok "SIGUSR2 lets the canary end and holds the next batch" wait_for 60 grep -q 'paused: no batch begins' "$CASE/events"
is "$(sent)" "${name[0]}" "nobody else was acted on"
kill -USR2 "$applying"
wait "$applying"
is "$?" 0 "the same signal lets it go on to its end"
like "$(texts)" "canary: 1 host\|pausing: the batch at work ends\|paused: no batch begins\|going on\|batch 1: 2 hosts\|batch 2: 1 host" "all of it is in the events"
