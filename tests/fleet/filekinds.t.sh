#!/bin/bash
# Files, directories, links and trees on two real hosts: they come, stay untouched, change and go
# together or not at all, whatever stands there, whatever is in them and whatever fails.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
book() { # NAME: tasks from standard input
	{
		printf 'name: files\nhosts: "web[1-2]"\nrollout: {canary: 2, batch: 2, max_fail: 100%%}\ntasks:\n'
		cat
	} >"$CASE/$1.yaml"
}
walk() { # HOST: all that an apply could touch, with inodes and times, but what drover notes of its runs
	# shellcheck disable=SC2016
	on "$1" 'find /etc /srv /opt /usr/local -xdev -printf "%y %i %T@ %C@ %m %u %g %p %l\n" | sort -k8'
}
# What was laid ready in a directory and taken away again leaves its trace in its times.
calm() { awk '$1 == "d" { $3 = $4 = "-" } { print }' "$1"; }
# And what was put back is a copy.
copied() { calm "$1" | awk '{ $2 = $4 = "-" } { print }'; }
same_walk() { # WHAT [COMMAND]
	for host in $hosts; do
		walk "$host" >"$CASE/after.$host"
		"${2:-cat}" "$CASE/before.$host" >"$CASE/before"
		"${2:-cat}" "$CASE/after.$host" >"$CASE/after"
		ok "$1: $host is as it was" diff "$CASE/before" "$CASE/after"
	done
}
remember() { for host in $hosts; do walk "$host" >"$CASE/before.$host"; done; }
seen() { # HOST PATH...: kind, mode, owner, target
	local host=$1
	shift
	# shellcheck disable=SC2016
	on "$host" 'cd / && for p in '"$*"'; do stat -c "%n %A %U:%G" "$p" 2>/dev/null || echo "$p -"; done'
}

# A tree with all 256 byte values in a file, names that bite, links, an empty directory.
tree=$CASE/tree
long=$(printf '%0200d' 7)
mkdir -p "$tree/empty" "$tree/sub dir/$long/$long"
for i in $(seq 0 255); do printf '%b' "\\0$(printf %03o "$i")"; done >"$tree/bytes"
is "$(wc -c <"$tree/bytes")" 256 "a file holds every byte value"
latin=$(printf 'l\344tin')
for name in ' blank' "q'u\"o" '-dash' 'ünïcode' '$HOME' '*' '%s' '.hidden' "$latin"; do
	printf '%s' "$name" >"$tree/sub dir/$name"
done
cp "$tree/bytes" "$tree/sub dir/$long/$long/deep"
printf '#!/bin/sh\n' >"$tree/run" && chmod 755 "$tree/run"
ln -s 'sub dir/-dash' "$tree/link" && ln -s /nowhere/at/all "$tree/dangling"
echo o >"$tree/a.o" && mkdir "$tree/skip" && echo s >"$tree/skip/s"
cp "$tree/bytes" "$CASE/bytes"

book all <<'E2'
  - dir: {path: /srv/made}
  - dir: {path: /srv/made/x, mode: 02770, owner: daemon, group: adm}
  - dir: {path: /srv/sticky, mode: 1777}
  - file: {path: /srv/made/x/suid, content: "one\n", mode: 4755, validate: "grep -q one %s"}
  - file: {path: /srv/made/bytes, source: bytes, validate: [sh, -c, 'test "$1" = "$FILE"', sh, "%s"]}
  - template: {path: "/srv/made/t em'p", template: t, owner: daemon}
  - link: {path: /srv/made/link, target: ../sticky}
  - link: {path: /srv/made/dash, target: -n, owner: daemon, group: adm}
  - copy: {src: tree, dest: /srv/copy, exclude: ["*.o", skip/]}
  - copy: {src: tree/run, dest: /usr/local/bin/run-it}
E2
echo 'host {{ host }}' >"$CASE/t"
exits 5 "a plan names all of it" drover plan --exit-code "$CASE/all.yaml"
like "$out" "\+ /srv/made/x/$" "directories"
like "$out" "\+ /srv/made/link  .to ../sticky" "links and where they lead"
like "$out" "\+ /srv/copy/bytes$" "and the files of a tree"
exits 0 "it is applied" drover apply -y "$CASE/all.yaml"
for host in $hosts; do
	is "$(seen "$host" /srv/made/x /srv/sticky /srv/made/x/suid)" "/srv/made/x drwxrws--- daemon:adm
