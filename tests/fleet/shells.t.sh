#!/bin/bash
# Playbooks planned, applied, cut and resumed by logins of every shell and of every way to become root, on
# hosts whose /bin/sh is dash, bash or busybox, and on hosts that lack a disk, a directory or a tool.
# shellcheck disable=SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
root=$PWD
mkdir -p build
export DROVER_FLEET_STATE=$root/build/fleet-shells
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end' EXIT
"$fleet" up 2 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	exit 1
}
export DROVER_SSH_CONFIG=$CASE/ssh_config DROVER_INVENTORY=$CASE/inventory.yaml DROVER_NO_INPUT=1
on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	"$fleet" shell-in "$host" sh -c "$*"
}
address() { "$fleet" list | awk -v host="$1" '$1 == host { print $2 }'; }

# Shells that the hosts do not have come from here, with their libraries.
carry() { # HOST SHELL
	local path=/usr/bin/$2
	{
		echo "${path#/}"
		ldd "$path" | grep -oE '/[^ ]+' | grep -v ld-linux | sed 's#^/##'
		[ "$2" != fish ] || echo usr/share/fish
	} | tar -C / -ch --transform='s#^lib/#usr/lib/#' -T - 2>/dev/null |
		"$fleet" shell-in "$1" tar -C / -x --skip-old-files 2>/dev/null
	on "$1" "$2 -c 'echo fine'" 2>/dev/null | grep -q fine
}
host=''
for one in web1 web2; do
	[ -n "$host" ] || { carry $one fish && host=$one; }
done
[ -n "$host" ] || fail "fish runs on one of the hosts" && host=${host:-web1}
for shell in csh tcsh zsh; do
	ok "$shell runs on $host" carry $host $shell
done
on $host 'ln -sf "$(command -v busybox)" /usr/local/bin/ash'

# A user for each shell, whose start says much; all may use sudo with a password. Others have other ways.
shells="dash bash ash fish csh tcsh zsh"
cat >"$CASE/users" <<'SH'
set -e
PATH=$PATH:/usr/sbin:/sbin
key=$(cat /root/.ssh/authorized_keys)
user() { # NAME SHELL
	useradd -m -s "$2" "$1"
	echo "$1:pw-shells-canary" | chpasswd
	mkdir -p "/home/$1/.ssh"
	echo "$key" >"/home/$1/.ssh/authorized_keys"
}
for shell in dash bash ash fish csh tcsh zsh; do user "u$shell" "$(command -v "$shell")"; done
for name in free dfree dpass; do user $name /bin/bash; done
cat >/home/ubash/.bashrc <<'RC'
echo "[sudo] password for ubash: "; printf '\033]0;x\007no newline'; sleep 0.3; umask 0777
trap 'exit 3' EXIT
PS4='+ noise '; set -x
RC
echo 'echo noise; printf noise; sleep 0.2; alias sh "echo no"' | tee /home/ucsh/.cshrc /home/utcsh/.tcshrc >/dev/null
mkdir -p /home/ufish/.config/fish
echo 'echo noise; function sh; echo no; end; sleep 0.2' >/home/ufish/.config/fish/config.fish
echo 'echo noise; setopt xtrace; alias sh="echo no"; umask 0' >/home/uzsh/.zshenv
echo 'echo noise; set -x' | tee /home/udash/.profile >/home/uash/.profile
for home in /home/*; do chown -R "${home##*/}:" "$home"; chmod 700 "$home/.ssh"; done
for shell in dash bash ash fish csh tcsh zsh; do echo "u$shell ALL=(ALL) ALL"; done >/etc/sudoers.d/shells
echo 'free ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers.d/shells
chmod 440 /etc/sudoers.d/shells
printf '%s\n' 'permit nopass dfree' 'permit dpass' >/etc/doas.conf
chmod 600 /etc/doas.conf
SH
"$fleet" shell-in $host sh -c 'cat >/root/users' <"$CASE/users"
ok "$host gets its users" on $host 'sh /root/users'
{
	printf 'Host u* free dfree dpass\n  HostName %s\nHost *\n' "$(address $host)"
	cat "$DROVER_FLEET_STATE/ssh_config"
} >"$CASE/ssh_config"
{
	printf 'fleet: shells\nknown_hosts: %s\ngroups:\n  here:\n    kind: cattle\n    hosts:\n' "$DROVER_FLEET_STATE/known_hosts"
	for shell in $shells; do echo "      u$shell: {user: u$shell, become: sudo}"; done
	echo "      free: {user: free, become: sudo}"
	echo "      dfree: {user: dfree, become: doas}"
	echo "      dpass: {user: dpass, become: doas}"
	for one in web1 web2; do echo "      $one: {address: $(address $one), user: root}"; done
} >"$CASE/inventory.yaml"
printf 'pw-shells-canary\n' >"$CASE/password"
chmod 600 "$CASE/password"
with() { drover --become-password-file "$CASE/password" "$@"; }

cat >"$CASE/ways.yaml" <<'YAML'
name: ways
hosts: "@here!web[1-2]"
prune: false
tasks:
  - file: {path: "/root/ways/{{ host }}", content: "{{ host }} '\"$HOME` \n", mode: 0640}
  - run: [sh, -c, "id -un >/root/ways/$0; umask >>/root/ways/$0", "{{ host }}.ran"]
    creates: "/root/ways/{{ host }}.ran"
