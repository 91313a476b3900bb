#!/bin/bash
# Apps that are root file systems, on a host of Debian 12 and one of Debian 13: from a directory and from an archive,
# made, not made again, replaced, taken back, gone back to, left when they are not well, and gone without a trace.
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle rootfs
read -r one two _ <<<"$hosts"
versions=/usr/local/lib/drover/site
on() { # as in case.sh, by bash
	local host=$1
	shift
	timeout 120 "$fleet" shell-in "$host" bash -c "$*"
}
says() { # HOST PORT
	on "$1" "exec 3<>/dev/tcp/127.0.0.1/$2; printf 'GET / HTTP/1.0\r\n\r\n' >&3; tail -n 1 <&3"
}
inside() { # HOST COMMAND: in the running payload
	on "$1" "podman exec site-0 /bin/sh -c '$2' 2>&1"
}
walk() { # HOST: all that an apply could touch, with inodes and times
	on "$1" 'find /etc /root /usr/local /srv /var/lib/drover -xdev -printf "%i %T@ %C@ %m %p\n" 2>/dev/null | sort -k5'
}
tree() { # HOST: what an undo puts back
	on "$1" 'find /etc/drover /etc/systemd /root /usr/local /srv -xdev -printf "%m %u %g %y %p %l\n" 2>/dev/null | sort -k5
		find /etc/drover /etc/systemd /usr/local -xdev -type f -exec sha256sum {} + 2>/dev/null | sort -k2'
}
laid() { # HOST: how many archives, and how many trees beside them
	on "$1" "echo \$(ls -d $versions/*/rootfs.tar 2>/dev/null | wc -l) \$(ls -d $versions/*/root 2>/dev/null | wc -l)"
}
running() { # HOST: the directory under the payload
	on "$1" "podman inspect --format '{{.Rootfs}}' site-0"
}
page() { # TEXT: a tree of that version
	echo "$1" >"$CASE/site/www/index.html"
}
last_run() {
	"$DROVER" history --json --limit 1 | sed 's/.*"run":"\([0-9a-f-]*\)".*/\1/'
}
book() { # ROOTFS ROLLOUT MORE OF THE APP
	cat >"$CASE/site.yaml" <<-YAML
		name: site
		hosts: "@all-of-them"
		rollout: {canary: 0, batch: 2, max_fail: 2${2:+, $2}}
		apps:
		  site:
		    rootfs: $1
		    command: [/bin/web]
		    args: [--greet, "a \$HOME 100%"]
		    replicas: 2
		    user: app
		    ports: {http: {container: 8000, host: 8080}}
		    files:
		      /etc/site.conf: {content: "host = {{ host }}\n"}
		      /srv/data: {volume: site-data}
		      /scratch: {tmpfs: 1M}
		    limits: {nofile: 512}
		    sandbox: {read_only: true}
		    stop: {timeout: 5s}
		    health: {http: ":http/", interval: 200ms, timeout: 2s, retries: 50}
		${3:-}
	YAML
}

# The tree: a busybox under several names, a link that is absolute within it, a user of its own.
mkdir -p "$CASE/site"/{bin,etc,www,tmp}
cp "$(command -v busybox)" "$CASE/site/bin/busybox"
for name in sh httpd cat touch id ls sleep stat; do ln "$CASE/site/bin/busybox" "$CASE/site/bin/$name"; done
ln -s /bin/busybox "$CASE/site/bin/echo"
echo 'app:x:1000:1000::/:/bin/sh' >"$CASE/site/etc/passwd"
cat >"$CASE/site/bin/web" <<'SH'
#!/bin/sh
trap 'exit 0' TERM
echo "$# arguments, last $2"
/bin/httpd -f -p "$PORT" -h /www &
wait
SH
chmod 755 "$CASE/site/bin/web"
chmod 1777 "$CASE/site/tmp"

# What cannot be is told before anything is contacted.
page one
for host in $hosts; do execs "$host" >"$CASE/asked.$host"; done
ln -s ../../etc "$CASE/site/etc/out"
book site
exits 3 "a link that leads out is refused" drover plan "$CASE/site.yaml"
like "$err" "site.yaml:6:13: rootfs: site: etc/out: the link leads out of the tree" "with its place and its name"
rm "$CASE/site/etc/out"
mkfifo "$CASE/site/etc/pipe"
exits 3 "a pipe too" drover plan "$CASE/site.yaml"
like "$err" "rootfs: site/etc/pipe: is no file, directory or link" "by its name"
rm "$CASE/site/etc/pipe"
tar -C "$CASE/site" -czf "$CASE/site.tar.gz" .
book site.tar.gz
exits 3 "what is compressed too" drover plan "$CASE/site.yaml"
like "$err" "site.tar.gz: compressed archives \(gzip\) are not supported yet" "by its name"
for host in $hosts; do is "$(execs "$host")" "$(cat "$CASE/asked.$host")" "$host was not asked"; done