/srv/sticky drwxrwxrwt root:root
/srv/made/x/suid -rwsr-xr-x root:root" "$host: modes and owners"
	is "$(on "$host" 'readlink /srv/made/link /srv/made/dash; stat -c %U:%G /srv/made/dash')" "../sticky
-n
daemon:adm" "$host: links"
	on "$host" 'cat /srv/made/bytes' >"$CASE/got"
	ok "$host: every byte value arrives" cmp "$CASE/got" "$CASE/bytes"
	on "$host" 'tar -C /srv/copy -cf - .' | tar -C "$(mkdir -p "$CASE/got.$host" && echo "$CASE/got.$host")" -xf -
	ok "$host: the tree arrives, but what is left out" diff -r --no-dereference -x '*.o' -x skip "$tree" "$CASE/got.$host"
	is "$(cd "$CASE/got.$host" && find . | wc -l)" "$(cd "$tree" && find . ! -name '*.o' ! -path './skip*' | wc -l)" "$host: and nothing else"
	is "$(seen "$host" /srv/copy/run /srv/copy/bytes /usr/local/bin/run-it)" "/srv/copy/run -rwxr-xr-x root:root
/srv/copy/bytes -rw-r--r-- root:root
/usr/local/bin/run-it -rwxr-xr-x root:root" "$host: what can be executed here can be there"
done
remember
exits 0 "the second apply finds nothing to do" drover apply -y --json "$CASE/all.yaml"
unlike "$out" '"act.sent"' "and sends nothing"
same_walk "no inode and no time changed"

# What is not said of a directory stays; what is said is put right.
for host in $hosts; do
	on "$host" 'chmod 700 /srv/copy; chown daemon /srv/sticky; chmod 755 /srv/made/x
		ln -sfn /elsewhere /srv/made/link; chmod 600 /srv/copy/bytes; rm /srv/copy/link; echo link >/srv/copy/link
		rm /srv/made/bytes; echo aim >/opt/aim; ln -s /opt/aim /srv/made/bytes'
done
exits 5 "a plan says what differs" drover plan --exit-code "$CASE/all.yaml"
like "$out" "~ /srv/made/x/  .mode 2755 -> 2770" "a mode"
like "$out" "~ /srv/made/link  .to /elsewhere -> ../sticky" "a target"
like "$out" "~ /srv/copy/link  .a file stands there" "a file where a link is wanted"
like "$out" "~ /srv/made/bytes  .a link stands there, to /opt/aim" "a link where a file is wanted"
unlike "$out" "srv/sticky|/srv/copy/  " "and nothing that was not asked for"
exits 0 "it is put right" drover apply -y "$CASE/all.yaml"
for host in $hosts; do
	is "$(on "$host" 'cat /opt/aim; readlink /srv/made/link /srv/copy/link; stat -c %a /srv/copy /srv/copy/bytes')" "aim
../sticky
sub dir/-dash
700
644" "$host: nothing was written through the link"
	ok "$host: the file stands where the link stood" on "$host" 'test -f /srv/made/bytes && test ! -L /srv/made/bytes'
done

# What left the tree leaves the host; what somebody else put there stays, and so does its directory.
rm -r "$tree/sub dir" "$tree/empty" "$tree/dangling"
for host in $hosts; do on "$host" 'echo mine >"/srv/copy/sub dir/mine"'; done
exits 0 "a smaller tree is applied" drover apply -y "$CASE/all.yaml"
for host in $hosts; do
	is "$(on "$host" 'cd /srv/copy && find . | sort')" ".
./bytes
./link
./run
./sub dir
./sub dir/mine" "$host: only what is not drover's is left"
done
exits 0 "a directory that stays for that is no change" drover apply -y --exit-code "$CASE/all.yaml"
unlike "$out" "sub dir" "and is not spoken of"
mkdir "$tree/mounted"
exits 0 "beside another change" drover apply -y "$CASE/all.yaml"
for host in $hosts; do on "$host" 'mount -t tmpfs none /srv/copy/mounted'; done
rmdir "$tree/mounted"
exits 0 "one on which something is mounted meanwhile stays, too" drover apply -y --exit-code "$CASE/all.yaml"
for host in $hosts; do on "$host" 'umount /srv/copy/mounted; rm "/srv/copy/sub dir/mine"'; done
exits 5 "once it is empty it goes" drover apply -y --exit-code "$CASE/all.yaml"
like "$out" "^web.*: 2 to remove" "and so does that of the mount"
for host in $hosts; do ok "$host: and is gone" on "$host" 'test ! -e "/srv/copy/sub dir" && test ! -e /srv/copy/mounted'; done
exits 0 "for good" drover apply -y --exit-code "$CASE/all.yaml"

