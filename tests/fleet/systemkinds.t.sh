#!/bin/bash
# Users, packages and kernel parameters on Debian 12 and 13: made, left alone, changed, removed, refused,
# and failing in the middle.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2

walk() { # HOST: what these kinds could touch, with inodes and times
	# shellcheck disable=SC2016
	on "$1" 'find /etc /root /home /srv /var/lib/drover /var/lib/dpkg /var/lib/apt /var/cache/apt -xdev \
		-printf "%i %T@ %m %U %p\n" | sort -k5'
}
book() { # NAME: its tasks from standard input
	{
		printf 'name: %s\nhosts: "web[1-2]"\nrollout: {canary: 2, max_fail: 100%%}\ntasks:\n' "$1"
		cat
	} >"$CASE/$1.yaml"
}

# Kernel parameters. The hosts have a network of their own; the rest of the kernel is not theirs.
for host in $hosts; do
	ok "$host has a network interface with a dot" on "$host" 'ip link add dr0.7 type veth peer name dr1'
done
book sysctl <<'E'
  - sysctl: {name: net.ipv4.ip_forward, value: 1}
  - sysctl: {name: net.ipv4.tcp_rmem, value: "4096  65536	4194304"}
  - sysctl: {name: net/ipv4/conf/dr0.7/rp_filter, value: 2}
E
for host in $hosts; do on "$host" 'echo 0 >/proc/sys/net/ipv4/ip_forward'; done
exits 0 "kernel parameters are planned" drover plan "$CASE/sysctl.yaml"
like "$out" 'net.ipv4.ip_forward.*0 -> 1, not kept over a boot yet' "with what they are"
exits 0 "and set" drover apply -y "$CASE/sysctl.yaml"
for host in $hosts; do
	is "$(on "$host" 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/dr0.7/rp_filter | xargs')" "1 2" \
		"the kernel of $host has them"
	on "$host" 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/dr0.7/rp_filter
		/usr/lib/systemd/systemd-sysctl'
	is "$(on "$host" 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/dr0.7/rp_filter | xargs')" "1 2" \
		"and gets them back when it boots"
done
nothing_differs "$CASE/sysctl.yaml" "kernel parameters"
on web1 'echo 1 >/proc/sys/net/ipv4/conf/dr0.7/rp_filter'
exits 5 "one changed by hand is seen" drover plan --exit-code "$CASE/sysctl.yaml"
like "$out" '1 -> 2' "with both values"
sed -i 's/4194304/8388608/' "$CASE/sysctl.yaml"
exits 0 "a change is made" drover apply -y "$CASE/sysctl.yaml"
is "$(on web2 'cat /proc/sys/net/ipv4/tcp_rmem' | tr '\t' ' ')" "4096 65536 8388608" "in the kernel"
like "$(on web2 'cat /etc/sysctl.d/*tcp_rmem.conf')" '4096 65536 8388608' "and in the file"
book unknown <<'E'
  - file: {path: /etc/not-yet, content: "x\n"}
  - sysctl: {name: net.ipv4.no_such_thing, value: 1}
E
exits 11 "an unknown parameter is refused" drover apply -y "$CASE/unknown.yaml"
like "$out$err" 'the kernel has no such parameter' "by name"
ok "before anything is done" on web1 'test ! -e /etc/not-yet'
book bad <<'E'
  - sysctl: {name: net.ipv4.ip_forward, value: ""}
E
exits 3 "a bad value is told before any contact" drover apply -y "$CASE/bad.yaml"
like "$err" 'bad.yaml:5:[0-9]+: sysctl: value' "at its place"
book middle <<'E'
  - sysctl: {name: net.ipv4.ip_forward, value: 0}
  - sysctl: {name: net.ipv4.conf.all.rp_filter, value: abc}
  - sysctl: {name: net.ipv4.conf.all.log_martians, value: 1}
E
exits 1 "a value that the kernel does not take ends the act there" drover apply -y "$CASE/middle.yaml"
like "$out$err" 'the kernel does not take "abc" for net.ipv4.conf.all.rp_filter: Invalid argument' "with its reason"
is "$(on web1 'cat /proc/sys/net/ipv4/ip_forward; ls /etc/sysctl.d | grep -c "rp_filter\|martians"' | xargs)" \
	"0 1" "what stood before it is done, what stood behind it is not"