# From a directory.
book site
for host in $hosts; do tree "$host" >"$CASE/first.$host"; done
exits 0 "a directory is applied" drover apply -y "$CASE/site.yaml"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" oneone "both replicas answer on $host"
	is "$(laid "$host")" "1 1" "$host: one archive, one tree"
	is "$(on "$host" "stat -c '%a %U' $versions/*")" "700 root" "$host: nobody but root comes near it"
	is "$(on "$host" "stat -c '%a %u %g %h' $versions/*/root/bin/cat $versions/*/root/tmp | head -n 1")" "755 0 0 9" "$host: hard links are links, and all is root's"
	like "$(on "$host" journalctl -o cat -u site-0)" '2 arguments, last a \$HOME 100%' "$host: its arguments came as they are"
	like "$(inside "$host" id)" "uid=1000" "$host: its user is one of the tree's own"
	is "$(inside "$host" 'cat /etc/site.conf')" "host = $host" "$host: its file stands at its path"
	like "$(inside "$host" 'touch /x')" "Read-only file system" "$host: its root cannot be written"
	is "$(inside "$host" 'touch /tmp/x /srv/data/x /scratch/x && echo written')" written "$host: what is declared can"
	like "$(inside "$host" 'cat /proc/1/status')" 'CapBnd:[[:space:]]0000000000000000' "$host: it has no capability"
	like "$(inside "$host" 'cat /proc/1/limits')" "Max open files +512 +512" "$host: its limit reaches it"
	is "$(inside "$host" 'cat /bin/echo' | head -c 4 | tail -c 3)" ELF "$host: an absolute link leads within the tree"
done
nothing_differs "$CASE/site.yaml" "the directory"
exits 0 "ps tells of both" drover ps "$one"
like "$out" "container +site-0 .*running" "of one without an image"
like "$out" "container +site-1 .*running" "and of the next"
exits 0 "so does apps" drover apps
like "$out" "site +site +app +4 +4 +ok" "all of them run"
touch "$CASE/site/bin/web"
exits 0 "files that only have other times are no other tree" drover plan --exit-code "$CASE/site.yaml"

# Another tree; and back by undo.
for host in $hosts; do tree "$host" >"$CASE/one.$host"; done
first=$(running "$one")
page two
exits 0 "another tree is applied" drover apply -y "$CASE/site.yaml"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" twotwo "$host runs it"
	is "$(laid "$host")" "2 2" "$host has the old one still"
	is "$(inside "$host" 'ls /srv/data')" x "$host: what its volume holds stayed"
done
exits 0 "the run is undone" drover undo -y "$(last_run)"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" oneone "$host runs the old one again"
	tree "$host" >"$CASE/now.$host"
	ok "$host is as it was before that run" diff "$CASE/one.$host" "$CASE/now.$host"
done
is "$(running "$one")" "$first" "from where it lay"
page one
exits 0 "with the old tree beside the playbook nothing differs" drover plan --exit-code "$CASE/site.yaml"

# The last versions stay; a release comes back from them, or from what it kept.
for n in two three four five; do
	page $n
	exits 0 "version $n is applied" drover apply -y "$CASE/site.yaml"
done
for host in $hosts; do is "$(laid "$host")" "3 3" "$host has the last three, with their trees"; done
exits 0 "the release before comes back" drover rollback -y site -t @all-of-them
for host in $hosts; do is "$(says "$host" 8080)$(says "$host" 8081)" fourfour "$host runs it"; done
on "$one" "rm -r $versions/*"
exits 0 "one whose archive and tree went comes back from what the host keeps" drover rollback -y site -t "$one"
is "$(says "$one" 8080)$(says "$one" 8081)" threethree "and runs"
exits 0 "and what the playbook says is put there again" drover apply -y "$CASE/site.yaml"
for host in $hosts; do is "$(says "$host" 8080)" five "$host runs it"; done
on "$two" "systemctl stop site-0 site-1; rm -r $(running "$two"); systemctl start site-0 site-1"
ok "a tree that went is laid down by the unit itself" wait_for 60 says "$two" 8080
is "$(says "$two" 8080)$(says "$two" 8081)" fivefive "and is whole"

# One that does not run comes back by itself, and leaves nothing.
for host in $hosts; do laid "$host" >"$CASE/laid.$host"; done
rm "$CASE/site/bin/web"
book site "on_failure: rollback"
exits 1 "a tree without what is to run fails" drover apply -y "$CASE/site.yaml"
like "$out$err" "rolled-back" "and is rolled back"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" fivefive "$host runs the one before"
	is "$(laid "$host")" "$(cat "$CASE/laid.$host")" "$host has no tree of the one that failed"
done

# A host whose power goes while the tree is laid down has it whole, or not at all.
printf '#!/bin/sh\n/bin/httpd -f -p "$PORT" -h /www &\nwait\n' >"$CASE/site/bin/web"
chmod 755 "$CASE/site/bin/web"
page six
book site
cat >"$CASE/tar" <<'SH'
#!/bin/sh
/bin/tar "$@" || exit
case "$*" in *--numeric-owner*) ;; *) exit 0 ;; esac
touch /run/laying
until [ -e /run/lay ]; do sleep 0.05; done
SH
on "$one" "base64 -d <<<$(base64 -w 0 <"$CASE/tar") >/usr/local/bin/tar; chmod 755 /usr/local/bin/tar"
"$DROVER" apply -y -l "$one" "$CASE/site.yaml" >"$CASE/cut.out" 2>&1 </dev/null &
victim=$!
ok "a tree is on its way" wait_for 60 on "$one" 'test -e /run/laying'
is "$(laid "$one")" "$(cat "$CASE/laid.$one")" "and is not there yet"
is "$(says "$one" 8080)$(says "$one" 8081)" fivefive "while the one before runs"
"$fleet" kill "$one" >/dev/null 2>&1
kill -KILL "$victim" 2>/dev/null
wait "$victim" 2>/dev/null
"$fleet" start "$one" >/dev/null 2>&1
ok "the host is back" wait_for 120 on "$one" 'rm -f /usr/local/bin/tar; systemctl is-active -q multi-user.target'
for port in 8080 8081; do ok "with the one before on port $port" wait_for 120 says "$one" $port; done
is "$(laid "$one")" "$(cat "$CASE/laid.$one")" "nothing of the new one counts there"
ok "ssh answers" wait_for 120 gets_in "$one"
exits 0 "the next apply brings it" drover apply -y "$CASE/site.yaml"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" sixsix "$host runs it"
	is "$(on "$host" "find $versions -mindepth 2 -maxdepth 2 ! -name root ! -name rootfs.tar")" "" "$host: nothing lies beside it"
	is "$(laid "$host")" "3 3" "$host has the last three"
done
nothing_differs "$CASE/site.yaml" "it"

# From an archive, with its owners and modes; what is written where nothing is declared lies above the tree.
chmod u+s "$CASE/site/bin/stat"
page archive
head -c 9000000 /dev/urandom >"$CASE/site/large"
tar -C "$CASE/site" --format=pax --owner=1000 --group=1001 -cf "$CASE/site.tar" .
book site.tar "" '    env: {GREETING: hello}'
sed -i '/read_only/d' "$CASE/site.yaml"
exits 0 "an archive is applied" drover apply -y "$CASE/site.yaml"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" archivearchive "$host runs it"
	is "$(inside "$host" 'stat -c "%a %u %g" /bin/stat /www/index.html' | paste -sd' ')" "4755 1000 1001 644 1000 1001" "$host: owners and modes are the archive's"
	is "$(on "$host" 'podman exec --user 1000:1001 site-0 /bin/touch /www/new; podman exec site-1 /bin/ls /www')" index.html "$host: what one replica writes is its own"
	is "$(on "$host" 'ls "$(podman inspect --format "{{.Rootfs}}" site-0)/www"')" index.html "$host: and is not in the tree"
done
nothing_differs "$CASE/site.yaml" "the archive"

# And it goes without a trace but its volume.
printf 'name: site\nhosts: "@all-of-them"\nprune: true\nrollout: {canary: 0, batch: 2}\ntasks:\n  - {run: "true", unchanged: true}\n' >"$CASE/site.yaml"
exits 0 "without the app all of it goes" drover apply -y "$CASE/site.yaml"
for host in $hosts; do
	tree "$host" >"$CASE/last.$host"
	ok "$host is as it was" diff "$CASE/first.$host" "$CASE/last.$host"
	is "$(on "$host" 'podman volume ls -q; grep -c /usr/local/lib/drover /proc/1/mountinfo')" "site-data
0" "$host: its volume stays, and no mount"
done

# An archive that goes is there for an undo, however large it is.
exits 0 "that run is undone" drover undo -y "$(last_run)"
for host in $hosts; do
	is "$(says "$host" 8080)$(says "$host" 8081)" archivearchive "$host runs it again"
	is "$(laid "$host")" "3 3" "$host has the versions it had"
done
