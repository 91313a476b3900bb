#!/bin/bash
# Values that a shell, systemd or podman might read as something else: contents of all 256 bytes, the
# environment and arguments of commands and of an app's process, units; each arrives to the byte, on
# Debian 12 and 13. What may not stand in a name is refused before anything is contacted.
# shellcheck disable=SC2154
cd "$(dirname "$0")/../.." || exit
root=$PWD
mkdir -p build
export DROVER_FLEET_STATE=$root/build/fleet-roundtrip
fleet=$root/tests/fleet/fleet
values=$root/tests/fleet/roundtrip.py
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end' EXIT
"$fleet" up 2 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	exit 1
}
export DROVER_INVENTORY=$DROVER_FLEET_STATE/inventory.yaml DROVER_SSH_CONFIG=$DROVER_FLEET_STATE/ssh_config
on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	"$fleet" shell-in "$host" sh -c "$*"
}
logins() { "$fleet" sshd-log web1 | grep -c 'Accepted publickey'; }

before=$(logins)
is "$(python3 -B "$values" refused "$DROVER" 2>&1)" "" "values that would be more than values are refused at their place"
is "$(logins)" "$before" "and nobody was contacted for that"

"$fleet" image localhost/site:1 "$CASE/site.tar" >/dev/null
for host in web1 web2; do
	ok "$host has the image" on "$host" 'podman load -q' <"$CASE/site.tar"
done
python3 -B "$values" write
exits 0 "a playbook full of odd values is applied" drover apply -y rt.yaml
for host in web1 web2; do
	mkdir -p "$CASE/$host"
	# shellcheck disable=SC2016
	on "$host" 'tar -C /root/rt -c .' | tar -x -C "$CASE/$host"
	for file in environ cmdline; do
		# shellcheck disable=SC2016
		on "$host" 'cat /proc/$(podman inspect --format "{{.State.Pid}}" rt-0)/'$file >"$CASE/$host/$file"
	done
	is "$(python3 -B "$values" compare "$CASE/$host" 2>&1)" "" "$host: every value is what was given, to the byte"
	is "$(on "$host" "cat '/root/all bytes'" | sha256sum)" "$(sha256sum <all.bin)" "$host: so is a file of all bytes"
	is "$(on "$host" 'cat /etc/systemd/system/rt.service' | sha256sum)" "$(sha256sum <rt.service)" "$host: and a unit"
	ok "$host: nothing of it was run" on "$host" 'test ! -e /root/pwned'
	is "$(on "$host" 'systemctl show -p ExecStartPre -p User rt-0.service | grep -c "pwned\|nobody"')" 0 "$host: the app's unit has no more than its own lines"
done
exits 0 "the second apply finds all of it so" drover apply -y --json rt.yaml
unlike "$out" '"act.sent"' "and sends nothing"
