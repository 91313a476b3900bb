#!/bin/bash
# Where apps log to, on Debian 12 (podman 4.3) and 13 (5.4): the host's journal, and journals of their own, of a
# container and of a program; what they are told of it, health checks by it, drover logs, and what a stop leaves.
# shellcheck disable=SC2016,SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null || fail "an image is made"
cat >"$CASE/tool" <<'T'
#!/bin/sh
echo "tool prints to $DROVER_LOG_NAMESPACE"
logger "tool logs by the socket"
while :; do sleep 1; done
T
cat >"$CASE/logs.yaml" <<'Y'
name: logs
hosts: web[1-2]
rollout: {canary: 2, max_fail: 100%}
apps:
  plain:
    image: {archive: web.tar}
    command: [/bin/sh, -c, "echo plain words; exec /bin/web"]
  shop:
    image: {archive: web.tar}
    ports: {http: {container: 8080, host: 9080}}
    command: [/bin/sh, -c, "echo shop prints to $DROVER_LOG_NAMESPACE; exec /bin/web"]
    log: {namespace: front}
    health: {journal: "^shop prints to front$"}
  tool:
    binary: ./tool
    log: {namespace: back}
    health: {journal: "^tool prints to back$"}
Y
exits 0 "apps with journals of their own come up by health checks that read those" drover apply -y "$CASE/logs.yaml"
for host in $hosts; do
	is "$(on "$host" 'journalctl -q -o cat -u shop-0 -u tool-0 | grep -c prints')" 0 "$host: the host's journal has nothing they print"
	is "$(on "$host" 'journalctl -q -o cat --namespace=front -u shop-0 | grep prints')" "shop prints to front" "that of the container has it"
	# The journal may not find out any more of which unit a program was that only logs and ends.
	is "$(on "$host" 'journalctl -q -o cat --namespace=back | grep "^tool" | sort | xargs')" \
		"tool logs by the socket tool prints to back" "that of the program too, and what it logs by the socket"
	like "$(on "$host" 'podman exec shop-0 cat /run/drover/resources.json')" '"sink":"namespace","namespace":"front"' "it is told so"
	exits 0 "$host: logs by the name of the app" drover logs "$host" shop
	like "$out" "shop-0\[[0-9]+\]: shop prints to front" "read there"
	like "$out" "systemd\[1\]: Start" "and what the host's journal has of it"
	exits 0 "of the other" drover logs "$host" tool -n 1000
	like "$out" "tool prints to back" "read there"
	unlike "$out" "shop prints" "and nowhere else"
	exits 0 "of one without" drover logs "$host" plain
	like "$out" "plain words" "as ever"
	exits 0 "of a unit in full" drover logs "$host" shop-0.service
	like "$out" "shop prints to front" "too"
	exits 1 "two journals at once" drover logs "$host" '*-0.service'
	like "$err" "these units log to several namespaces" "are refused by name"
	on "$host" 'systemctl stop shop-0'
	is "$(on "$host" 'ls /run/netns 2>/dev/null | wc -l; podman ps -aq | wc -l; systemctl show -p Result --value shop-0' | xargs)" \
		"1 1 success" "$host: a stop leaves no network behind but that of the other"
	on "$host" 'systemctl start shop-0'
	ok "$host: it answers again" wait_for 30 answers "$host" 9080
done
exits 0 "nothing is left to do" drover apply -y --exit-code "$CASE/logs.yaml"
exits 0 "an undo" drover undo -y last
