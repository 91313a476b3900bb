#!/bin/bash
# Apps that are programs, on a host of Debian 12 and one of Debian 13: made, not made again, replaced by a new
# version, taken back, left when they are not well; and what holds them, asked of the program while it runs.
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle native
debian() { on "$1" '. /etc/os-release; echo "$VERSION_ID"'; }
old='' new=''
for host in $hosts; do
	case $(debian "$host") in 12) old=$host ;; *) new=$host ;; esac
done
ok "there is one of each Debian" test "$old" -a "$new"
walk() { # HOST: all that an apply could touch, with inodes and times
	on "$1" 'find /etc /root /usr/local /srv /var/lib/drover /var/lib/drover-apps /var/lib/private -xdev -printf "%i %T@ %m %p\n" 2>/dev/null | sort -k4'
}
tree() { # HOST: what an undo puts back
	on "$1" 'find /etc /root /usr/local /srv -xdev -printf "%m %u %g %y %p %l\n" | sort -k5
		find /etc /usr/local -xdev -type f -exec sha256sum {} + | sort -k2'
}
payload() { # VERSION
	cc -static -O1 -DVERSION="\"$1\"" -o "$CASE/shop" "$root/tests/fleet/payload.c"
}
asks() { # HOST PORT WORD[?ARGUMENT]
	on "$1" "exec 3<>/dev/tcp/127.0.0.1/$2; printf 'GET /$3 HTTP/1.0\r\n\r\n' >&3; sed '1,/^.\$/d' <&3" | tr -d '\r'
}
on() { # as in case.sh, by bash
	local host=$1
	shift
	timeout 120 "$fleet" shell-in "$host" bash -c "$*"
}
status() { # HOST FIELD: of the running payload
	on "$1" "sed -n 's/^$2:[[:space:]]*//p' /proc/\$(systemctl show -p MainPID --value shop-0)/status"
}
versions() { # HOST
	on "$1" 'find /usr/local/lib/drover -type f | wc -l'
}
book() { # MORE OF THE APP
	cat >"$CASE/shop.yaml" <<-YAML
		name: shop
		hosts: "@all-of-them"
		rollout: {canary: 0, batch: 2, max_fail: 2, soak: 500ms}
		apps:
		  shop:
		    binary: ./shop
		    args: [--greet, "a \$HOME 100%"]
		    replicas: 2
		    ports: {http: 8080}
		    env: {GREETING: "50% of \$HOME"}
		    files:
		      /etc/shop.toml: {content: "host = {{ host }}\n"}
		      /srv/data: {volume: data}
		    limits: {memory: 64M, tasks: 32}
		    health: {http: ":http/"}
		$1
	YAML
}

payload 1
book ''
tree "$old" >"$CASE/first.old"
tree "$new" >"$CASE/first.new"
exits 0 "the plan is made" drover plan "$CASE/shop.yaml"
like "$out" "exposure [0-9.]+ OK, from 0 to 10, by systemd-analyze security" "it gives the exposure by the host's own measure"
like "$out" "not enforced on this host.*BPF_FRAMEWORK" "and says what Debian 12 cannot enforce"
exits 0 "it is applied" drover apply -y "$CASE/shop.yaml"
for host in $hosts; do
	is "$(asks "$host" 8080 '')$(asks "$host" 8081 '')" "version 1 of replica 0version 1 of replica 1" "both replicas answer on $host, each on its port"
	like "$(on "$host" journalctl -o cat -u shop-0)" '3 arguments, last a \$HOME 100%|2 arguments, last a \$HOME 100%' "its arguments came as they are on $host"
	is "$(asks "$host" 8080 'env?GREETING')" '50% of $HOME' "and so did its environment"
	is "$(asks "$host" 8080 'read?/etc/shop.toml')" "host = $host" "its file stands at its path"
	like "$(asks "$host" 8081 'read?/run/drover/resources.json')" '"http":\{"protocol":"tcp","container":8081,"host":8081' "its resources too"
	is "$(on "$host" 'ls -d /etc/shop.toml /srv/data 2>/dev/null')" "" "and none of that is on the host itself"
