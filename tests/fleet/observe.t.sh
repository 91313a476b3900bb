#!/bin/bash
# Tools of a host that say too much, or not what they were asked: the host fails at once, nothing is held
# there without bound, nobody is accused, and a person can cut it.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 1
cat >"$CASE/book.yaml" <<'Y'
name: look
hosts: web1
tasks:
  - file: {path: /etc/look-one, content: "one\n"}
  - file: {path: /etc/look-two, content: "two\n"}
Y
tool() { # NAME TEXT: stands before the real one
	on web1 "printf '#!/bin/sh\n%s\n' '$2' >/usr/local/bin/$1; chmod 755 /usr/local/bin/$1"
}
exits 0 "two files are put there" drover apply -y "$CASE/book.yaml"

for name in sha256sum stat; do
	tool $name 'exec yes FLOOD'
	exits 1 "a flood of $name fails the host" timeout 60 "$DROVER" plan "$CASE/book.yaml"
	like "$err" "^web1: failed: the host says more than 4 MiB where it was asked for its files.*$name" "with what flooded"
	ok "and nothing of it is left there" wait_for 20 on web1 '! pgrep -x yes'
	on web1 "rm /usr/local/bin/$name"
done
tool sha256sum 'echo "sha256sum: input/output error" >&2; exit 1'
exits 1 "digests that cannot be read fail the host" drover plan "$CASE/book.yaml"
like "$err" '^web1: failed: cannot read the digest of /etc/look-one: sha256sum: input/output error' "and it is said of which file"
unlike "$out$err" 'by hand' "nobody is accused"
tool sha256sum 'sleep 300'
"$DROVER" plan "$CASE/book.yaml" >"$CASE/stdout" 2>"$CASE/stderr" </dev/null &
seat=$!
ok "a look hangs there" wait_for 20 on web1 'pgrep -x sleep'
kill -TERM $seat
ok "the first signal ends it" wait_for 10 eval "! kill -0 $seat"
on web1 'rm /usr/local/bin/sha256sum; pkill -x sleep; :'
exits 0 "without them all is well" drover plan --exit-code "$CASE/book.yaml"

# A manifest that cannot be read is nobody's: nothing is done with it, or without it.
manifest=/var/lib/drover/manifest
on web1 "cp -p $manifest /root/manifest"
damaged() { # WHAT COMMAND
	on web1 "$2"
	exits 1 "$1 fails the host" drover apply -y "$CASE/book.yaml"
	like "$err" "^web1: failed: .*$3" "with what to do"
}
damaged "a manifest of random bytes" "head -c 300000 /dev/urandom >$manifest" "manifest is damaged .*runs/\*/manifest.old"
damaged "one of zeroes" "head -c 3000 /dev/zero >$manifest" "manifest is damaged .it holds zero bytes"
damaged "a line cut short" "head -c 20 /root/manifest >$manifest" "manifest is damaged .line 1 "
damaged "more than a reply holds" "head -c 5000000 /dev/urandom >$manifest" "manifest"
is "$(on web1 'ls /var/lib/drover/runs | wc -l; stat -c %s /var/lib/drover/manifest' | paste -sd' ')" "1 5000000" "and no act was there"
on web1 "cut -f 1-5 /root/manifest >$manifest"
printf '  - file: {path: /etc/look-three, content: "three\n"}\n' >>"$CASE/book.yaml"
exits 0 "lines of an older drover are read" drover apply -y "$CASE/book.yaml"
is "$(on web1 "cut -f 1 $manifest | sort | paste -sd,")" "file /etc/look-one,file /etc/look-three,file /etc/look-two" "and kept"