# Something fails in the middle: nothing at all is touched.
remember
book validate <<'E2'
  - dir: {path: /srv/made/new}
  - file: {path: /srv/made/x/suid, content: "two\n", mode: 4755}
  - link: {path: /srv/made/link, target: /tmp}
  - link: {path: /srv/made/dash, state: absent}
  - file: {path: /etc/sudoers.d/drover-case, content: "root ALL=(ALL) AL L\n", mode: 0440, validate: visudo -cf %s}
E2
sed -i 's/^tasks:/prune: false\n&/' "$CASE/validate.yaml"
exits 1 "a file that is not valid fails the host" drover apply -y "$CASE/validate.yaml"
like "$err" "/etc/sudoers.d/drover-case is not valid: .*syntax error" "with what the test said"
same_walk "a file that is not valid" calm
refused() { # WHAT TEXT [STATUS [FILTER]]: the book `one` fails and leaves all as it was
	exits "${3:-1}" "$1 fails the host" drover apply -y --no-prune "$CASE/one.yaml"
	like "$err" "$2" "with the reason"
	same_walk "$1" "${4:-calm}"
}
book one <<'E2'
  - file: {path: /srv/made/x/suid, content: "two\n", mode: 4755}
  - copy: {src: tree, dest: /srv/copy2, owner: nobody-here}
E2
refused "an owner who is not there" "no user nobody-here" 11
book one <<'E2'
  - file: {path: /srv/made/x/suid, content: "two\n", mode: 4755}
  - dir: {path: /srv/copy, state: absent}
E2
refused "a directory that is not empty" "staging /srv/copy: it is not empty: /srv/copy/"
book one <<'E2'
  - link: {path: /srv/made/link, target: /tmp}
  - file: {path: /srv/sticky, content: x}
E2
refused "a directory where a file is wanted" "file /srv/sticky: a directory stands there" 11
book one <<'E2'
  - dir: {path: /srv/made/link}
E2
refused "a link where a directory is wanted" "a link stands there, to ../sticky" 11
for host in $hosts; do
	on "$host" 'mkdir /opt/full /opt/ro /opt/ro.from && mount -t tmpfs -o size=64k tmpfs /opt/full &&
		mount --bind /opt/ro.from /opt/ro && mount -o remount,ro,bind /opt/ro'
done
head -c 100000 /dev/zero | tr '\0' x >"$tree/large"
remember
for task in 'file: {path: /opt/full/x, source: tree/large}' 'template: {path: /opt/full/x, template: tree/large}' \
	'copy: {src: tree, dest: /opt/full/tree}'; do
	printf '  - link: {path: /srv/made/link, target: /tmp}\n  - %s\n' "$task" | book one
	refused "a full disk (${task%%:*})" "No space left"
	is "$(on web1 'find /opt/full | wc -l')" 1 "and nothing is left there"
done
for task in 'file: {path: /opt/ro/x, content: x}' 'link: {path: /opt/ro/x, target: y}' 'dir: {path: /opt/ro/x}' \
	'copy: {src: tree, dest: /opt/ro/tree}'; do
	printf '  - link: {path: /srv/made/link, target: /tmp}\n  - %s\n' "$task" | book one
	refused "a file system that is read-only (${task%%:*})" "Read-only file system"
done
book one <<'E2'
  - link: {path: /srv/made/link, target: /tmp}
  - dir: {path: /opt/ro, mode: 0700}
  - file: {path: /srv/made/bytes, state: absent}
E2
refused "a directory whose mode cannot be set" "switching /opt/ro: .*Read-only file system; restored" 1 copied
book one <<'E2'
  - dir: {path: /opt, state: absent, recursive: true}
E2
exits 3 "what a system stands on is not taken away" drover apply -y "$CASE/one.yaml"
book one <<'E2'
  - dir: {path: /srv/mnt, state: absent, recursive: true}
