#!/bin/bash
# Files to real hosts whose disks are full, read-only, not there, or that stop reading: the old file
# stands, nothing is left beside it, and the others get theirs. On the fleet it is given, or one of its own.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
root=$PWD
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
if [ -z "${DROVER_FLEET_STATE:-}" ]; then
	mkdir -p "$root/build"
	export DROVER_FLEET_STATE=$root/build/fleet-test-files
	trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end' EXIT
fi
"$fleet" up 3 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	exit 1
}
export DROVER_INVENTORY=$DROVER_FLEET_STATE/inventory.yaml DROVER_SSH_CONFIG=$DROVER_FLEET_STATE/ssh_config
on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	"$fleet" shell-in "$host" sh -c "$*"
}
stands() { # HOST FILE: it is as it was, with nothing beside it
	on "$1" "[ \"\$(cat $2)\" = old ] && [ -z \"\$(find \${2:-/nothing} ${2%/*} -maxdepth 1 -name '.drover-*' 2>/dev/null)\" ]"
}
head -c 8000000 /dev/urandom >blob

# A disk that is full, on one host of three.
for host in web1 web2 db1; do on $host 'mkdir -p /srv/d && echo old >/srv/d/f'; done
on web2 'mount -t tmpfs -o size=2m tmpfs /srv/d && echo old >/srv/d/f'
exits 1 "a disk that is full" drover cp blob '@all:/srv/d/f'
like "$err" 'web2: failed: .*No space left on device' "is named"
like "$err" '2 changed, 1 failed|1 failed, 2 changed' "and the others go on"
ok "the old file stands" stands web2 /srv/d/f
mkdir tree && cp blob tree/f && : >tree/g
exits 1 "a directory to a disk that is full" drover cp tree 'web2:/srv/d/'
like "$err" 'No space left on device' "is named too"
ok "and nothing of it is there" on web2 'test ! -e /srv/d/tree'
ok "the old file still stands" stands web2 /srv/d/f

# Read-only; noexec, which is in nobody's way; a file that may not change.
on web2 'mount -o remount,ro /srv/d'
exits 1 "a disk that is read-only" drover cp blob 'web2:/srv/d/f'
like "$err" 'web2: failed: .*Read-only file system' "is named"
ok "the old file stands" stands web2 /srv/d/f
on web2 'mount -o remount,rw,noexec,size=32m /srv/d'
exits 0 "a disk without execution" drover cp -m 755 blob 'web2:/srv/d/f'
ok "takes files" on web2 'test -x /srv/d/f || test "$(stat -c %a /srv/d/f)" = 755'
on web2 'umount /srv/d'
if on web1 'echo old >/srv/d/i && chattr +i /srv/d/i' 2>/dev/null; then
	exits 1 "a file that is immutable" drover cp blob 'web1:/srv/d/i'
	like "$err" 'Operation not permitted' "is named"
	ok "and stands" stands web1 /srv/d/i
	on web1 'chattr -i /srv/d/i'
else
	on web1 'mkdir -p /srv/d/i && mount --bind /srv/d/f /srv/d/f'
	exits 1 "a file that something is mounted on" drover cp tree/g 'web1:/srv/d/f'
	like "$err" 'busy' "cannot be replaced, and is named"
	is "$(on web1 "find /srv/d -name '.drover-*'")" "" "and nothing is left beside it"
	on web1 'umount /srv/d/f'
fi
exits 1 "a directory that is missing" drover cp blob 'web1:/srv/none/f'
on web1 'echo umask 0777 >>/root/.profile; echo umask 0777 >>/root/.bashrc'
exits 0 "an odd umask" drover cp tree/g 'web1:/srv/d/odd'
ok "decides what a new file may" on web1 'test "$(stat -c %a /srv/d/odd)" = 0 || test "$(stat -c %a /srv/d/odd)" = 644'
on web1 "sed -i '/umask 0777/d' /root/.profile /root/.bashrc"

# A host that reads no more holds nobody up.
mkfifo feed
"$DROVER" cp - 'web1,web2:/srv/d/stream' <feed 2>"$CASE/stderr" &
pid=$!
exec 8>feed
head -c 1M blob >&8
begun() { on web2 "[ -n \"\$(find /srv/d -name '.drover-*' -size +100k)\" ]"; }
ok "a stream has begun" wait_for 30 begun
ok "one host stops reading" on web2 'for p in /proc/[0-9]*; do
	case $(readlink $p/fd/1 2>/dev/null) in /srv/d/.drover-*) kill -STOP ${p#/proc/} && found=yes ;; esac
done; [ "$found" ]'
for _ in 1 2 3 4 5 6; do cat blob >&8; done
exec 8>&-
wait "$pid"
is $? 1 "the run ends"
like "$(cat "$CASE/stderr")" 'web2: failed: .*took (nothing|no input) for 30' "the host has failed"
like "$(cat "$CASE/stderr")" '1 changed' "the other has all of it"
is "$(on web1 'stat -c %s /srv/d/stream')" $((1048576 + 48000000)) "to the last byte"
on web2 'for p in /proc/[0-9]*; do
	case $(readlink $p/fd/1 2>/dev/null) in /srv/d/.drover-*) kill -CONT ${p#/proc/} ;; esac
done'
gone() { on web2 "[ -z \"\$(find /srv/d -name '.drover-*')\" ]"; }
ok "let go, it clears up" wait_for 30 gone

# Owners, as root; fetch gives what root alone may read.
exits 0 "an owner" drover cp --owner daemon:adm -m 2640 tree/g 'web1:/srv/d/owned'
is "$(on web1 'stat -c "%U:%G %a" /srv/d/owned')" "daemon:adm 2640" "is set"
exits 0 "a new content" drover cp blob 'web1:/srv/d/owned'
is "$(on web1 'stat -c "%U:%G %a" /srv/d/owned')" "daemon:adm 2640" "keeps it"
exits 0 "fetch" drover fetch --verify '@all:/etc/machine-id' 'web1:/srv/d/owned' got
ok "gives what is there" cmp blob got/web1/owned
is "$(cat got/web2/machine-id)" "$(on web2 'cat /etc/machine-id')" "of each host its own"
exits 0 "a directory of real life" drover fetch 'web1:/etc/ssh' got
ok "is there" test -s got/web1/ssh/sshd_config