exits 0 "resume finds the same on the hosts" drover resume last
like "$out$err" "every host is proved" "and nothing open"
sed -i 's/, value: [^}]*}/, state: absent}/' "$CASE/sysctl.yaml"
exits 0 "their files go" drover apply -y "$CASE/sysctl.yaml"
is "$(on web1 'ls /etc/sysctl.d | grep -c drover; cat /proc/sys/net/ipv4/conf/dr0.7/rp_filter' | xargs)" "0 2" \
	"and their values stay until the next boot"
nothing_differs "$CASE/sysctl.yaml" "what is gone"

# Accounts. The hash is that of a word; what is secret must not be found anywhere but in /etc/shadow.
hash='$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/'
ssh-keygen -q -t ed25519 -N '' -C 'ada@laptop' -f "$CASE/ada"
ssh-keygen -q -t ecdsa -N '' -C 'old key' -f "$CASE/old"
ada=$(cat "$CASE/ada.pub") old=$(cat "$CASE/old.pub")
account() { # HOST NAME: its line, its groups, its keys
	on "$1" "getent passwd $2; id -nG $2 | xargs -n 1 | sort | xargs; cat ~$2/.ssh/authorized_keys" 2>&1
}
login() { # HOST NAME
	ssh -F "$DROVER_FLEET_STATE/ssh_config" -i "$CASE/ada" -o IdentitiesOnly=yes -o BatchMode=yes -l "$2" "$1" id -un
}
users() { # FIELDS OF ada
	book users <<E
  - user: {name: ada, $1}
  - file: {path: /home/ada/note, content: "hers\n", owner: ada, group: ada}
  - user: {name: svc, system: true, shell: /usr/sbin/nologin, comment: "A service, mostly"}
E
}
users "uid: 4001, groups: [staff, crew], shell: /bin/bash, comment: Ada L, password: '$hash', keys: ['from=\"10.0.0.0/8,127.0.0.1\",no-pty $ada']"
exits 0 "accounts are planned" drover plan "$CASE/users.yaml"
like "$out" '\+ user ada.*uid 4001.*joins staff, joins crew, key ada@laptop comes, the group crew is made' "with what they get"
unlike "$out$err" 'saltsalt' "but the hash"
exits 0 "and made" drover apply -y "$CASE/users.yaml"
for host in $hosts; do
	is "$(on "$host" 'getent passwd ada; id -nG ada | xargs -n 1 | sort | xargs; getent passwd svc | cut -d: -f5-; cat /home/ada/note')" \
		"$(printf 'ada:x:4001:4001:Ada L:/home/ada:/bin/bash\nada crew staff\nA service, mostly:/home/svc:/usr/sbin/nologin\nhers')" \
		"on $host they are as they should be"
	ok "a service has no home" on "$host" 'test ! -e /home/svc && test "$(id -u svc)" -lt 1000'
	is "$(on "$host" 'sed -n "s/^ada:\([^:]*\):.*/\1/p" /etc/shadow')" "$hash" "$host has the hash"
	is "$(on "$host" 'stat -c "%a %U" /home/ada/.ssh /home/ada/.ssh/authorized_keys' | xargs)" "700 ada 600 ada" \
		"the keys are theirs alone"
	is "$(login "$host" ada)" ada "ada logs in to $host"
	is "$(on "$host" 'grep -rl saltsalt /var/lib/drover /var/log/journal /run/log 2>/dev/null | grep -v "/runs/[^/]*/\(request\|args\|look\)"')" "" \
		"no log of $host holds the hash"
done
unlike "$(grep -arl saltsalt "$CASE/state")" . "nor does the ledger"
nothing_differs "$CASE/users.yaml" "accounts"
# What a hand changed is put right, and what others added stays unless it is to be all.
for host in $hosts; do
	on "$host" "usermod -s /bin/sh -a -G audio ada; usermod -L ada; chmod 666 /home/ada/.ssh/authorized_keys
		printf '# mine\n$old\n' >>/home/ada/.ssh/authorized_keys"
done
exits 5 "what a hand changed is seen" drover plan --exit-code "$CASE/users.yaml"
like "$out" 'shell /bin/sh -> /bin/bash, its password changes .not shown: secret., others may write to its keys' "each difference by name"
unlike "$out" 'audio|old key' "what was added beside it is nobody's business"
exits 0 "and put right" drover apply -y "$CASE/users.yaml"
is "$(account web2 ada)" "$(printf 'ada:x:4001:4001:Ada L:/home/ada:/bin/bash\nada audio crew staff\nfrom="10.0.0.0/8,127.0.0.1",no-pty %s\n# mine\n%s' "$ada" "$old")" \
	"with what others added"
