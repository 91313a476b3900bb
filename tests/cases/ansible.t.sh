#!/bin/bash
# Ansible's inventories: a tree as people have it, directories, programs, and what is refused. What
# hosts get is what ansible-inventory 2.14 answers for the same files.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
mkdir -p shop/group_vars/web shop/host_vars
cat >shop/hosts <<'X'
# the shop
bastion ansible_host=203.0.113.7 ansible_port=2222

[web]
web[01:03] tier=front
web09:2200 http_port=8080 # odd one

[db]
db-[a:b] ansible_host=10.0.0.5 ansible_user=postgres
db-b ansible_host=10.0.0.6

[eu:children]
web
db

[eu:vars]
ansible_user=deploy
prio=eu
ntp="ntp.example.org" # a comment
list=['a', 1, True]

[web:vars]
both=file

[all:vars]
all_file=1
prio=all
X
cat >shop/group_vars/all.yml <<'X'
---
all_gv: yes
prio: gvall
ansible_become: yes
X
cat >shop/group_vars/web/10-main.yml <<'X'
both: dir
x: &anchor {a: 1, b: [no, 2]}
y: {<<: *anchor, c: 3}
X
cat >shop/group_vars/web/20-more <<'X'
both: dir2
url: "http://{{ ansible_host }}/"
secret: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6233
X
printf '$ANSIBLE_VAULT;1.1;AES256\n6233\n' >shop/group_vars/db
printf 'tier: hv\nansible_become: false\nansible_become_password: hunter2\n' >shop/host_vars/web01.yml
printf '{"tier": "json"}' >shop/host_vars/web02.json

# all JSON objects have their keys sorted: the order of variables is nobody's promise
vars() { # INVENTORY HOST
	drover -i "$1" hosts "$2" --vars --json 2>"$CASE/stderr" | python3 -c '
import json, sys
h = json.load(sys.stdin)
print(json.dumps(h["vars"], sort_keys=True))
print(" ".join("%s=%s" % (k, h[k]) for k in ("address", "port", "user", "become", "refused") if k in h))'
}

exits 0 "a tree of INI, group_vars and host_vars is read" drover -i shop/hosts hosts
is "$(awk '{ print $1, $3, $4, $5 }' <<<"$out")" "NAME GROUPS ADDRESS USER
bastion ungrouped 203.0.113.7:2222 -
db-a db,eu 10.0.0.5 postgres
db-b db,eu 10.0.0.6 postgres
web01 web,eu - deploy
web02 web,eu - deploy
web03 web,eu - deploy
web09 web,eu web09:2200 deploy" "with hosts, groups and how to reach them"
like "$err" 'shop/group_vars/db:1:1: warning: the file is a vault' "a file in a vault is named"
like "$err" 'web01.yml:3:1: warning: ansible_become_password: passwords in inventories are not read' "a password is named"
unlike "$err$out" 'hunter2' "and not shown"
is "$(vars shop/hosts web01)" '{"all_file": "1", "all_gv": "true", "ansible_become": "false", "ansible_user": "deploy", "both": "dir2", "list": ["a", 1, true], "ntp": "ntp.example.org", "prio": "gvall", "secret": "$ANSIBLE_VAULT", "tier": "hv", "url": "http://{{ ansible_host }}/", "x": {"a": 1, "b": [false, 2]}, "y": {"a": 1, "b": [false, 2], "c": 3}}
user=deploy' "variables come from where Ansible takes them"
is "$(vars shop web02 | tail -n 1)" "user=deploy become=sudo" "the directory is the same inventory"
is "$(drover -i shop nodes -f '@eu!@db' 2>/dev/null)" "web[01-03,09]" "its groups are sets"
exits 2 "a value in a vault cannot be tested" drover -i shop hosts 'secret=x'
like "$err" 'the variable "secret" \(shop/group_vars/web/20-more:3\) cannot be tested: the value is in a vault' "and says why"

cat >more.yml <<'X'
all:
  children:
    edge:
      hosts:
        edge[1:2]: {ansible_connection: winrm}
        edge3: {ansible_user: "{{ lookup('env', 'USER') }}"}
