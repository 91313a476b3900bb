#!/bin/bash
# fetch as a task, from two real hosts (Debian 12 and 13).
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
# shellcheck source=tests/fleet/kinds.sh
. tests/fleet/kinds.sh
fleet_case 2
here() { (cd "$CASE" && cat "$@"); }

# Created, then the same, then changed.
for host in $hosts; do
	on "$host" "echo $host >/root/name; head -c 300000 /dev/urandom >/root/blob; echo key >/root/key"
done
book got <<'E2'
  - {fetch: {src: /root/name, dest: "got/{{ host }}/"}}
  - {fetch: {src: /root/blob, dest: "{{ host }}.blob", mode: "0640"}}
  - {fetch: {src: /root/key, dest: "got/{{ host }}/key", secret: true}}
E2
exits 5 "a plan says what would come" drover plan --exit-code "$CASE/got.yaml"
like "$out" '[+] fetch /root/blob -> .*blob .*300000 bytes' "with its size"
like "$out" '[+] fetch /root/key -> .*/key .*not shown: secret' "but of a secret nothing"
ok "and nothing is here yet" test ! -e "$CASE/got"
exits 0 "an apply gets them" drover apply -y "$CASE/got.yaml"
for host in $hosts; do
	is "$(here "got/$host/name")" "$host" "the file of $host is here"
	is "$(sha256sum <"$CASE/$host.blob")" "$(on "$host" 'sha256sum </root/blob')" "and the large one, byte by byte"
	is "$(stat -c %a "$CASE/$host.blob")" 640 "with its mode"
	is "$(stat -c %a "$CASE/got/$host/key")" 600 "and a secret is its owner's alone"
	is "$(on "$host" 'cd /var/lib/drover/runs/*/ && stat -c %a . out/1')" "700
600" "the copies there are root's"
done
recorded() { sqlite3 "file:$XDG_STATE_HOME/drover/ledger.db?mode=ro" "SELECT json FROM event" | grep -c "$1"; }
digest=$(echo web1 | sha256sum | cut -c1-64)
ok "what was got is recorded by its digest" test "$(recorded "$digest")" -gt 0
is "$(recorded "$(echo key | sha256sum | cut -c1-64)")" 0 "but of a secret nothing is"
stat -c '%i %Y %n' "$CASE"/got/*/* "$CASE"/*.blob >"$CASE/before"
nothing_differs "$CASE/got.yaml" "files that are here"
stat -c '%i %Y %n' "$CASE"/got/*/* "$CASE"/*.blob >"$CASE/after"
ok "nor is one here touched" diff "$CASE/before" "$CASE/after"
on web1 'echo another >/root/name'
exits 0 "a file that changed comes again" drover apply -y "$CASE/got.yaml"
like "$out" '~ fetch /root/name|fetch /root/name -> got/web1/name: changed' "and it alone"
is "$(here got/web1/name)" another "it is the new one"
is "$(here got/web2/name)" web2 "the other stays"
exits 0 "an undo leaves it here" drover undo -y last
is "$(here got/web1/name)" another "as it came"

# What a task before it makes.
book made <<'E2'
  - {run: "echo made >/root/made", creates: /root/made}
  - {fetch: {src: /root/made, dest: "made.{{ host }}"}}
E2
exits 0 "what a task before it makes comes too" drover apply -y "$CASE/made.yaml"
is "$(here made.web2)" made "it is here"
nothing_differs "$CASE/made.yaml" "what was made"

# What cannot come.
book none <<'E2'
  - {file: {path: /root/touched, content: x}}
  - {fetch: {src: /root/none, dest: "none.{{ host }}"}}
E2
sed -i '/touched/d' "$CASE/none.yaml"
exits 1 "a file that is not there fails the host" drover apply -y "$CASE/none.yaml"
like "$out$err" "web1: failed: fetch /root/none -> none.web1: no such file" "by name"
book big <<'E2'
  - {run: "true"}
  - {fetch: {src: /root/blob, dest: "big.{{ host }}", max: 1000}}
  - {run: "touch /root/behind"}
E2
exits 1 "one that is too large fails when it comes to it" drover apply -y "$CASE/big.yaml"
like "$out$err" "larger than the 1000 bytes that may come" "which is said"
is "$(on web1 'ls /root/behind 2>/dev/null')" "" "nothing behind it happens"
ok "nothing comes" test ! -e "$CASE/big.web1"
exits 0 "resume agrees" drover resume

# A failure behind it: what was laid ready comes all the same.
book behind <<'E2'
  - {fetch: {src: /root/blob, dest: "behind.{{ host }}"}}
  - {run: "false"}
E2
exits 1 "a later task fails" drover apply -y "$CASE/behind.yaml"
is "$(sha256sum <"$CASE/behind.web2")" "$(on web2 'sha256sum </root/blob')" "what was fetched before is here"

# Bad values cost nobody a connection.
logins=$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')
book bad <<'E2'
  - {fetch: {src: /root/name, dest: same}}
  - {fetch: {src: /root/name, dest: "../{{ host }}"}}
E2
exits 3 "bad values are told" drover apply -y "$CASE/bad.yaml"
like "$out$err" 'bad.yaml:6:[0-9]*: fetch: dest: a plain path' "at their places"
sed -i '$d' "$CASE/bad.yaml"
exits 3 "so is one place for two hosts" drover apply -y "$CASE/bad.yaml"
like "$out$err" 'bad.yaml:5:[0-9]*: fetch: dest: .*/same comes from host web1 too: put {{ host }} into it' "at its place"
exits 3 "by lint too" drover lint "$CASE/bad.yaml"
is "$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')" "$logins" "and nobody was contacted"
ln -s /tmp "$CASE/way"
book link <<'E2'
  - {fetch: {src: /root/name, dest: "way/drover-{{ host }}"}}
