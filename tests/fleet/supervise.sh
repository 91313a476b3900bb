#!/bin/bash
# Boots one host and stays with it across its reboots. Started by host.sh in a session and a mount
# namespace of its own, so that its mounts go with it, however it ends. When it is killed the host
# is killed too.
# usage: supervise.sh STATE NAME TREE DEBIAN STAND
set -u
HERE=$(dirname "$(realpath "$0")")
# shellcheck source=tests/fleet/lib.sh
. "$HERE/lib.sh"
fleet_open "$1"
name=$2 tree=$3 debian=$4 stand=$5
dir=$STATE/hosts/$name

# The caller's locks and pipes are not ours to keep.
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  case $fd in 0 | 1 | 2 | 255) ;; *) eval "exec $fd>&-" ;; esac
done
cd / || exit 1
pid_mark $$ >"$dir/supervisor.pid" || exit 1

# A tree that a host stands on is not pruned.
exec 8>>"$tree.lock"
flock -s 8

enter_v1() {
  local mount cg file
  while read -r mount; do
    cg=$mount/drv-$ID/$name
    mkdir -p "$cg" || exit 1
    if [ -e "$cg/cpuset.cpus" ] && [ ! -e "$cg/cgroup.controllers" ]; then
      for file in cpuset.cpus cpuset.mems; do
        cat "$mount/$file" >"$mount/drv-$ID/$file"
        cat "$mount/$file" >"$cg/$file"
      done
    fi
    echo $$ >"$cg/cgroup.procs" || exit 1
  done < <(awk '$3 ~ /^cgroup2?$/ && $2 ~ /^\/sys\/fs\/cgroup\// { print $2 }' /proc/self/mounts)
}

# On v2 no process may stand in a group that hands its controllers down: this script steps aside.
enable_controllers() { # CGROUP
  local word
  for word in $(<"$1/cgroup.controllers"); do
    echo "+$word" 2>/dev/null >"$1/cgroup.subtree_control" ||
      echo "supervise: $word cannot be handed down by $1"
  done
}

enter_v2() {
  own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
  if [ "$stand" = v2 ]; then
    own=/sys/fs/cgroup/drv-$ID/$name
    mkdir -p "$own" || exit 1
    enable_controllers /sys/fs/cgroup
    enable_controllers "/sys/fs/cgroup/drv-$ID"
  fi
  mkdir -p "$own/loop" "$own/host" || exit 1
  echo $$ >"$own/loop/cgroup.procs" || exit 1
  enable_controllers "$own"
}

own=
if [ "$stand" = v1 ]; then enter_v1; else enter_v2; fi

mount -t overlay overlay -o "lowerdir=$tree,upperdir=$dir/upper,workdir=$dir/work" "$dir/root" || {
  echo "supervise: no overlay over $dir (is it itself on an overlay file system?)"
  exit 1
}

boot=(
  systemd-nspawn --quiet --register=no --keep-unit --directory="$dir/root"
  --machine="$ID-$name" --hostname="$name" --network-bridge="$BRIDGE"
  --bind="$dir/containers:/var/lib/containers" --capability=all
  "--system-call-filter=@keyring bpf" --resolv-conf=off --timezone=off --link-journal=no
)
for device in /dev/fuse /dev/net/tun; do
  [ -e "$device" ] && boot+=(--bind="$device")
done
if [ "$stand" = v1 ] && [ "$debian" = 12 ]; then
  boot+=(/sbin/fleet-init)
else
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  boot+=(--boot)
fi

run_host() {
  [ -z "$own" ] || echo "$BASHPID" >"$own/host/cgroup.procs"
  exec setpriv --pdeathsig KILL "${boot[@]}" </dev/null 8>&-
}

while :; do
  run_host &
  pid_mark $! >"$dir/nspawn.pid"
  wait $!
  status=$?
  echo "supervise: $name ended with status $status"
  [ "$status" = 133 ] || break # 133: the host rebooted
done
rm -f "$dir/nspawn.pid" "$dir/supervisor.pid"