is "$(on web1 'sed -n "s/^ada:\([^:]*\):.*/\1/p" /etc/shadow')" "$hash" "the password is back"
nothing_differs "$CASE/users.yaml" "accounts put right"
users "groups: [crew], exclusive_groups: true, password: '!', keys: ['$ada'], exclusive_keys: true, comment: Ada"
exits 0 "all there is" drover apply -y "$CASE/users.yaml"
like "$out" 'leaves staff, leaves audio|leaves audio, leaves staff' "groups are left"
like "$out" 'its password is locked, key ada@laptop changes, key old key goes' "keys go, and the password"
is "$(account web1 ada)" "$(printf 'ada:x:4001:4001:Ada:/home/ada:/bin/bash\nada crew\n%s\n# mine' "$ada")" "and that is all there is"
is "$(on web1 'sed -n "s/^ada:\([^:]*\):.*/\1/p" /etc/shadow')" "!$hash" "a locked password keeps its hash"
is "$(login web1 ada)" ada "its keys still open the door"
nothing_differs "$CASE/users.yaml" "all there is"

# A home is its owner's: links that it holds lead nowhere.
for host in $hosts; do
	on "$host" 'echo root:secret >/root/precious; cd /home/ada; rm -f .ssh/authorized_keys; ln -s /etc/shadow .ssh/authorized_keys'
done
exits 0 "a link in the place of the keys" drover plan "$CASE/users.yaml"
unlike "$out$err" 'saltsalt|root:|daemon' "shows nothing of what it leads to"
like "$out" 'key ada@laptop comes' "and counts as none"
exits 0 "it is replaced" drover apply -y "$CASE/users.yaml"
ok "by a file of ada's" on web1 'test ! -L /home/ada/.ssh/authorized_keys && test "$(stat -c %U /home/ada/.ssh/authorized_keys)" = ada'
ok "and what it led to is as it was" on web1 'grep -q ^root: /etc/shadow && ! grep -q laptop /etc/shadow'
for host in $hosts; do
	on "$host" 'rm -r /home/ada/.ssh; mkdir -p /root/.ssh; ln -s /root/.ssh /home/ada/.ssh; stat -c "%n %i %Y" /root/.ssh /root/.ssh/* >/root/was'
done
exits 1 "keys are never written through a link to what is another's" drover apply -y "$CASE/users.yaml"
like "$out$err" 'Permission denied|cannot' "and it is said"
for host in $hosts; do
	ok "nothing of root's was touched on $host" on "$host" 'stat -c "%n %i %Y" /root/.ssh /root/.ssh/* | diff /root/was - && rm /home/ada/.ssh'
done

# Taken back.
for host in $hosts; do on "$host" 'groupadd zoo; useradd -m -s /bin/sh -c Zed -G audio zed'; done
book undone <<E
  - user: {name: zed, shell: /bin/bash, comment: Zoe, groups: [zoo], exclusive_groups: true, keys: ['$ada']}
  - user: {name: fresh, groups: [zoo]}
E
exits 0 "an account is changed and another made" drover apply -y "$CASE/undone.yaml"
is "$(account web1 zed | head -n 2 | cut -d: -f5-)" "$(printf 'Zoe:/home/zed:/bin/bash\nzed zoo')" "as it was said"
exits 0 "an undo" drover undo -y last
like "$out" "user [a-z]+ +.removed again" "says that an account goes again"
like "$out" "user [a-z]+ +.put back as it was" "and that another is what it was"
for host in $hosts; do
	is "$(account "$host" zed | cut -d: -f5-)" "$(printf 'Zed:/home/zed:/bin/sh\naudio zed')" "puts it back on $host, without its key"
	is "$(on "$host" 'getent passwd fresh')" "" "and removes the one that was made"
done

# Bad values, before any contact.
book badusers <<E
  - user: {name: Ada}
  - user: {name: eve, password: hunter2hunter2hunter2hunter2}
  - user: {name: eva, keys: [ssh-ed25519 AAAAnonsense]}
  - user: {name: root, state: absent}
  - user: {name: bob, uid: -1, shell: bash}
  - user: {name: tom, remove: home}
  - user: {name: tim, state: absent, shell: /bin/sh}