E2
for host in $hosts; do on "$host" 'mkdir -p /srv/mnt/in && mount -t tmpfs tmpfs /srv/mnt/in && echo dear >/srv/mnt/in/dear'; done
exits 1 "a directory with a mount in it stays" drover apply -y --no-prune "$CASE/one.yaml"
like "$err" "something is mounted on /srv/mnt/in" "with the reason"
is "$(on web2 'cat /srv/mnt/in/dear')" dear "and what is mounted there too"
for host in $hosts; do on "$host" 'umount /srv/mnt/in /opt/full /opt/ro'; done

# A link that somebody else put on the way leads root nowhere.
for host in $hosts; do
	on "$host" 'mkdir -p /home/drover-eve/real /opt/led && ln -s /etc /home/drover-eve/app && ln -s /opt/led /opt/lead &&
		ln -s /etc /home/drover-eve/roots && ln -s /home/drover-eve/app /opt/far &&
		chown -h daemon /home/drover-eve /home/drover-eve/app /home/drover-eve/real'
done
remember
for path in /home/drover-eve/app/cron.d/zz /opt/far/cron.d/zz; do
	printf '  - file: {path: /srv/made/x/suid, content: "two\\n", mode: 4755}\n  - file: {path: %s, content: x, owner: daemon}\n' \
		"$path" | book one
	refused "a link of another user (${path%%/cron*})" \
		"/home/drover-eve/app is a link of daemon: $path would come to /etc/cron.d/zz"
done
printf '  - dir: {path: /home/drover-eve/app/drover-made/in, owner: daemon}\n' | book one
refused "a directory behind one" "/home/drover-eve/app is a link of daemon"
printf '  - file: {path: /home/drover-eve/app/hostname, state: absent}\n' | book one
refused "what goes behind one" "/home/drover-eve/app is a link of daemon"
printf '  - file: {path: /home/drover-eve/roots/zz, content: x}\n' | book one
refused "a link of root where another may change it" "others may change /home/drover-eve, where roots is a link of root"
printf '  - file: {path: /opt/lead/x, content: x}\n  - file: {path: /home/drover-eve/real/x, content: x, owner: daemon}\n' | book one
exits 0 "a link of root's own is followed, and a directory of another entered" drover apply -y --no-prune "$CASE/one.yaml"
is "$(seen web1 /opt/led/x /home/drover-eve/real/x | tr '\n' ' ')" \
	"/opt/led/x -rw-r--r-- root:root /home/drover-eve/real/x -rw-r--r-- daemon:root " "each where it belongs"
for host in $hosts; do on "$host" 'rm -r /home/drover-eve /opt/led /opt/lead /opt/far'; done

# All kinds of changes are taken back: by the act itself where a step behind them fails, and by undo.
for host in $hosts; do
	on "$host" 'mkdir -p /opt/u/d /opt/u/tree/in /opt/u/e && chmod 711 /opt/u/d && chown daemon /opt/u/d && chmod 750 /opt/u/e
		echo keep >/opt/u/tree/in/f; ln -s old /opt/u/l; echo f >/opt/u/g; ln -s x /opt/u/gl; echo over >/opt/u/over
		printf "[Service]\nExecStart=/bin/sleep 1d\n[Install]\nWantedBy=multi-user.target\n" >/etc/systemd/system/drover-case.service
		systemctl daemon-reload; systemctl -q enable --now drover-case'
done
tasks='  - dir: {path: /opt/u/d, mode: 0755, owner: root}
  - dir: {path: /opt/u/new, mode: 0700}
  - link: {path: /opt/u/l, target: new}
  - link: {path: /opt/u/l2, target: new}
  - link: {path: /opt/u/over, target: new}
  - file: {path: /opt/u/g, state: absent}
  - link: {path: /opt/u/gl, state: absent}
  - dir: {path: /opt/u/e, state: absent}
  - copy: {src: tree/run, dest: /opt/u/copy/run}
  - unit: {name: drover-case.service, state: absent}'