done
nothing_differs "$CASE/shop.yaml" "the app"

# What holds it, from within.
for host in $hosts; do
	is "$(status "$host" CapBnd) $(status "$host" CapEff)" "0000000000000000 0000000000000000" "$host: it has no capability"
	is "$(status "$host" NoNewPrivs)" 1 "$host: and can gain none"
	is "$(status "$host" Seccomp)" 2 "$host: its calls are filtered"
	like "$(asks "$host" 8080 trace)" "not permitted" "$host: a call that no service makes is denied"
	like "$(asks "$host" 8080 code)" "not permitted|denied" "$host: memory is not both written and run"
	is "$(asks "$host" 8080 'write?/x')" "Read-only file system" "$host: its root cannot be written"
	like "$(asks "$host" 8080 'write?/etc/x')" "Read-only|denied" "$host: nor /etc"
	like "$(asks "$host" 8080 'write?/usr/x')" "Read-only|denied" "$host: nor /usr"
	like "$(asks "$host" 8080 "write?/run/drover-root/shop-0/x")" "Read-only|denied|No such" "$host: nor its root by another name"
	is "$(asks "$host" 8080 'read?/etc/shadow')$(asks "$host" 8080 'read?/var/lib/drover/manifest')" "No such file or directoryNo such file or directory" "$host: what is the host's alone is not there"
	like "$(asks "$host" 8080 'read?/root/.bashrc')" "denied|No such" "$host: nor what is a person's"
	is "$(asks "$host" 8080 'write?/tmp/x')" ok "$host: /tmp is its own"
	is "$(asks "$host" 8080 'write?/srv/data/x')" ok "$host: its volume can be written"
	is "$(asks "$host" 8081 'read?/srv/data/x')" 1 "$host: and is the other replica's too"
	unlike "$(asks "$host" 8080 user)" "^0 " "$host: it is not root"
	like "$(asks "$host" 8080 'bind?80')" "not permitted|denied" "$host: a low port is not bound"
done
like "$(asks "$new" 8080 'bind?9999')" "not permitted" "no port but its own can be listened on on Debian 13"
is "$(asks "$old" 8080 'bind?9999')" ok "Debian 12 cannot hold it to that, as the plan said"
like "$(asks "$old" 8080 'fork?100')" "^(2[0-9]|3[01]) Resource temporarily" "tasks are limited on Debian 12"
asks "$old" 8080 'eat?100' >/dev/null 2>&1
ok "memory is limited on Debian 12: what takes more is killed" wait_for 20 on "$old" 'journalctl -o cat -u shop-0 | grep -qi "killed\|oom"'
ok "and is started again" wait_for 20 on "$old" 'systemctl is-active -q shop-0 && [ "$(systemctl show -p NRestarts --value shop-0)" = 1 ]'

# A new version, and back.
payload 2
exits 0 "a new version is planned" drover plan "$CASE/shop.yaml"
like "$out" "/usr/local/lib/drover/shop/[0-9a-f]{16}/shop" "as a file under its digest"
exits 0 "and applied" drover apply -y "$CASE/shop.yaml"
for host in $hosts; do
	is "$(asks "$host" 8080 '')" "version 2 of replica 0" "$host runs it"
	is "$(asks "$host" 8080 'read?/srv/data/x')" 1 "$host: what the volume holds stayed"
	is "$(versions "$host")" 2 "$host has the old one still"
done
exits 0 "the run is undone" drover undo -y "$("$DROVER" history --json --limit 1 | sed 's/.*"run":"\([0-9a-f-]*\)".*/\1/')"
for host in $hosts; do
	is "$(asks "$host" 8080 '')" "version 1 of replica 0" "$host runs the old one again"
	is "$(versions "$host")" 1 "$host has but that"
done
payload 1
exits 0 "with the old program beside the playbook nothing differs" drover plan --exit-code "$CASE/shop.yaml"

# Only the last versions stay.
for n in 3 4 5; do
	payload $n
	exits 0 "version $n is applied" drover apply -y "$CASE/shop.yaml"
