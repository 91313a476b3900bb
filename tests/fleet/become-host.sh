#!/bin/sh
# Makes a host of many ways to become root: a user each. Run there as root; standard input: pam_odd.so.
# A user's password is pw-USER-canary.
set -eu
PATH=$PATH:/usr/sbin:/sbin
key=$(cat /root/.ssh/authorized_keys)
user() { # NAME [SHELL]
	useradd -m -s "${2:-/bin/sh}" "$1"
	echo "$1:pw-$1-canary" | chpasswd
	mkdir -p "/home/$1/.ssh"
	echo "${3:-}$key" >"/home/$1/.ssh/authorized_keys"
	chown -R "$1:" "/home/$1"
	chmod 700 "/home/$1/.ssh"
}
module=/usr/lib/security/pam_odd.so
mkdir -p ${module%/*}
cat >$module
for name in free pass shared tutor never needtty french expired locked code echo doasfree doaspass \
	doaspersist doasno deploy some; do
	user $name
done
user ash /usr/local/bin/ash
user noisy /bin/bash
user hangs /bin/bash
echo 'sleep 60' >/home/hangs/.bashrc
user nologin /usr/sbin/nologin
user false /bin/false
user forced /bin/sh 'command="echo this key may only say so" '
ln -s "$(command -v busybox)" /usr/local/bin/ash
cat >/home/noisy/.bashrc <<'RC'
echo "[sudo] password for noisy: "
echo "Password: "
printf '00112233445566778899aabbccddeeff go\n'
echo "00112233445566778899aabbccddeeff begin 0"
echo noise on the other stream, Permission denied >&2
PS4='+ trace '
set -x
RC
echo root:pw-root-canary | chpasswd
echo shared:pw-pass-canary | chpasswd

cat >/etc/sudoers.d/matrix <<'SUDO'
free ALL=(ALL) NOPASSWD: ALL
deploy ALL=(ALL) NOPASSWD: ALL
noisy ALL=(ALL) NOPASSWD: ALL
ash ALL=(ALL) NOPASSWD: ALL
pass,shared,tutor,needtty,french,expired,locked,code,echo ALL=(ALL) ALL
some ALL=(ALL) NOPASSWD: /usr/bin/true
Defaults:tutor lecture=always
Defaults:needtty requiretty
Defaults:french passprompt="Mot de passe de %p : ", badpass_message="Perdu. Encore une fois."
Defaults:shared !tty_tickets, timestamp_timeout=60
SUDO
chmod 440 /etc/sudoers.d/matrix
printf '%s\n' 'permit nopass doasfree' 'permit doaspass' 'permit persist doaspersist' >/etc/doas.conf
chmod 600 /etc/doas.conf

# sudo wants more of these, and sshd lets those in whose time is over.
sed '/common-auth/a \
auth [success=1 default=ignore] pam_succeed_if.so quiet user != echo\
auth optional '$module' echo\
auth [success=1 default=ignore] pam_succeed_if.so quiet user != code\
auth required '$module' code' /etc/pam.d/sudo >/etc/pam.d/sudo.new
mv /etc/pam.d/sudo.new /etc/pam.d/sudo
{
	echo "account sufficient pam_succeed_if.so quiet user in expired:locked"
	cat /etc/pam.d/sshd
} >/etc/pam.d/sshd.new
mv /etc/pam.d/sshd.new /etc/pam.d/sshd
chage -d 2020-01-01 -M 30 expired
usermod -e 2020-01-01 locked

# A host of busybox alone, under the same address.
useradd -o -u 0 -g 0 -d / -s /bin/sh bare
mkdir -p /srv/bare/bin /srv/bare/proc /srv/bare/etc /srv/bare/var /srv/bare/dev /etc/ssh/bare
cp "$(command -v busybox)" /srv/bare/bin/busybox
for tool in $(/srv/bare/bin/busybox --list); do
	[ "$tool" = busybox ] || ln -s busybox "/srv/bare/bin/$tool"
done
mknod -m 666 /srv/bare/dev/null c 1 3
mount -t proc proc /srv/bare/proc
echo "$key" >/etc/ssh/bare/keys
cat >/etc/ssh/sshd_config.d/matrix.conf <<'SSHD'
Match User bare
	ChrootDirectory /srv/bare
	AuthorizedKeysFile /etc/ssh/bare/keys
SSHD
systemctl reload ssh

# What polkit allows without asking; where it is.
if command -v run0 >/dev/null; then
	cat >/etc/polkit-1/rules.d/10-free.rules <<'RULE'
polkit.addRule(function(action, subject) {
	if (subject.user == "free") return polkit.Result.YES;
});
RULE
	systemctl restart polkit
fi
