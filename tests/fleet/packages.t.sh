#!/bin/bash
# Packages on Debian 12 and 13, from a repository on the hosts themselves: installed, left alone,
# upgraded, pinned, removed, refused, and failing in the middle.
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2

both() { # COMMAND: on both hosts, as one script
	local host
	for host in $hosts; do "$fleet" shell-in "$host" sh -s <"$1"; done
}
walk() { # HOST: what apt and dpkg could touch, with inodes and times
	on "$1" 'find /etc /usr/share/tiny* /var/lib/drover /var/lib/dpkg /var/lib/apt /var/cache/apt -xdev \
		-printf "%i %T@ %m %U %p\n" | sort -k5'
}
book() { # NAME: its tasks from standard input
	{
		printf 'name: %s\nhosts: "web[1-2]"\nrollout: {canary: 2, max_fail: 100%%}\ntasks:\n' "$1"
		cat
	} >"$CASE/$1.yaml"
}
versions() { # HOST NAME...: those that are installed
	local host=$1
	shift
	on "$host" "dpkg-query -W -f '\${db:Status-Status} \${Package} \${Version}\n' $* 2>/dev/null" |
		sed -n 's/^installed //p' | xargs
}

# Packages of a few bytes: tiny needs tinylib, bad cannot be set up, rude and tinylib cannot be together.
cat >"$CASE/build" <<'E'
set -e
rm -rf /srv/build
mkdir -p /srv/repo /srv/build
deb() { # NAME VERSION FIELDS [POSTINST]
	cd /srv/build
	mkdir -p "$1/DEBIAN" "$1/usr/share/$1" "$1/etc"
	echo "$2" >"$1/usr/share/$1/version"
	echo "$2" >"$1/etc/$1.conf"
	echo "/etc/$1.conf" >"$1/DEBIAN/conffiles"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: d\n%b' "$1" "$2" "$3" >"$1/DEBIAN/control"
	if [ "${4:-}" ]; then printf '#!/bin/sh\n%s\n' "$4" >"$1/DEBIAN/postinst" && chmod 755 "$1/DEBIAN/postinst"; fi
	dpkg-deb --build --root-owner-group "$1" "/srv/repo/$1_$2.deb" >/dev/null
	rm -r "$1"
}
publish() {
	cd /srv/repo
	for file in *.deb; do
		dpkg-deb -f "$file"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
	done >Packages
}
E
cat "$CASE/build" - >"$CASE/first" <<'E'
deb tinylib 1.0 ''
deb tiny 1.0 'Depends: tinylib\nRecommends: tinydoc\n' 'umask >/root/umask; : >/usr/share/tiny/made'
deb tinydoc 1.0 ''
deb rude 1.0 'Conflicts: tinylib\n'
deb bad 1.0 '' 'exit 7'
publish
E
cat "$CASE/build" - >"$CASE/second" <<'E'
deb tinylib 1.1 ''
deb tiny 1.1 'Depends: tinylib\nRecommends: tinydoc\n'
publish
E
both "$CASE/first"

book tiny <<'E'
  - package: [tiny]
E
exits 11 "a package that apt does not know" drover apply -y "$CASE/tiny.yaml"
like "$out$err" 'package tiny: Unable to locate package tiny; the host never fetched package lists: say update' "is refused, with what would help"

# A file with the source and the package in one playbook: the lists are fetched because the source is newer.
book tiny <<'E'
  - file: {path: /etc/apt/sources.list.d/here.list, content: "deb [trusted=yes] file:/srv/repo ./\n"}
  - package: {name: [tiny], update: 1d, recommends: false}
    then: {run: [touch, /root/followed]}
  - file: {path: /usr/share/tiny/ours, content: "behind it\n"}
E
exits 0 "a package and its source are planned" drover plan "$CASE/tiny.yaml"
like "$out" '\+ package tiny .*the package lists are fetched first' "the lists come first"
exits 0 "and applied" drover apply -y "$CASE/tiny.yaml"
for host in $hosts; do
	is "$(versions "$host" tiny tinylib tinydoc)" "tiny 1.0 tinylib 1.0" "$host has it and what it needs"
	is "$(on "$host" 'cat /root/umask /usr/share/tiny/ours; ls /root/followed' | xargs)" "0022 behind it /root/followed" \
		"its scripts ran as they do elsewhere, and what stood behind it came behind it"
done
nothing_differs "$CASE/tiny.yaml" "a package"

both "$CASE/second"
for host in $hosts; do on "$host" 'apt-get -q update' >/dev/null 2>&1; done
exits 0 "a newer version" drover plan --exit-code "$CASE/tiny.yaml"
book latest <<'E'
  - package: {name: "tiny tinylib", state: latest, recommends: false}
E
exits 0 "is looked for where the latest is wanted" drover plan "$CASE/latest.yaml"
like "$out" '~ package tiny, tinylib .*changes (tinylib 1.0 -> 1.1, tiny 1.0 -> 1.1|tiny 1.0 -> 1.1, tinylib 1.0 -> 1.1)' "with both versions"
for host in $hosts; do on "$host" 'echo mine >/etc/tiny.conf'; done
exits 0 "and comes" drover apply -y "$CASE/latest.yaml"
is "$(versions web2 tiny tinylib)" "tiny 1.1 tinylib 1.1" "the newest"
is "$(on web1 cat /etc/tiny.conf)" mine "and configuration that was changed stays"
nothing_differs "$CASE/latest.yaml" "the latest"
book pin <<'E'
  - package: [tiny=1.0]