YAML
names=$(for shell in $shells; do echo "u$shell"; done; printf '%s\n' free dfree dpass)
total=$(wc -l <<<"$names")
exits 0 "plans by all shells and ways" with --parallel 3 plan ways.yaml
is "$("$DROVER" nodes --count "$(sed -n 's/: .*to create.*//p' <<<"$out" | paste -sd,)")" "$total" "each has its plan"
for name in $names; do
	exits 0 "$name: an apply" with apply -y -l "$name" ways.yaml
	is "$(on $host "cat /root/ways/$name.ran; stat -c '%a %U' /root/ways/$name; tail -c +2 /root/ways/$name" | paste -sd' ')" \
		"root 0022 640 root ${name#?} '\"\$HOME\` " "$name: as it should be"
done
exits 0 "a second apply by all of them" with --parallel 3 apply -y --json ways.yaml
unlike "$out" '"act.sent"' "sends nothing"

# Cut in the middle, and resumed, one after another.
for name in $names; do
	cat >"$CASE/cut.yaml" <<YAML
name: cut
hosts: $name
tasks:
  - run: [sh, -c, "touch /run/cut-$name; until [ -e /run/go-$name ]; do sleep 0.05; done"]
YAML
	"$DROVER" --become-password-file "$CASE/password" apply -y "$CASE/cut.yaml" >"$CASE/cut" 2>&1 </dev/null &
	victim=$!
	wait_for 20 on $host "test -e /run/cut-$name" || fail "$name: its act begins" "$(cat "$CASE/cut")"
	kill -KILL $victim
	wait $victim 2>/dev/null
	on $host "touch /run/go-$name"
	exits 0 "$name: resume follows what was cut" with resume
	like "$err" "1 changed" "$name: and proves it"
done

# What /bin/sh is.
cat >"$CASE/sh.yaml" <<'YAML'
name: sh
hosts: web1,web2
vars: {sh: none}
rollout: {canary: 2, max_fail: 100%}
tasks:
  - file: {path: /root/sh/a, content: "{{ sh }}\n"}
  - run: [sh, -c, "readlink -f /bin/sh >/root/sh/which"]
  - file: {path: /root/sh/b, content: "{{ sh }}\n"}
  - unit: sh.service
YAML
for sh in bash busybox dash; do
	printf '[Unit]\nDescription=%s\n[Service]\nExecStart=/bin/sleep infinity\n' $sh >"$CASE/sh.service"
	for one in web1 web2; do
		on $one "ln -sfT \$(command -v $sh) /bin/sh.new && mv -fT /bin/sh.new /bin/sh"
		[ $sh != busybox ] || on $one 'usermod -s /bin/sh root; mv /bin/bash /bin/bash.away'
	done
	exits 0 "/bin/sh is $sh: an apply" drover apply -y -e sh=$sh sh.yaml
	for one in web1 web2; do
		like "$(on $one 'cat /root/sh/which /root/sh/a /root/sh/b; systemctl show -p Description,ActiveState sh.service' | paste -sd' ')" \
			"/$sh $sh $sh .*active" "/bin/sh is $sh: $one is as it should be"
		is "$(on $one 'ls -A /root/sh | grep -c "^\.drover-"')" 0 "/bin/sh is $sh: nothing is left lying on $one"
	done
	[ $sh != busybox ] || for one in web1 web2; do on $one 'mv /bin/bash.away /bin/bash'; done
done

# Hosts that lack something: named, and nothing is half done.
lacks() { # NAME BEFORE AFTER CODE REGEX
	ok "$1: the host is made so" on web1 "$2"
	on web1 'rm -rf /root/lack'
	exits "$4" "$1: an apply" drover apply -y lack.yaml
	like "$err" "$5" "$1: is told by name"
	if [ "$4" = 0 ]; then
		is "$(on web1 'stat -c "%a %U" /root/lack/x /root/lack')" "$(printf '%s\n' '644 root' '755 root')" "$1: the file is there"
	else
		ok "$1: nothing was done" on web1 'test ! -e /root/lack'
	fi
	on web1 "$3"
}
cat >"$CASE/lack.yaml" <<'YAML'
name: lack
hosts: web1
tasks:
  - file: {path: /root/lack/x, content: "x\n"}
  - run: [sh, -c, "echo ran"]
YAML
lacks "a /var that is read-only" 'mount --bind /var/lib /var/lib && mount -o remount,ro,bind /var/lib' 'umount /var/lib' \
	1 'web1: failed: .*[Rr]ead-only file system'
lacks "no /tmp" 'umount -l /tmp; rm -rf /tmp' 'mkdir -m 1777 /tmp' 0 'web1: changed|1 changed'
lacks "a /tmp that runs nothing" 'mount -t tmpfs -o noexec tmpfs /tmp' 'umount /tmp' 0 '1 changed'
lacks "a disk that is full" 'mkdir -p /var/lib/drover && mount -t tmpfs -o size=12k tmpfs /var/lib/drover' 'umount /var/lib/drover' \
	1 'web1: failed: .*[Nn]o space left'
lacks "no flock" 'mv /usr/bin/flock /usr/bin/flock.away' 'mv /usr/bin/flock.away /usr/bin/flock' 1 'web1: failed: flock is missing on the host'
for mask in 0 077 0777; do
	lacks "umask $mask" "echo umask $mask >/root/.bashrc; usermod -s /bin/bash root 2>/dev/null" 'rm -f /root/.bashrc' 0 '1 changed'
done
is "$(on web1 'stat -c %a /var/lib/drover /var/lib/drover/runs /var/lib/drover/manifest | paste -sd" "')" "700 700 600" "what drover keeps is root's alone"