E2
exits 1 "no link is followed here" drover apply -y "$CASE/link.yaml"
like "$out$err" "leads through a link" "which is said"
ok "nothing is outside" test ! -e /tmp/drover-web1

# Hosts that send something else than they said.
hostile() { # WHAT COMMAND SAYS
	book evil <<E2
  - {fetch: {src: /root/blob, dest: "evil.{{ host }}"}}
  - {run: "cd /var/lib/drover/runs/*/out && $2"}
E2
	exits 1 "$1: the host fails" drover apply -y "$CASE/evil.yaml"
	like "$out$err" "$3" "$1: and why"
	is "$(cd "$CASE" && find . -name 'evil.web*' -o -name '.drover-*')" "" "$1: nothing lands"
}
hostile "more than was said" 'echo more >>1' 'more than may come'
hostile "other bytes" 'head -c 300000 /dev/zero >1' 'has the digest'
hostile "fewer bytes" 'head -c 10 /dev/zero >1' 'has the digest'
hostile "a directory" 'rm 1 && mkdir 1' 'sends a directory'
hostile "what never ends" 'ln -sf /dev/zero 1' 'neither a file nor a directory'

# With on_failure: rollback a file that does not come is a failure: the act that went well is taken back.
book back <<'E2'
  - {file: {path: /etc/drover-back, content: "x\n"}}
  - {fetch: {src: /root/blob, dest: "evil.{{ host }}"}}
  - {run: "cd /var/lib/drover/runs/*/out && echo more >>2", undo: "true"}
E2
sed -i 's/^rollout: {/&on_failure: rollback, /' "$CASE/back.yaml"
exits 1 "a file that does not come fails a run that rolls back" drover apply -y "$CASE/back.yaml"
like "$out$err" 'rollback: 2 hosts' "and it does"
for host in $hosts; do is "$(on "$host" 'ls /etc/drover-back 2>/dev/null')" "" "$host is as it was"; done

# The seat dies while the hosts act: resume gets what they laid ready.
book late <<'E2'
  - {fetch: {src: /root/blob, dest: "late.{{ host }}"}}
  - {run: "touch /root/slow; until [ -e /root/go ]; do sleep 0.1; done; rm /root/slow"}
E2
"$DROVER" apply -y "$CASE/late.yaml" >"$CASE/late.out" 2>&1 &
pid=$!
for host in $hosts; do
	ok "$host acts" wait_for 30 on "$host" 'test -e /root/slow'
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
for host in $hosts; do on "$host" 'touch /root/go'; done
exits 0 "resume follows to the end" drover resume
for host in $hosts; do
	is "$(sha256sum <"$CASE/late.$host")" "$(on "$host" 'sha256sum </root/blob')" "and gets the file of $host"
done

# The link breaks while a file comes: the run does not say that all is well, and resume gets it.
cat >"$CASE/stat" <<'E2'
#!/bin/sh
pid=$PPID
until read -r name </proc/$pid/comm && [ "${name#sshd}" != "$name" ]; do
	pid=$(sed -n 's/^PPid:[[:blank:]]*//p' /proc/$pid/status)
done
kill -KILL "$pid"
E2
book cut <<E2
  - {fetch: {src: /root/blob, dest: "cut.{{ host }}"}}
  - {run: "echo $(base64 -w0 "$CASE/stat") | base64 -d >/usr/local/bin/stat && chmod 755 /usr/local/bin/stat"}
E2
exits 7 "a link that breaks meanwhile leaves the end unknown" drover apply -y "$CASE/cut.yaml"
like "$out$err" 'cut.web1 was not fetched: .*drover resume gets it' "which is said, and what helps"
is "$(cd "$CASE" && find . -name 'cut.web*' -o -name '.drover-*')" "" "nothing half lies here"
for host in $hosts; do on "$host" 'rm /usr/local/bin/stat'; done
exits 0 "resume gets it" drover resume
is "$(sha256sum <"$CASE/cut.web2")" "$(on web2 'sha256sum </root/blob')" "byte by byte"

# By a login that becomes root.
for host in $hosts; do
	on "$host" 'useradd -m ada && cp -r /root/.ssh /home/ada/ && chown -R ada: /home/ada/.ssh && echo "ada ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/ada'
done
sed 's/user: root/user: ada, become: sudo/' "$DROVER_INVENTORY" >"$CASE/inventory.yaml"
book ada <<'E2'
  - {fetch: {src: /root/key, dest: "ada.{{ host }}"}}
E2
exits 0 "a login that becomes root gets what is root's" drover -i "$CASE/inventory.yaml" apply -y "$CASE/ada.yaml"
is "$(here ada.web1)" key "and it is here"
