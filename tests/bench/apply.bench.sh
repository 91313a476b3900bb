#!/bin/bash
# Playbooks on fleets of real hosts. First the example on three hosts: the first apply, which sends the
# image, and the second, which has nothing to do. Then 100 files, 5 units and 1 image on BENCH_FLEET (16)
# hosts, beside ansible with pipelining and as many forks as hosts, which needs a python3 there: it comes
# from this machine, for this bench alone. BENCH_TOOLS=drover leaves ansible out.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
sudo=
[ "$(id -u)" = 0 ] || sudo='sudo -E'
state=$PWD/build/fleet-bench
hosts=${BENCH_FLEET:-16}
fleet() { DROVER_FLEET_STATE=$state $sudo tests/fleet/fleet "$@"; }
finish() {
	fleet down
	rm -rf "$bench_home"
}
trap finish EXIT

apply() { # LABEL PLAYBOOK [INVENTORY]
	cost "$1" "$drover" -F "$state/ssh_config" -i "${3:-$state/inventory.yaml}" --pet db1 -y apply "$2"
}
# Nobody changes one after another beside ansible: all are cattle.
all_cattle() {
	{
		echo "fleet: load"
		echo "known_hosts: $state/known_hosts"
		echo "defaults: {user: root}"
		echo "groups:"
		echo "  all-of-them:"
		echo "    kind: cattle"
		echo "    hosts:"
		fleet list | awk '{ print "      " $1 ": {address: " $2 "}" }'
	} >"$bench_home/cattle.yaml"
}

image() { # the example, with its image
	[ -r "$bench_home/site/site.tar" ] && return
	cp -r playbooks/examples/site "$bench_home/site" &&
		tests/fleet/fleet image localhost/site:1 "$bench_home/site/site.tar" >/dev/null
}

example() {
	local round
	image || return
	fleet down
	for ((round = 0; round < rounds; round++)); do
		fleet up 3 >/dev/null 2>&1 || { echo "apply: the fleet did not come up"; return; }
		apply "first apply" "$bench_home/site/site.yaml"
		apply "second apply, no change" "$bench_home/site/site.yaml"
		fleet down
	done
	head_line "drover apply of playbooks/examples/site: 3 hosts, median of $rounds" host
	row "first apply" "second apply, no change" 3
	row "second apply, no change" "second apply, no change" 3
}

# The same declarations for both: made as each of them is written by hand.
declarations() {
	local i
	mkdir -p "$bench_home/load/files"
	cp "$bench_home/site/site.tar" "$bench_home/load/"
	for i in {1..100}; do
		{ echo "# file $i"; seq 1 250; } >"$bench_home/load/files/f$i"
	done
	for i in {1..5}; do
		printf '[Unit]\nDescription=bench %s\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' \
			"$i" >"$bench_home/load/bench$i.service"
	done
	{
		printf 'name: load\nhosts: "@*"\nrollout: {canary: 100%%, batch: 100%%}\ntasks:\n'
		printf '  - image: {archive: site.tar}\n'
		for i in {1..100}; do echo "  - file: {path: /etc/bench/f$i, source: files/f$i}"; done
		for i in {1..5}; do echo "  - unit: bench$i.service"; done
	} >"$bench_home/load/drover.yaml"
	cat >"$bench_home/load/ansible.yaml" <<'YAML'
- hosts: all
  gather_facts: false
  tasks:
    - shell: podman image exists localhost/site:1 && echo there
      register: image
      failed_when: false
      changed_when: false
    - copy: {src: site.tar, dest: /root/site.tar}
      when: image.stdout != "there"
    - command: podman load -q -i /root/site.tar
      when: image.stdout != "there"
    - file: {path: /etc/bench, state: directory}
    - copy: {src: "files/f{{ item }}", dest: "/etc/bench/f{{ item }}", mode: "0644"}
      with_sequence: start=1 end=100
    - copy: {src: "bench{{ item }}.service", dest: "/etc/systemd/system/bench{{ item }}.service", mode: "0644"}
      with_sequence: start=1 end=5
      register: units
    - systemd: {name: "bench{{ item }}.service", state: started, enabled: true, daemon_reload: "{{ units is changed }}"}
      with_sequence: start=1 end=5
YAML
	cat >"$bench_home/ansible.cfg" <<CFG
[defaults]
forks = $hosts
host_key_checking = false
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = true
ssh_args = -F $state/ssh_config -o ControlMaster=auto -o ControlPersist=60s
CFG
}

# The interpreter and its library, without what nothing here imports.
carry_python() {
	local real host
	real=$(realpath /usr/bin/python3)
	{
		echo "$real"
		ldd "$real" /usr/lib/python3*/lib-dynload/*.so 2>/dev/null | grep -oE '/[^ ]+' | grep -vE 'ld-linux|:$' | sort -u
		find /usr/lib/"${real##*/}" \( -name test -o -name idlelib -o -name __pycache__ -o -name 'config-*' \) -prune -o -type f -print
	} | sed 's#^/##' | tar -C / -ch --transform='s#^lib/#usr/lib/#' -T - 2>/dev/null >"$bench_home/python.tar"
	for host in $(fleet list | cut -d' ' -f1); do
		fleet shell-in "$host" tar -C / -x --skip-old-files <"$bench_home/python.tar" 2>/dev/null
		fleet shell-in "$host" ln -sf "$real" /usr/bin/python3
		fleet shell-in "$host" python3 -c 'import json, hashlib, subprocess' >/dev/null 2>&1 || return 1
	done
}

run_ansible() { # LABEL
	(
		cd "$bench_home/load" || exit
		fleet_hosts=$(cd "$OLDPWD" && fleet list | cut -d' ' -f1)
		tr ' ' '\n' <<<"$fleet_hosts" >hosts
	)
	ANSIBLE_CONFIG=$bench_home/ansible.cfg HOME=$bench_home \
		cost "$1" ansible-playbook -i "$bench_home/load/hosts" "$bench_home/load/ansible.yaml"
}

beside() {
	local tool
	image || return
	have ansible-playbook || { echo "apply beside ansible: ansible-core is not installed"; return; }
	declarations
	for tool in ${BENCH_TOOLS:-drover ansible}; do
		fleet down
		fleet up "$hosts" --debian 12 >/dev/null 2>&1 || { echo "apply: $hosts hosts did not come up"; return; }
		if [ "$tool" = drover ]; then
			all_cattle
			apply "drover, first" "$bench_home/load/drover.yaml" "$bench_home/cattle.yaml"
			apply "drover, unchanged" "$bench_home/load/drover.yaml" "$bench_home/cattle.yaml"
		elif carry_python; then
			run_ansible "ansible, first"
			run_ansible "ansible, unchanged"
		else
			faults["ansible, first"]="this machine's python3 does not run on the hosts"
		fi
	done
	printf '\nload average: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
	head_line "100 files, 5 units, 1 image: $hosts hosts, once each" host
	for tool in first unchanged; do
		row "drover, $tool" "drover, $tool" "$hosts"
		row "ansible, $tool" "drover, $tool" "$hosts"
	done
}

[ -n "${BENCH_TOOLS:-}" ] || example
beside
