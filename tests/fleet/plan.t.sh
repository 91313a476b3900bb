#!/bin/bash
# What a plan knows on two real hosts: what left the playbook and goes, what was there before, who
# changed what and when; drift, kept plans, secrets, equal diffs folded.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
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
mkdir "$CASE/elsewhere"
printf 'hosts: "web[1-2]"\ntasks:\n  - file: {path: /etc/prune-mine, content: "x\\n"}\n' >"$CASE/elsewhere/prune.yaml"
exits 0 "another playbook in a file of that name" drover plan "$CASE/elsewhere/prune.yaml"
unlike "$out" "to remove" "removes nothing of it"
like "$out" "left behind: file /etc/prune-old .of another playbook with this file name" "and says why"
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

# Who changed what, and when.
book who <<'Y'
name: who
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/who-hand, content: "by drover on {{ host }}\n"}
  - file: {path: /etc/who-gone, content: "gone\n"}
  - file: {path: /etc/who-seat, content: "{{ text }}\n"}
Y
exits 0 "a playbook is applied" drover apply -y -e text=one "$CASE/who.yaml"
on web1 'echo "by a person" >/etc/who-hand; rm /etc/who-gone; touch -d 2026-02-03T04:05Z /etc/who-hand'
exits 5 "a plan finds what was changed by hand" drover plan --exit-code -e text=one "$CASE/who.yaml"
like "$out" "/etc/who-hand  .changed by hand since run r-[0-9]+ of 20..-..-.. ..:.., last on 2026-02-03 04:05" "and says since which run, and when"
like "$out" "/etc/who-gone  .removed by hand since run r-" "also what was removed"
exits 0 "another seat applies another text" env XDG_STATE_HOME="$CASE/other" "$DROVER" apply -y -e text=two -l web2 "$CASE/who.yaml"
exits 0 "the first seat plans anew" drover plan -l web2 -e text=one "$CASE/who.yaml"
like "$out" "/etc/who-seat  .as run [0-9a-f]+-[0-9a-f]+ of [^ ]+ at [^ ]+ of 20..-..-.. ..:.. left it" "and names the other seat's run"
exits 0 "it is put right" drover apply -y -e text=one "$CASE/who.yaml"

# Secrets.
canary=hidden-$$-$RANDOM$RANDOM
book secret <<Y
name: secret
hosts: web1
tasks:
  - file: {path: /etc/secret-key, content: "$canary\n", mode: 0600, secret: true}
Y
exits 0 "a secret is planned" drover plan "$CASE/secret.yaml"
like "$out" "\+ /etc/secret-key" "by its name"
unlike "$out$err" "$canary" "and not by its contents"
exits 0 "it is applied" drover apply -y --json "$CASE/secret.yaml"
unlike "$out$err" "$canary" "and told nowhere"
is "$(on web1 cat /etc/secret-key)" "$canary" "it is there"
on web1 'echo another >/etc/secret-key'
sed -i 's/hidden-/hidden-new-/' "$CASE/secret.yaml"
exits 0 "another is planned" drover plan --json -o "$CASE/secret.plan" "$CASE/secret.yaml"
like "$out" "not shown: secret" "with the reason why it is not seen"
unlike "$out$err$(cat "$CASE/secret.plan")" "hidden-|another" "neither the old nor the new one is told"
exits 0 "it is applied from the kept plan" drover apply -y "$CASE/secret.plan"
printf 'name: secret\nhosts: web1\ntasks:\n  - file: {path: /etc/secret-other, content: "x\\n"}\n' >"$CASE/secret.yaml"
exits 0 "when it leaves the playbook it is removed" drover apply -y "$CASE/secret.yaml"
unlike "$out$err" "hidden-" "without a word of it"
ok "from the host" away web1 /etc/secret-key
turned() { # FIELDS
	printf 'name: turned\nhosts: web1\ntasks:\n  - file: {path: /etc/secret-turned, %s}\n' "$1" >"$CASE/turned.yaml"
}
turned 'content: "hidden-1\n", secret: true'
exits 0 "a secret comes" drover apply -y "$CASE/turned.yaml"
turned 'content: "open-1\n"'
exits 0 "its flag is dropped" drover apply -y "$CASE/turned.yaml"
like "$out" "not shown: secret" "what stood there is still one"
unlike "$out$err" "hidden-" "and is not shown"
exits 0 "its undo is planned" drover undo -n last
unlike "$out$err" "hidden-" "and does not show it either"
turned 'content: "hidden-2\n", secret: true'
exits 0 "a secret comes again" drover apply -y "$CASE/turned.yaml"
turned 'state: absent'
exits 0 "a secret goes" drover apply -y "$CASE/turned.yaml"
unlike "$out$err" "hidden-" "without being shown"
exits 0 "and its way back is planned" drover undo -n last
unlike "$out$err" "hidden-" "without it"
turned 'content: "hidden-3\n", secret: true, validate: [sh, -c, "cat \"$FILE\"; exit 7"]'
exits 1 "a secret is not valid" drover apply -y "$CASE/turned.yaml"
like "$err" "not valid: status 7; what was said is not shown: secret" "which is all that is said"
unlike "$out$err" "hidden-" "and nothing of it"
exits 1 "this seat remembers none of it" grep -rqa hidden- "$XDG_STATE_HOME"

