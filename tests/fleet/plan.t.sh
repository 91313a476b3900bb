#!/bin/bash
# What a plan knows on two real hosts: what left the playbook and goes, what was there before, who
# changed what and when; drift, kept plans, secrets, equal diffs folded.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
root=$PWD
mkdir -p build
export DROVER_FLEET_STATE=$root/build/fleet-plan
fleet=$root/tests/fleet/fleet
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
execs() { "$fleet" sshd-log "$1" | grep -c 'Starting session: command'; }
acts() { on "$1" 'ls /var/lib/drover/runs | wc -l'; }
book() { # NAME: a playbook from standard input
	cat >"$CASE/$1.yaml"
}
away() { # HOST PATH...: none of them is there
	# shellcheck disable=SC2016
	on "$1" "for path in ${*:2}; do [ ! -e \$path ] || exit 1; done"
}

# What leaves the playbook goes.
"$fleet" image localhost/prune:1 "$CASE/prune.tar" >/dev/null
cat >"$CASE/prune-beat.service" <<'U'
[Unit]
Description=a beat
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
U
book prune <<'Y'
name: prune
hosts: "web[1-2]"
apps:
  prune: {image: {archive: prune.tar}, ports: {http: 8080}, files: {/www/index.html: {content: "x\n"}}}
tasks:
  - file: {path: /etc/prune-kept, content: "kept\n"}
  - file: {path: /etc/prune-old, content: "the old one\n"}
  - file: {path: /etc/prune-changed, content: "by drover\n"}
  - file: {path: /etc/prune-there, content: "there before\n"}
  - {file: {path: /etc/prune-when, content: "for a while\n"}, when: on | default(true)}
  - unit: prune-beat.service
  - sysctl: {name: net.ipv4.ip_default_ttl, value: "65"}
Y
book other <<'Y'
name: other
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/prune-other, content: "of another playbook\n"}
Y
for host in web1 web2; do on "$host" 'echo "there before" >/etc/prune-there'; done
exits 0 "what is there as it should be is adopted" drover plan "$CASE/prune.yaml"
like "$out" "note: adopts file /etc/prune-there" "and the plan says so"
exits 0 "the first playbook is applied" drover apply -y "$CASE/prune.yaml"
exits 0 "and another one" drover apply -y "$CASE/other.yaml"
exits 0 "a second apply has nothing to do" drover apply -y --exit-code "$CASE/prune.yaml"
is "$(acts web1) $(acts web2)" "2 2" "and no act"
like "$(on web1 cat /var/lib/drover/manifest)" "file /etc/prune-there.*	f	-" "the manifest knows what was found"
on web1 'echo "by a person" >/etc/prune-changed'
book prune <<'Y'
name: prune
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/prune-kept, content: "kept\n"}
  - {file: {path: /etc/prune-when, content: "for a while\n"}, when: on | default(true)}
Y
before=$(execs web1)
exits 5 "what left the playbook is planned to go" drover plan --exit-code "$CASE/prune.yaml"
is "$(($(execs web1) - before))" 2 "for which the host is looked at twice"
like "$out" "web2: 8 to remove" "all of it"
like "$out" "- /etc/prune-old" "a file"
like "$out" "^ *-the old one" "with what it held"
like "$out" "- prune-beat.service  .stop, disable." "a unit, which is stopped"
like "$out" "- prune-0.service  .stop, disable." "an app's too"
like "$out" "- localhost/prune:1" "its image"
like "$out" "- sysctl net.ipv4.ip_default_ttl" "what a kind of task made"
like "$out" "left behind: file /etc/prune-changed .it was changed by hand" "what a person changed stays, and is named"
like "$out" "lets go of file /etc/prune-there" "what was there before drover stays"
unlike "$out" "prune-other" "another playbook's things are not spoken of"
exits 0 "with --no-prune all stays" drover plan --no-prune "$CASE/prune.yaml"
like "$out" "no changes" "nothing is removed"
like "$out" "left behind: file /etc/prune-old" "and it is said"
sed 's/^hosts/prune: false\nhosts/' "$CASE/prune.yaml" >"$CASE/keeps.yaml"
exits 0 "so it is with prune: false" drover plan --exit-code "$CASE/keeps.yaml"
sed 's/^  - file/  - tags: t\n    file/' "$CASE/prune.yaml" >"$CASE/tags.yaml"
exits 0 "with some of the tags nothing is pruned" drover plan --exit-code --tags t "$CASE/tags.yaml"
unlike "$out" "left behind" "nor spoken of"
exits 0 "it is applied" drover apply -y "$CASE/prune.yaml"
for host in web1 web2; do
	ok "the files are gone from $host" away "$host" /etc/prune-old /etc/drover/apps/prune \
		/etc/systemd/system/prune-0.service /etc/systemd/system/prune-beat.service /etc/sysctl.d/60-drover-net.ipv4.ip_default_ttl.conf
	is "$(on "$host" 'systemctl is-active prune-0 prune-beat' | sort -u)" inactive "the units of $host are stopped"
	is "$(on "$host" 'ls /etc/systemd/system/*.wants' | grep -c prune)" 0 "and disabled"
	is "$(on "$host" 'podman images -q localhost/prune:1')" "" "the image is gone from $host"
	is "$(on "$host" 'cat /etc/prune-kept /etc/prune-there /etc/prune-other')" "$(printf 'kept\nthere before\nof another playbook')" \
		"the rest of $host stays"
done
is "$(on web1 cat /etc/prune-changed)" "by a person" "what a person made of it stays"
# shellcheck disable=SC2016
is "$(on web1 'grep -rl "the old one" /var/lib/drover/runs/*/old | wc -l')" 1 "what was removed is kept with the act"
exits 0 "a second apply has nothing to do after it" drover apply -y --exit-code "$CASE/prune.yaml"
is "$(acts web2)" 3 "and no act"
exits 0 "where a condition no longer holds, what it put there goes" drover apply -y -e on=false "$CASE/prune.yaml"
ok "from each host" away web1 /etc/prune-when
ok "also from the other" away web2 /etc/prune-when
