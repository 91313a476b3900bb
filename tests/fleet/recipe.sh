# shellcheck shell=bash
# What a test host is made of. The digest of this file names the cached trees: any change here, to a
# package or to a fix-up, builds them anew.

recipe_suite() { # DEBIAN
  case $1 in
    12) echo bookworm ;;
    13) echo trixie ;;
    *) die "there is no recipe for Debian '$1' (12 and 13 are known)" ;;
  esac
}

# What a small server has, and nothing that drover could lean on by mistake: no python3.
recipe_packages() { # DEBIAN
  local list=(
    systemd systemd-sysv dbus dbus-user-session libpam-systemd openssh-server sudo opendoas
    podman crun netavark aardvark-dns uidmap slirp4netns fuse-overlayfs ca-certificates
    iproute2 procps nftables iptables wireguard-tools busybox-static
  )
  [ "$1" = 12 ] || list+=(passt polkitd)
  (IFS=,; echo "${list[*]}")
}

recipe_fixups() { # DEBIAN ROOT
  recipe_identity "$2"
  recipe_units "$2"
  recipe_sshd "$1" "$2"
  recipe_init "$2"
  # systemd finds the v2 hierarchy there without controllers, so podman's default limit would fail.
  if [ "$1" = 13 ]; then
    install -d "$2/etc/containers/containers.conf.d"
    printf '[containers]\npids_limit = 0\n' >"$2/etc/containers/containers.conf.d/fleet.conf"
  fi
}

# Every host gets its own name, keys and machine-id; none may come with the tree.
recipe_identity() { # ROOT
  : >"$1/etc/machine-id"
  rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" "$1/var/lib/dbus/machine-id"
  rm -f "$1/etc/resolv.conf" "$1/etc/apt/apt.conf.d/99mmdebstrap"
  : >"$1/etc/resolv.conf"
  : >"$1/etc/default/locale" # else sshd logs its absence at each login
  : >"$1/etc/apt/sources.list"
}

recipe_units() { # ROOT
  local unit dir=$1/etc/systemd/system
  for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
    dpkg-db-backup.timer fstrim.timer podman-auto-update.timer podman-auto-update.service \
    podman.service podman.socket podman-restart.service console-getty.service \
    systemd-modules-load.service systemd-pstore.service; do
    ln -sf /dev/null "$dir/$unit"
  done
  install -d "$dir/multi-user.target.wants"
  ln -sf /lib/systemd/system/systemd-networkd.service "$dir/multi-user.target.wants/"
}

recipe_sshd() { # DEBIAN ROOT
  local conf=$2/etc/ssh/sshd_config.d/fleet.conf
  install -d "${conf%/*}"
  cat >"$conf" <<'CONF'
LogLevel VERBOSE
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
CONF
  # Tests come again and again from one address, some of them rudely on purpose.
  [ "$1" = 12 ] || echo 'PerSourcePenalties no' >>"$conf"
}

# On the v1 hierarchies systemd must find the controllers writable when it starts, or it applies no
# limit and does not say so: a unit that remounts them comes too late.
recipe_init() { # ROOT
  cat >"$1/usr/sbin/fleet-init" <<'INIT'
#!/bin/sh
for dir in /sys/fs/cgroup/*/; do
  [ -e "$dir/cgroup.procs" ] && mount -o remount,rw,bind "$dir"
done
exec /lib/systemd/systemd
INIT
  chmod 755 "$1/usr/sbin/fleet-init"
}
