#!/bin/bash
# Apps that log to files, on Debian 12 (podman 4.3) and 13 (5.4): containers and programs; each line once and whole
# through rotations, restarts of the reader and of the app; what is told and read of it; what is refused; what stays.
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
cat
echo "tool $DROVER_REPLICA prints"
echo "tool $DROVER_REPLICA complains" >&2
while :; do sleep 1; done
T
# It prints when the host says so, as fast as it can, and what it prints last has no end.
cat >"$CASE/fast" <<'T'
#!/bin/sh
until [ -e /gate/go ]; do sleep 0.1; done
i=0
while [ $i -lt 5 ]; do
	seq 1 200000
	i=$((i + 1))
done
printf 'and no more'
while :; do sleep 1; done
T
play() { # KEYS OF THE LOG OF THE SHOP
	cat >"$CASE/logs.yaml" <<-Y
		name: logs
		hosts: web[1-2]
		rollout: {canary: 2, max_fail: 100%}
		apps:
		  shop:
		    image: {archive: web.tar}
		    ports: {http: {container: 8080, host: 9080}}
		    command: [/bin/sh, -c, "echo shop prints to \$DROVER_LOG_FILE; echo shop complains >&2; exec /bin/web"]
		    log: {$1}
		    health: {journal: "^shop prints to /var/log/herd/shop.log$"}
		  tool:
		    binary: ./tool
		    replicas: 2
		    log: {file: /var/log/tool-%n.log}
		    health: {journal: "^tool [01] prints$"}
	Y
}
whole() { # HOST FILE TEXT: this and its older ones in their order are the text
	on "$1" "set --; n=100; while [ \$n -gt 0 ]; do [ ! -e $2.\$n ] || set -- \"\$@\" $2.\$n; n=\$((n - 1)); done
		[ \$# -gt 1 ] && cat \"\$@\" $2 | cmp - $3"
}
invocation() { # HOST UNIT
	on "$1" "systemctl show -p InvocationID --value $2"
}
play 'file: /var/log/herd/shop.log, max: 64K, keep: 3'
exits 0 "apps that log to files come up by health checks that read those" drover apply -y "$CASE/logs.yaml"
exits 0 "nothing is left to do" drover apply -y --exit-code "$CASE/logs.yaml"
for host in $hosts; do
	is "$(on "$host" 'cat /var/log/herd/shop.log')" "shop prints to /var/log/herd/shop.log
shop complains" "$host: the file has what the container prints, and nothing else"
	is "$(on "$host" 'cat /var/log/tool-1.log')" "tool 1 prints
tool 1 complains" "that of each replica of a program, too"
	is "$(on "$host" 'stat -c "%U %a" /var/log/herd /var/log/herd/shop.log' | xargs)" "root 755 root 640" "they are root's"
	is "$(on "$host" 'journalctl -q -o cat | grep -cE "^(shop|tool [01]) (prints|complains)"')" 0 "the journal has none of it"
	like "$(on "$host" 'podman exec shop-0 cat /run/drover/resources.json')" \
		'"sink":"file","file":"/var/log/herd/shop.log"' "it is told so"
	exits 0 "$host: logs by the name of the app" drover logs "$host" shop
	like "$out" "$host shop-0: shop complains" "read there"
	like "$out" "systemd\[1\]: Started shop-0.service" "and what the journal has of it"
	exits 0 "the last" drover logs "$host" tool -n 2
	is "$(grep -c 'tool 1 ' <<<"$out")" 2 "lines of all replicas are the last ones"
	exits 0 "some" drover logs "$host" 'tool-*' -g '0 comPlains|nothing' -n 3
	is "$(grep -c . <<<"$out")" 0 "by an expression whose letters count"
	exits 0 "some" drover logs "$host" 'tool-*' -g '0 complains' --since -1h -n 3
	is "$(grep -c 'tool 0 complains' <<<"$out")" 1 "by an expression and since when"
	exits 0 "none" drover logs "$host" tool-1.service --until -1h
	unlike "$out" "tool 1" "of before it was"
	exits 0 "a container by its name" drover logs "$host" --container shop-0
	like "$out" "shop complains" "is read there"
	exits 0 "a restart waits for the health check" drover restart -y "$host" shop
	ok "$host: and the file goes on" wait_for 30 on "$host" '[ $(grep -c "shop complains" /var/log/herd/shop.log) = 2 ]'
	is "$(on "$host" 'grep -cE "^[0-9a-f]{64}$" /var/log/herd/shop.log')" 0 "without what podman prints of it"
done

# What does not need the app to start again does not.
before=$(invocation web1 shop-0)
on web1 'for n in 1 2 3; do echo old >/var/log/herd/shop.log.$n; chmod 640 /var/log/herd/shop.log.$n; done'
play 'file: /var/log/herd/shop.log, max: 1M, keep: 1'
exits 0 "another size and another number" drover apply -y "$CASE/logs.yaml"
is "$(invocation web1 shop-0)" "$before" "restart nothing"
ok "what is beyond the number goes" wait_for 30 on web1 '[ "$(cd /var/log/herd && echo *)" = "shop.log shop.log.1" ]'
exits 0 "and nothing is left to do" drover apply -y --exit-code "$CASE/logs.yaml"

# Following it, through a start and a rotation.
"$DROVER" logs -f web1 shop -n 1 >"$CASE/followed" 2>&1 &
follower=$!
ok "a follower is there" wait_for 30 on web1 'pgrep -f "logfile.pl show" >/dev/null'
wait_for 30 on web1 'pgrep -f "journalctl --follow" >/dev/null'
on web1 'mv /var/log/herd/shop.log /var/log/herd/shop.log.1; systemctl restart shop-0'
ok "it has the lines of a new file" wait_for 30 grep -q 'shop-0: shop prints' "$CASE/followed"
kill -TERM $follower
wait $follower
is "$(grep -c 'shop prints' "$CASE/followed")" 1 "each once"

# Every line, once and whole.
cat >"$CASE/fast.yaml" <<'Y'
name: fast
hosts: web[1-2]
rollout: {canary: 2, max_fail: 100%}
apps:
  quick:
    binary: ./fast
    files: {/gate: {dir: /srv/gate}}
    log: {file: /var/log/herd/quick.log, max: 256K, keep: 100}
  boxed:
    image: {archive: web.tar}
    command: [/bin/sh, -c, "until [ -e /gate/go ]; do sleep 0.1; done; i=0; while [ $i -lt 5 ]; do seq 1 200000; i=$((i + 1)); done; printf 'and no more'; exec sleep 100000"]
    stop: {timeout: 1s}
    files: {/gate: {dir: /srv/gate}}
    log: {file: /var/log/herd/boxed.log, max: 256K, keep: 100}
  laid:
    rootfs: layer.tar
    command: [/bin/sh, -c, "until [ -e /gate/go ]; do sleep 0.1; done; i=0; while [ $i -lt 5 ]; do seq 1 200000; i=$((i + 1)); done; printf 'and no more'; exec sleep 100000"]
    stop: {timeout: 1s}
    files: {/gate: {dir: /srv/gate}}
    log: {file: /var/log/herd/laid.log, max: 256K, keep: 100}
Y
tar -xOf "$CASE/web.tar" --wildcards '*.tar' >"$CASE/layer.tar"
exits 0 "three that print as fast as they can" drover apply -y "$CASE/fast.yaml"
for host in $hosts; do
	on "$host" 'i=0; while [ $i -lt 5 ]; do seq 1 200000; i=$((i + 1)); done >/root/want; printf "and no more" >>/root/want
		touch /srv/gate/go'
done
before='' after=''
# Each is told its end in the midst of it.
for host in $hosts; do
	for app in quick boxed laid; do
		before="$before $(invocation "$host" $app-0)"
		ok "$host: $app prints" wait_for 60 on "$host" "[ -e /var/log/herd/$app.log.1 ]"
		on "$host" "systemctl restart $app-0-log"
	done
done
for host in $hosts; do
	for app in quick boxed laid; do
		ok "$host: $app: every line is there, whole and in its order" wait_for 120 whole "$host" "/var/log/herd/$app.log" /root/want
		is "$(on "$host" "find /var/log/herd -name '$app.log*' -size +262144c | wc -l")" 0 "and no file is larger than it may be"
		after="$after $(invocation "$host" $app-0)"
	done
done
is "$after" "$before" "the apps ran on"
# Killed it comes back; the app does not notice.
before=$(invocation web2 tool-0)
on web2 'systemctl kill -s KILL tool-0-log'
ok "a reader that was killed comes back" wait_for 30 on web2 '[ "$(systemctl show -p NRestarts --value tool-0-log)" = 1 ] && systemctl is-active tool-0-log'
is "$(invocation web2 tool-0)" "$before" "to an app that ran on"
on web2 'echo by hand >/run/drover-log/tool-0'
ok "and it reads on" wait_for 30 on web2 'grep -qx "by hand" /var/log/tool-0.log'

# What is no place for it.
refused() { # FILE WHY [STATUS]
	play "file: $1"
	sed -i 's/\^shop prints.*/shop"}/' "$CASE/logs.yaml"
	exits "${3:-1}" "$1" drover apply -y "$CASE/logs.yaml"
	like "$out$err" "web1: .*: $2" "is refused: $2"
	is "$(on web1 "systemctl is-active shop-0; ls $1 2>/dev/null")" active "and nothing is touched"
}
on web1 'mkdir -p /srv/open /srv/nobodys /srv/plain; chmod 1777 /srv/open; chown nobody /srv/nobodys; ln -s /srv/plain /srv/link
	ln /root/want /srv/plain/two.log; ln -s /root/want /srv/plain/one.log.1'
refused /srv/open/x.log "/srv/open may be written by others than root \(mode 1777\)"
refused /srv/nobodys/x.log "/srv/nobodys belongs to user 65534, not to root"
refused /srv/link/deep/x.log "/srv/link is a link"
refused /srv/link/x.log ".*a link" 11
on web1 'mv /usr/bin/perl /usr/bin/perl.away'
refused /srv/plain/none.log ".*perl"
on web1 'mv /usr/bin/perl.away /usr/bin/perl'
refused /srv/plain/one.log "/srv/plain/one.log.1 is no plain file of root's alone"
cat >"$CASE/other.yaml" <<'Y'
name: other
hosts: web1
apps: {second: {binary: ./tool, log: {file: /var/log/tool-0.log}}}
Y
exits 1 "a second app on the same file" drover apply -y "$CASE/other.yaml"
like "$out$err" "web1: .*/var/log/tool-0.log is the log of tool-0" "is refused with why"
unlike "$out$err" "tool 0 (prints|complains)" "and without the lines of that"
is "$(on web1 'ls -d /etc/drover/apps/second /etc/systemd/system/second-* /run/drover-log/second-* 2>/dev/null')" "" "and nothing is touched"
sed -i 's/tool-0.log/tool-1.log.3/' "$CASE/other.yaml"
exits 1 "on what will be an older one of it" drover apply -y "$CASE/other.yaml"
like "$out$err" "web1: .*/var/log/tool-1.log.3 is the log of tool-1, /var/log/tool-1.log, or an older one" "too"
on web1 'mkdir -p /srv/conf; echo precious >/srv/conf/app.conf; echo precious >/srv/conf/new.log.2'
for file in app.conf new.log; do
	sed -i "s,file: .*,file: /srv/conf/$file}}},;" "$CASE/other.yaml"
	exits 1 "a file that was no log" drover apply -y "$CASE/other.yaml"
	like "$out$err" "web1: .*/srv/conf/[a-z.]*(conf|2) is there already and was no log of second: move it away" "is refused with why"
done
is "$(on web1 'cat /srv/conf/*; ls /etc/systemd/system/second-* 2>/dev/null' | xargs)" "precious precious" "and stays"

# A replica prints what only root may say of a start.
cat >"$CASE/forger" <<'T'
#!/bin/sh
echo forger prints
i=0
while [ $i -lt 5000 ]; do
	printf '\0drover start %032d\n\0drover start %032d %s\n' $i $i "$INVOCATION_ID"
	i=$((i + 1))
done
echo forged
until [ -e /gate/go ]; do sleep 0.1; done
i=0
while :; do i=$((i + 1)); echo "line $i of many"; done
T
cat >"$CASE/forger.yaml" <<'Y'
name: forger
hosts: web[1-2]
rollout: {canary: 2, max_fail: 100%}
apps: {forger: {binary: ./forger, files: {/gate: {dir: /srv/forged}}, log: {file: /var/log/forger.log, max: 1M, keep: 1}, health: {journal: "^forger prints$"}}}
Y
exits 0 "an app that says it starts" drover apply -y "$CASE/forger.yaml"
for host in $hosts; do
	ok "$host: goes on" wait_for 60 on "$host" 'cat /var/log/forger.log.1 /var/log/forger.log 2>/dev/null | grep -qx forged'
	is "$(on "$host" 'cat /var/log/forger.log* | tr -d "\000" | grep -cE "^drover start [0-9]{32}( [0-9a-f]{32})?$"')" 10000 "that is output"
	is "$(on "$host" 'cat /run/drover-log/forger-0.marks/[0-9]* | grep -cE "[0-9a-f]{32}"')" 1 "one start is known"
	is "$(on "$host" 'ls /run/drover-log/forger-0.marks | grep -c new')" 0 "and no more are to come"
	on "$host" 'touch /srv/forged/go'
	ok "$host: it prints without end" wait_for 60 on "$host" 'grep -q "of many" /var/log/forger.log'
	exits 0 "the last of it" timeout 60 "$DROVER" logs "$host" forger -n 2
	is "$(grep -c 'of many' <<<"$out")" 2 "end"
	on "$host" 'systemctl stop forger-0'
done

# What is kept in memory of one file has an end: the newest starts, and what tells most of the times.
marks() { # SECONDS, half of which have a start
	perl -e "$(cd "$root/playbooks/host" && cat logplace.pl logclaim.pl logread.pl logmark.pl)"'
		my $n = shift;
		my @left = thinned($n * 300, map { [$_, $_ * 300, $_ % 2 ? sprintf("%032x", $_) : undef] } 0 .. $n - 1);
		my $starts = grep { defined $_->[2] } @left;
		my ($far) = sort { $b <=> $a } map { $left[$_][0] - $left[$_ - 1][0] } 1 .. $#left;
		print join " ", @left < 1000 ? "few" : scalar @left, $starts, $left[0][0], $left[-1][0], $far <= $n / 100 ? "near" : $far' "$1"
}
is "$(marks 5000)" "few 400 0 4999 near" "marks of many starts are thinned"
is "$(marks 700)" "few 350 0 699 near" "of few all starts stay"

# A disk is full, and the playbook is corrected.
on web1 'mkdir -p /srv/small /srv/wide && mount -t tmpfs -o size=200k,mode=755 none /srv/small; rm -f /srv/gate/go'
printf 'name: filler\nhosts: web1\napps: {filler: {binary: ./fast, files: {/gate: {dir: /srv/gate}}, stop: {timeout: 2s}, log: {file: /srv/small/x.log, max: 10M}}}\n' >"$CASE/filler.yaml"
exits 0 "an app on a small disk" drover apply -y "$CASE/filler.yaml"
on web1 'touch /srv/gate/go'
ok "its reader waits" wait_for 60 on web1 'journalctl -q -u filler-0-log | grep -q "No space left on device: the replica waits"'
exits 1 "a start with a pipe that is full" on web1 'systemctl restart filler-0 2>&1'
like "$(on web1 'journalctl -q -o cat -u filler-0 -n 20')" "filler-0-log.service cannot write what it printed before" "fails with why"
sed -i 's,/srv/small/,/srv/wide/,' "$CASE/filler.yaml"
before=$(on web1 'systemctl show -p MainPID --value filler-0-log')
exits 0 "another file on another disk" drover apply -y "$CASE/filler.yaml"
ok "is written" wait_for 60 on web1 '[ "$(tail -c 11 /srv/wide/x.log.* /srv/wide/x.log 2>/dev/null | grep -c "and no more")" = 1 ]'
is "$(on web1 'systemctl show -p MainPID --value filler-0-log')" "$before" "by the same reader"
is "$(on web1 'tail -c 1 /srv/small/x.log | wc -l')" 1 "and the full one ends with a whole line"
on web1 'systemctl stop filler-0; umount /srv/small'

# A stop, a start, and the end.
play 'file: /var/log/herd/shop.log, max: 1M, keep: 1'
drover apply -y "$CASE/logs.yaml" >/dev/null 2>&1
for host in $hosts; do
	on "$host" 'systemctl stop shop-0'
	ok "$host: with the app its reader stops" wait_for 30 on "$host" \
		'[ "$(systemctl is-active shop-0-log.service shop-0-log.socket | xargs)" = "inactive inactive" ] && [ ! -e /run/drover-log/shop-0 ]'
	on "$host" 'systemctl start shop-0'
	ok "with the app it starts" wait_for 30 on "$host" 'systemctl is-active shop-0-log.service'
done
printf 'name: logs\nhosts: web[1-2]\nrollout: {canary: 2}\nprune: true\ntasks: []\n' >"$CASE/logs.yaml"
exits 0 "the apps go" drover apply -y "$CASE/logs.yaml"
for host in $hosts; do
	ok "$host: and all that kept their files" wait_for 30 on "$host" \
		'[ -z "$(systemctl list-units --all --plain --no-legend "shop-*" "tool-*")$(ls -d /etc/systemd/system/shop-* /etc/systemd/system/tool-* /etc/drover/apps/shop /etc/drover/apps/tool 2>/dev/null)" ]'
	is "$(on "$host" 'ls -d /run/drover-log/shop-* /run/drover-log/tool-* 2>/dev/null')" "" "and what was kept in memory of them"
	is "$(on "$host" 'ls -d /run/drover-log/boxed-0.marks')" /run/drover-log/boxed-0.marks "and nothing of another"
	ok "the files stay" on "$host" 'grep -q "shop prints" /var/log/herd/shop.log* && grep -q "tool 1 prints" /var/log/tool-1.log'
done