X
cat >own.yaml <<'X'
groups: {cache: {kind: cattle, hosts: "cache[1-2]", vars: {tier: mem}}}
X
cp more.yml own.yaml shop/
printf 'junk [' >shop/notes.txt
printf '[x]\n' >shop/ansible.ini
exits 0 "a directory may hold files of all kinds" drover -i shop nodes -f @edge,@cache,@web
is "$out" "cache[1-2],edge[1-3],web[01-03,09]" "and is one inventory"
exits 0 "hosts that drover cannot use are listed" drover -i shop hosts @edge
like "$err" 'edge\[1-2\] cannot be used: shop/more.yml:5: ansible_connection' "and named with the reason"
exits 11 "a host that drover cannot reach is refused when it is used" drover -i shop run edge1,edge3 -- true
like "$out$err" 'more.yml:5: ansible_connection: drover goes by SSH or works here \(local\), not by "winrm"' "by name"
like "$out$err" 'more.yml:6: ansible_user: the value is a template' "and so is one that needs a template"

cat >dynamic <<'X'
#!/bin/sh
echo "$# $*" >>calls
case $1 in
--list) echo '{"web": {"hosts": ["w1", "w2"], "vars": {"a": true}}, "eu": {"children": ["web"]}}' ;;
--host) echo "{\"ansible_host\": \"10.0.0.1\", \"me\": \"$2\"}" ;;
esac
printf 'care: \033[31mred\n' >&2
X
chmod +x dynamic
exits 0 "a program is run when -i names it" drover -i ./dynamic hosts w2 --vars --json
is "$(sort -u calls)" "1 --list
2 --host w1
2 --host w2" "with --list, and --host where there is no _meta"
like "$out" '"me":"w2"' "and its answers count"
like "$err" 'warning: care: \^\[\[31mred' "what it says is cleaned and shown"
cp dynamic shop/zz
exits 3 "a program in a directory is not run" drover -i shop hosts
like "$err" 'shop/zz: a program: it is run only when -i names it itself: -i shop/zz' "and drover says what to do"
rm shop/zz calls
exits 3 "nor one from the environment" env DROVER_INVENTORY=./dynamic "$DROVER" hosts
ok "it was not run" test ! -e calls
printf '#!/bin/sh\necho "no such region" >&2\nexit 4\n' >failing
printf '#!/bin/sh\necho "{\\"web\\": [1"\n' >broken
printf '#!/bin/sh\nhead -c 9000000 /dev/zero\n' >flood
chmod +x failing broken flood
exits 3 "a program that fails is a mistake" drover -i ./failing hosts
like "$err" './failing --list: exit status 4: no such region' "which names it"
exits 3 "so is one that prints no JSON" drover -i ./broken hosts
like "$err" './broken --list:2:1: ' "with the place"
exits 3 "and one that prints too much" drover -i ./flood hosts
like "$err" './flood --list: more output than 8 MiB' "which says the limit"

printf '#!/bin/sh\necho $$ >pid.new\nmv pid.new pid\nread -r x <>"$CASE/never"\n' >hanging
chmod +x hanging
CASE=$CASE "$DROVER" -i ./hanging hosts >/dev/null 2>&1 &
drover_pid=$!
ok "a program that hangs is waited for" wait_for 20 test -s pid
kill -TERM "$drover_pid"
wait "$drover_pid"
is $? 143 "until a signal ends drover"
gone() { ! kill -0 "$(cat pid)"; }
ok "which ends the program too" wait_for 20 gone

mkdir empty
exits 3 "an empty directory is a mistake" drover -i empty hosts
like "$err" 'empty: no inventory in it' "by name"
printf 'plugin: aws_ec2\n' >aws.yml
exits 3 "a plugin's configuration is refused" drover -i aws.yml hosts
like "$err" 'aws.yml:1:1: this configures a plugin' "by name"
printf 'web1 ansible_port=zz\nweb2 oops\n' >bad
exits 3 "mistakes come all at once" drover -i ./bad hosts
is "$(grep -c '^./bad:[12]:' <<<"$err")" 2 "as file, line and column"
chmod o+w shop/group_vars
exits 11 "group_vars that others may write are refused" drover -i shop hosts
chmod o-w shop/group_vars

case_farm
printf '[farm]\n127.9.1.[1:4]\n[farm:vars]\ntier=farm\n' >farm.ini
unset DROVER_INVENTORY
exits 0 "commands run on the hosts of an INI file" drover -i farm.ini run tier=farm -- echo hello
is "$(grep -c hello <<<"$out")" 4 "on all of them"