E
execs web1 >"$CASE/execs.web1"
exits 3 "bad values are told" drover apply -y "$CASE/badusers.yaml"
like "$err" 'badusers.yaml:10:[0-9]+: user: remove: only with state: absent' "at their place"
sed -i '/tom\|tim/d' "$CASE/badusers.yaml"
exits 3 "all of them" drover apply -y "$CASE/badusers.yaml"
for text in ':5:[0-9]+: user: name: a user name' ':6:[0-9]+: user: password: the hash of a password' \
	':7:[0-9]+: user: keys: the key' ':8:[0-9]+: user: drover does not remove root' ':9:[0-9]+: user: uid: a number' \
	':9:[0-9]+: user: shell: an absolute path'; do
	like "$err" "$text" "told: $text"
done
unlike "$out$err" 'hunter2' "a password in plain text is not repeated"
is "$(execs web1)" "$(cat "$CASE/execs.web1")" "and nobody was asked"

# What cannot be done on this host is refused in the plan.
book refused <<'E'
  - user: {name: eve, uid: 4001}
E
exits 11 "a number that is another's" drover apply -y "$CASE/refused.yaml"
like "$out$err" 'the number 4001 is that of ada' "is refused with its owner"
book refused <<'E'
  - user: {name: eve, shell: /bin/fish}
E
exits 11 "a shell that is not there" drover apply -y "$CASE/refused.yaml"
like "$out$err" 'the host has no /bin/fish' "is refused by name"
for host in $hosts; do on "$host" 'mv /usr/sbin/usermod /usr/sbin/usermod.away'; done
exits 11 "a host without the tools" drover apply -y "$CASE/users.yaml"
like "$out$err" 'the host has no usermod' "is refused by name"
for host in $hosts; do on "$host" 'mv /usr/sbin/usermod.away /usr/sbin/usermod'; done

# In the middle: the shell that the second one names goes before its turn comes.
book usermiddle <<'E'
  - user: {name: one}
  - run: [sh, -c, "mkdir /home/two; : >/home/two/.ssh"]
  - user: {name: two, groups: [crew], keys: ["KEY"]}
  - user: {name: three}
E
sed -i "s|KEY|$ada|" "$CASE/usermiddle.yaml"
exits 1 "an account whose keys cannot be written ends the act there" drover apply -y "$CASE/usermiddle.yaml"
like "$out$err" 'user two: failed' "it is named"
is "$(on web1 'getent passwd one two three | cut -d: -f1' | xargs)" "one two" "what stood behind it was not begun"
exits 0 "resume finds the same on the hosts" drover resume last
for host in $hosts; do on "$host" 'rm /home/two/.ssh; chown two: /home/two'; done
sed -i '/run/d' "$CASE/usermiddle.yaml"
exits 0 "what stood in the way is gone" drover apply -y "$CASE/usermiddle.yaml"
like "$out" 'user two .*key ada@laptop comes' "the rest of it is done"
like "$out" '\+ user three' "and what was not begun"
nothing_differs "$CASE/usermiddle.yaml" "after the failure"

# Removal.
book gone <<'E'
  - user: {name: one, state: absent}
  - user: {name: two, state: absent, remove: home}
  - user: {name: never, state: absent}
E
for host in $hosts; do on "$host" 'setpriv --reuid=one --clear-groups sleep 1000 >/dev/null 2>&1 & echo $! >/root/sleeper'; done
exits 0 "a removal is planned" drover plan "$CASE/gone.yaml"
like "$out" '- user one.*/home/one stays, 1 processes run as it' "what runs as it is said"
like "$out" '- user two.*/home/two and all in it too' "and what goes with it"
unlike "$out" 'never' "who is not there is not removed"
exits 1 "an account in use is not removed" drover apply -y "$CASE/gone.yaml"
like "$out$err" 'user one is currently used by process' "and that is said"
for host in $hosts; do on "$host" 'kill $(cat /root/sleeper)'; done
exits 0 "it goes when nothing runs as it" drover apply -y "$CASE/gone.yaml"
is "$(on web2 'getent passwd one two; ls /home' | xargs)" "ada fresh one three zed" "with its home or without, as it was said"
nothing_differs "$CASE/gone.yaml" "a removal"
book uid0 <<'E'
  - user: {name: toor, state: absent}
E
for host in $hosts; do on "$host" 'echo "toor:x:0:0::/root:/bin/sh" >>/etc/passwd'; done
exits 11 "an account of the number 0 is not removed" drover apply -y "$CASE/uid0.yaml"
like "$out$err" 'drover does not remove root' "whatever its name"
for host in $hosts; do on "$host" 'sed -i /^toor/d /etc/passwd'; done