printf '%s\n  - dir: {path: /opt/u/tree, state: absent, recursive: true}\n  - run: [sh, -c, "ls /opt/u/*; false"]\n' "$tasks" | book back
sed -i 's/^rollout: {/&on_failure: rollback, /' "$CASE/back.yaml"
contents() { on "$1" 'cd /opt/u && find . -printf "%y %m %u %p %l\n" | sort; cat g over tree/in/f; systemctl is-active drover-case; systemctl is-enabled drover-case'; }
for host in $hosts; do contents "$host" >"$CASE/before.$host"; done
exits 1 "what fails behind them takes them back" drover apply -y --no-prune "$CASE/back.yaml"
like "$err" "web1: rolled-back" "and says so"
for host in $hosts; do
	contents "$host" >"$CASE/after.$host"
	ok "$host is as it was" diff "$CASE/before.$host" "$CASE/after.$host"
done
printf '%s\n  - file: {path: /opt/u/tree/in/f, state: absent}\n  - dir: {path: /opt/u/tree, state: absent, recursive: true}\n' "$tasks" | book back
exits 0 "without the failure they come" drover apply -y --no-prune "$CASE/back.yaml"
for host in $hosts; do
	is "$(on "$host" 'cd /opt/u && ls -A; systemctl is-active drover-case; ls /etc/systemd/system/drover-case.service 2>&1 | grep -c cannot')" "copy
d
l
l2
new
over
inactive
1" "$host: what goes is gone, and its unit does not run"
done
exits 0 "what an undo would do is shown" drover undo -n last
like "$out" "/opt/u/tree/ .*with all that was in it" "a tree comes back whole"
unlike "$out" "cannot be taken back" "and nothing is left out"
exits 0 "an undo takes them back" drover undo -y last
for host in $hosts; do
	contents "$host" >"$CASE/after.$host"
	ok "$host is as it was before the run" diff "$CASE/before.$host" "$CASE/after.$host"
done
on web1 'echo mine >/opt/u/tree/mine'
exits 6 "and that is taken back, but what changed since" drover undo -y last
like "$out" "not touched: /opt/u/tree/: changed since, by hand" "which is named"
ok "it stays where it changed, with all in it" on web1 'grep -q mine /opt/u/tree/mine && test -e /opt/u/tree/in/f'
ok "and is gone where it did not" on web2 'test ! -e /opt/u/tree'
exits 0 "once more" drover undo -y last
for host in $hosts; do
	[ "$host" = web2 ] || on "$host" 'rm /opt/u/tree/mine'
	contents "$host" >"$CASE/after.$host"
	ok "$host is as it was before the run again" diff "$CASE/before.$host" "$CASE/after.$host"
	on "$host" 'systemctl -q disable --now drover-case; rm -r /etc/systemd/system/drover-case.service /opt/u; systemctl daemon-reload'
done

# Mistakes are told before anybody is asked.
book bad <<'E2'
  - dir: {path: /srv/x, mode: 10000}
  - link: {path: /srv/x}
  - copy: {src: ../../etc, dest: /srv/y}
  - copy: {src: nothing, dest: srv}
  - file: {path: /srv/x, content: a, validate: "true"}
E2
exits 3 "mistakes are told with their places" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:31: mode: a file mode in octal' "a mode"
like "$err" 'bad.yaml:7:.*leads out of the playbook' "a tree elsewhere"
like "$err" 'bad.yaml:9:.*does not name the file' "a test of nothing"
book bad <<'E2'
  - file: {path: /var/lib/drover/manifest, content: x}
  - link: {path: /etc/shadow, target: /run/x}
E2
exits 3 "what is no task's is told too" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:5: /var/lib/drover/manifest: what drover itself keeps' "what drover keeps"
like "$err" 'bad.yaml:6:5: /etc/shadow: a link in its place' "a link for accounts"

# And all of it goes.
printf 'name: files\nhosts: "web[1-2]"\ntasks:\n  - dir: {path: /srv/copy, state: absent, recursive: true}\n' >"$CASE/gone.yaml"
printf '  - dir: {path: /srv/mnt, state: absent, recursive: true}\n' >>"$CASE/gone.yaml"
exits 0 "what left the playbook goes" drover apply -y "$CASE/gone.yaml"
for host in $hosts; do
	is "$(on "$host" 'ls -A /srv; ls /usr/local/bin/run-it 2>/dev/null')" "" "$host: nothing of it is left"
	is "$(on "$host" 'find / -xdev -name ".drover-*" 2>/dev/null | wc -l')" 0 "$host: no temporary file either"
done
exits 0 "and once more nothing is to do" drover apply -y --exit-code "$CASE/gone.yaml"