E
exits 0 "a version goes back" drover apply -y "$CASE/pin.yaml"
like "$out" '~ package tiny .*changes tiny 1.1 -> 1.0' "as the plan said"
is "$(versions web1 tiny tinylib)" "tiny 1.0 tinylib 1.1" "to the one that was named"
nothing_differs "$CASE/pin.yaml" "a version"

# Refused before anything is done.
book badnames <<'E'
  - package: [tiny, -o]
  - package: Tiny
  - package: tiny=
E
execs web1 >"$CASE/execs.web1"
exits 3 "names that are none" drover apply -y "$CASE/badnames.yaml"
for line in 5:21 6:14 7:14; do like "$err" "badnames.yaml:$line: package:" "are told at $line"; done
book badnames <<'E'
  - package: {name: tiny=1, state: absent}
  - package: [tiny, tiny=1.0]
E
exits 3 "versions that cannot be" drover apply -y "$CASE/badnames.yaml"
for line in 5:21 6:21; do like "$err" "badnames.yaml:$line: package: tiny" "are told at $line"; done
is "$(execs web1)" "$(cat "$CASE/execs.web1")" "and nobody was asked"
book rude <<'E'
  - package: rude
E
exits 0 "what must go for a package" drover plan "$CASE/rude.yaml"
like "$out" '~ package rude .*installs rude 1.0, removes (tinylib 1.1, tiny 1.0|tiny 1.0, tinylib 1.1)' "is in the plan"
book essential <<'E'
  - package: {name: dpkg, state: absent}
E
exits 11 "what the host cannot be without" drover apply -y "$CASE/essential.yaml"
like "$out$err" 'the host cannot be without' "is not removed"
for host in $hosts; do on "$host" ': >/var/lib/dpkg/updates/0001'; done
exits 11 "a dpkg that was interrupted" drover apply -y "$CASE/rude.yaml"
like "$out$err" 'dpkg was interrupted there: .dpkg --configure -a. on the host mends it' "is named with what mends it"
for host in $hosts; do on "$host" 'rm /var/lib/dpkg/updates/0001; mv /usr/bin/apt-get /usr/bin/apt-get.away'; done
exits 11 "a host without apt" drover apply -y "$CASE/rude.yaml"
like "$out$err" "the host has no apt-get: only Debian's packages are managed so far" "is refused by name"
for host in $hosts; do on "$host" 'mv /usr/bin/apt-get.away /usr/bin/apt-get'; done

# Who holds the lock is waited for.
book doc <<'E'
  - package: tinydoc
E
cat >"$CASE/hold.pl" <<'E'
use Fcntl;
my $lock = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0);
open F, ">>", "/var/lib/dpkg/lock-frontend";
fcntl F, F_SETLK, $lock or die;
open H, ">", "/root/held";
select undef, undef, undef, 0.1 while -e "/root/held";
E
"$fleet" shell-in web1 perl <"$CASE/hold.pl" &
holder=$!
wait_for 30 on web1 test -e /root/held
"$DROVER" apply -y "$CASE/doc.yaml" >"$CASE/waited" 2>&1 &
waiter=$!
wait_for 60 on web1 'grep -qs "Could not get lock\|Waiting for cache lock" /var/lib/drover/runs/*/apt.said'
ok "an act waits while somebody holds dpkg's lock" kill -0 $waiter
on web1 rm /root/held
wait $holder 2>/dev/null
wait $waiter
is $? 0 "and goes on when it is free"
is "$(versions web1 tinydoc) $(versions web2 tinydoc)" "tinydoc 1.0 tinydoc 1.0" "to its end"
exits 0 "what came is taken back" drover undo -y last
is "$(versions web1 tinydoc)$(versions web2 tinydoc)" "" "by an undo"

# In the middle.
book middle <<'E'
  - file: {path: /etc/before, content: "x\n"}
  - package: bad
  - run: [touch, /root/behind]
E
exits 1 "a package that cannot be set up ends the act there" drover apply -y "$CASE/middle.yaml"
like "$out$err" 'post-installation script subprocess returned error exit status 7' "with what dpkg said"
like "$out$err" 'dpkg was left in the middle: .dpkg --configure -a. on the host mends it' "and what mends it"
is "$(on web1 'ls /etc/before /root/behind 2>/dev/null')" /etc/before "what stood behind it was not begun"
exits 0 "resume finds the same on the hosts" drover resume last
exits 5 "the next plan" drover plan --exit-code "$CASE/middle.yaml"
like "$out" '~ package bad .*bad is half-configured' "knows how it was left"
for host in $hosts; do on "$host" 'printf "#!/bin/sh\n" >/var/lib/dpkg/info/bad.postinst'; done
exits 0 "and the next apply ends it" drover apply -y "$CASE/middle.yaml"
is "$(versions web1 bad) $(versions web2 bad)" "bad 1.0 bad 1.0" "well"

# Removal.
book gone <<'E'
  - package: {name: [bad, tinydoc, nothere], state: absent}
  - package: {name: tinylib, state: absent, purge: true}
E
exits 0 "a removal" drover plan "$CASE/gone.yaml"
like "$out" '- package tinylib .*purges (tiny 1.0, tinylib 1.1|tinylib 1.1, tiny 1.0)' "names what goes with it"
exits 0 "is done" drover apply -y "$CASE/gone.yaml"
is "$(versions web1 tiny tinylib tinydoc bad)" "" "all of it is gone"
is "$(on web2 'ls /etc/bad.conf /etc/tinylib.conf 2>/dev/null')" /etc/bad.conf "configuration only where it was said"
nothing_differs "$CASE/gone.yaml" "a removal"