# Plans in files.
book kept <<'Y'
name: kept
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/kept, content: "{{ text }}\n"}
Y
exits 0 "a plan is kept in a file" drover plan -e text=one -o "$CASE/kept.plan" "$CASE/kept.yaml"
like "$err" "the plan is kept in .*kept.plan" "and it is said"
is "$(stat -c %a "$CASE/kept.plan")" 600 "for its owner alone"
unlike "$(cat "$CASE/kept.plan")" "/etc/kept|=one|\"one" "without contents, paths or values"
on web2 'echo meanwhile >/etc/kept'
exits 2 "its variables are wanted again" drover apply -y "$CASE/kept.plan"
like "$err" "made with variables: give the same again: -e text=" "by name"
exits 2 "and as they were" drover apply -y -e text=two "$CASE/kept.plan"
exits 6 "a host that changed since is stale" drover apply -y -e text=one "$CASE/kept.plan"
like "$err" "a plan of 20.* .[0-9]+.* old. by " "the age of the plan is told"
like "$err" "web2: stale: its plan is not the one that was kept" "with the reason"
is "$(on web1 cat /etc/kept) $(on web2 cat /etc/kept)" "one meanwhile" "the other host acted, with the variables of the plan"
exits 1 "the values are not in the ledger" grep -rqa text=one "$XDG_STATE_HOME"
ok "but the names are" grep -rqa "text=…" "$XDG_STATE_HOME"
exits 6 "once carried out, it is another plan" drover apply -y -e text=one "$CASE/kept.plan"
exits 2 "what was chosen for a plan holds" drover apply -y -e text=one --tags x "$CASE/kept.plan"
head -c 300 "$CASE/kept.plan" >"$CASE/cut.plan"
exits 3 "a plan that was cut is refused" drover apply -y "$CASE/cut.plan"
like "$err" "cut.plan:[12]:[0-9]+: " "at its line and column"
sed 's/kept.yaml/bent.yaml/' "$CASE/kept.plan" >"$CASE/bent.plan"
exits 3 "and one that was changed" drover apply -y "$CASE/bent.plan"
echo "# more" >>"$CASE/kept.yaml"
before=$(execs web1)
exits 3 "a playbook that changed is refused" drover apply -y -e text=one "$CASE/kept.plan"
like "$err" "kept.plan:2:1: .*kept.yaml is not what this plan was made from" "by name"
is "$(execs web1)" "$before" "and nobody was contacted"
exits 10 "a plan that cannot be written is told" drover plan -e text=one -o /proc/no.plan "$CASE/kept.yaml"

# Drift.
book drift <<'Y'
name: drift
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/drift-a, content: "this is {{ host }}\n"}
  - file: {path: /etc/drift-b, content: "{{ text }}\n"}
  - service: {name: systemd-journald, state: started}
Y
exits 0 "before any apply there is nothing to drift" drover diff --exit-code -e text=one "$CASE/drift.yaml"
like "$out" "web\[1-2\]: no drift" "and it is said"
like "$out" "remembers no act of this playbook" "with the reason"
exits 0 "a plan folds what differs by the host's name alone" drover plan -e text=one "$CASE/drift.yaml"
like "$out" "web\[1-2\]: 2 to create" "into one"
like "$out" "\+this is \{\{ host \}\}" "with the name left open"
unlike "$out" "this is web" "and no host's own"
exits 0 "the plan of one host has its name" drover plan -l web1 -e text=one "$CASE/drift.yaml"
like "$out" "\+this is web1" "as it will be"
exits 0 "it is applied" drover apply -y -e text=one "$CASE/drift.yaml"
exits 0 "nothing has drifted" drover diff --exit-code -e text=one "$CASE/drift.yaml"
like "$out" "applied last by run r-[0-9]+ of 20" "since that run"
on web1 'echo "by hand" >/etc/drift-a; chmod 600 /etc/drift-b'
on web2 'rm /etc/drift-b'
exits 5 "drift is found" drover diff --exit-code -e text=one "$CASE/drift.yaml"
like "$out" "web1: drifted: 2 to change" "on each host"
like "$out" "/etc/drift-a  .changed by hand since run r-[0-9]+ of 20..-..-.. ..:.., last on 20" "with since when"
like "$out" "^ *-by hand" "and what it holds"
like "$out" "/etc/drift-b  .mode 0600 -> 0644" "also of modes"
like "$out" "web2: drifted: 1 to create" "of what is gone"
like "$out" "/etc/drift-b  .removed by hand since run r-" "by whom"
exits 5 "the same as JSON" drover diff --json --exit-code -e text=one "$CASE/drift.yaml"
like "$out" '"event":"plan.step".*"host":"web2".*"step":"file /etc/drift-b"' "a line each thing"
like "$out" '"name":"strayed","value":"true"' "and cattle is marked"
like "$(drover hosts web1)" "strayed" "for everybody to see"
exits 5 "what the playbook says anew is no drift" drover diff --exit-code -e text=two "$CASE/drift.yaml"
like "$out" "web1: drifted: 1 to change" "only what was changed by hand is"
book unrelated <<'Y'
hosts: "web[1-2]"
tasks:
  - file: {path: /etc/unrelated, content: "x\n"}
Y
exits 0 "another playbook is applied" drover apply -y "$CASE/unrelated.yaml"
like "$(drover hosts web1)" "strayed" "which puts nothing right, so the mark stays"
exits 0 "an apply converges it" drover apply -y -e text=one "$CASE/drift.yaml"
exits 0 "and nothing has drifted any more" drover diff --exit-code -e text=one "$CASE/drift.yaml"
unlike "$(drover hosts web1)" "strayed" "nor is it marked"
before="$(acts web1)"
exits 0 "a second apply has nothing to do" drover apply -y --exit-code -e text=one "$CASE/drift.yaml"
is "$(acts web1)" "$before" "and no act"