done
for host in $hosts; do is "$(versions "$host")" 3 "$host has the last three"; done

# One that does not run comes back by itself.
printf '#!/bin/sh\nexit 7\n' >"$CASE/shop"
sed -i 's/soak: 500ms}/soak: 500ms, on_failure: rollback}/' "$CASE/shop.yaml"
exits 1 "a program that ends at once fails" drover apply -y "$CASE/shop.yaml"
like "$out$err" "rolled-back" "and is rolled back"
for host in $hosts; do is "$(asks "$host" 8080 '')" "version 5 of replica 0" "$host runs the version before"; done

# For another machine.
payload 5
printf '\267\000' | dd of="$CASE/shop" bs=1 seek=18 conv=notrunc status=none
exits 1 "a program for another machine is refused" drover plan "$CASE/shop.yaml"
like "$out$err" "shop.yaml:[0-9]+:[0-9]+: binary: shop is a program for aarch64, and .* is x86_64" "at its place"
payload 5

# Relaxed by name.
book '    sandbox: {relax: [MemoryDenyWriteExecute, SystemCallFilter]}'
exits 0 "what is relaxed is planned" drover plan "$CASE/shop.yaml"
like "$out" "sandbox of shop is relaxed: without MemoryDenyWriteExecute, SystemCallFilter" "and said"
exits 0 "and applied" drover apply -y "$CASE/shop.yaml"
for host in $hosts; do
	is "$(asks "$host" 8080 code)$(asks "$host" 8080 trace)" okok "$host lets it"
done

# And it goes without a trace but its volume.
printf 'name: shop\nhosts: "@all-of-them"\nrollout: {canary: 0, batch: 2}\ntasks:\n  - {run: "true", unchanged: true}\n' >"$CASE/shop.yaml"
sed -i 's/^tasks:/prune: true\ntasks:/' "$CASE/shop.yaml"
exits 0 "without the app all of it goes" drover apply -y "$CASE/shop.yaml"
tree "$old" >"$CASE/last.old"
tree "$new" >"$CASE/last.new"
ok "$old is as it was" diff "$CASE/first.old" "$CASE/last.old"
ok "$new is as it was" diff "$CASE/first.new" "$CASE/last.new"
for host in $hosts; do
	is "$(on "$host" 'ls /run/drover-root 2>/dev/null; cat /var/lib/private/drover-apps/shop/data/x')" 1 "$host: what its volume held stays"
done

# What it is given of the host by name, told by itself.
cat >"$CASE/tell" <<'SH'
#!/bin/sh
exec >/out/told 2>&1
id -un
pwd
sed -n 's/^CapEff:[[:space:]]*0*//p' /proc/self/status
df -k --output=size /scratch | tail -n 1 | tr -d " "
touch /scratch/x /data/x && echo written
touch /in/x || echo "not in /in"
ulimit -n
grep -c : /proc/self/net/dev
exec sleep 1000
SH
cat >"$CASE/tell.yaml" <<'YAML'
name: tell
hosts: "@all-of-them"
rollout: {canary: 0, batch: 2, max_fail: 2}
tasks:
  - dir: {path: /srv/out, owner: www-data}
  - dir: {path: /srv/in, mode: 0777}
apps:
  tell:
    binary: ./tell
    user: www-data
    workdir: /data
    network: none
    limits: {nofile: 512}
    files:
      /data: {volume: data, mode: rw}
      /out: {dir: /srv/out, mode: rw}
      /in: {dir: /srv/in}
      /scratch: {tmpfs: 1M}
    sandbox: {capabilities: [NET_BIND_SERVICE]}
YAML
exits 0 "a program with a user, directories, memory and a capability is applied" drover apply -y "$CASE/tell.yaml"
like "$out" "opened: tell has the capabilities NET_BIND_SERVICE" "what is opened is said"
for host in $hosts; do
	is "$(on "$host" 'grep -v "^touch:" /srv/out/told')" "www-data
/data
400
1024
written
not in /in
512
1" "$host: it has what was declared and nothing else"
done
nothing_differs "$CASE/tell.yaml" "the program"
