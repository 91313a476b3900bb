#!/bin/bash
# Conditions, loops, tags and includes on two real hosts whose facts nobody knows at first: what facts
# decide is decided in the first run, and a second one changes nothing.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2

mkdir -p "$CASE/users"
cat >"$CASE/steps.yaml" <<'E'
name: steps
hosts: "web[1-2]"
vars: {users: [{name: eve, on: true}, {name: bob, on: false}]}
tasks:
  - {file: {path: /etc/steps-os, content: "{{ os }}\n"}, when: os is glob("debian*"), tags: os}
  - {file: {path: /etc/steps-os, content: "another\n"}, when: not (os is glob("debian*")), tags: os}
  - {file: {path: /etc/steps-new, content: "{{ systemd }}\n"}, when: systemd | split | first | int > 253}
  - include: users/tasks.yaml
    loop: users
    when: item.on and podman is defined
  - {run: [touch, "/etc/steps-run-{{ item }}"], creates: "/etc/steps-run-{{ item }}", loop: [1, 2]}
E
echo '- template: {path: "/etc/steps-{{ item.name }}", src: user}' >"$CASE/users/tasks.yaml"
printf '{%% for u in users %%}\n{{ u.name }}{{ "!" if u.on else "" }}\n{%% endfor %%}\n' >"$CASE/users/user"

exits 0 "the first plan knows the facts that it needs" drover plan -v "$CASE/steps.yaml"
like "$out" "web1: 2 to create, 2 unpredicted" "a condition that does not hold leaves its task out"
like "$out" "web2: 3 to create, 2 unpredicted" "on the host where it holds it is there"
like "$out" 'task 3 .file.  .skipped: when: systemd . split . first . int > 253' "what is left out is named with its condition"
exits 0 "it is applied" drover apply -y "$CASE/steps.yaml"
is "$(on web1 'cat /etc/steps-os /etc/steps-eve')" "$(printf 'debian-12\neve!\nbob')" "contents are those of the host"
is "$(on web1 'ls -d /etc/steps-*' | wc -l)" 4 "nothing else is there"
is "$(on web2 'ls -d /etc/steps-*' | wc -l)" 5 "nor on the other"
exits 0 "the second time nothing differs" drover apply -y --exit-code "$CASE/steps.yaml"
on web1 'rm /etc/steps-os /etc/steps-eve'
exits 5 "tags choose what is looked at" drover plan -v --tags os --exit-code "$CASE/steps.yaml"
like "$out" "web1: 1 to create" "what has another tag is not seen"
is "$(grep -c 'left behind' <<<"$out")" 0 "nor said to be left behind"
exits 2 "a tag that is not there is told before any contact" drover plan --tags so "$CASE/steps.yaml"
