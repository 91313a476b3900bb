#!/bin/bash
# Hosts of the herd: each a directory over the tree of a Debian and over what stands in place of systemd and podman,
# with an sshd of its own on 127.60.0.N. Started in namespaces of its own, whose end is the end of all of it.
# usage: up.sh STATE TREE HOSTS PORT
set -eu
state=$1 tree=$2 hosts=$3 port=$4
here=$(dirname "$(realpath "$0")")
mount -t proc proc /proc
mkdir -p "$state/hosts"
mount -t tmpfs -o mode=755 herd "$state/hosts"
# Who made the checkout owns nothing on a host.
cp -r "$here/usr" "$here/herd" "$state/hosts/"
mkdir "$state/hosts/layer"
mv "$state/hosts/usr" "$state/hosts/herd" "$state/hosts/layer/"
chown -R root:root "$state/hosts/layer"
for ((i = 1; i <= hosts; i++)); do
	host=$state/hosts/$i
	mkdir -p "$host"/{upper,work,root}
	mount -t overlay overlay -o "lowerdir=$state/hosts/layer:$tree,upperdir=$host/upper,workdir=$host/work" "$host/root"
	root=$host/root
	mount --bind /proc "$root/proc"
	mount --bind /dev "$root/dev"
	mount -t tmpfs run "$root/run"
	mkdir -p "$root/run/sshd" "$root/run/systemd/system" "$root/herd/units"
	printf '%032x\n' $((i + 1000)) >"$root/etc/machine-id"
	sed -i 's/^root:[^:]*:/root:*:/' "$root/etc/shadow"
	install -m 600 "$state/host_key" "$root/etc/ssh/herd_key"
	install -m 644 "$state/key.pub" "$root/etc/ssh/herd_authorized"
	cat >"$root/etc/ssh/herd_config" <<-CONFIG
		Port $port
		ListenAddress 127.60.0.$i
		HostKey /etc/ssh/herd_key
		AuthorizedKeysFile /etc/ssh/herd_authorized
		PermitRootLogin prohibit-password
		UsePAM no
		UseDNS no
		StrictModes no
		PidFile /run/sshd.pid
		LogLevel ERROR
		MaxStartups 100
		SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	CONFIG
	chroot "$root" /usr/sbin/sshd -f /etc/ssh/herd_config
done
: >"$state/ready"
# Whoever loses its parent becomes a child of this one, and is waited for.
while :; do
	sleep 3600 &
	wait $! || :
done
