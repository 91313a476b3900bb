# shellcheck shell=bash
# Taking a fleet down, whatever is left of it. Only what bears its id is touched.

# What the hosts wrote goes with them, so nothing is gained by a polite shutdown here.
fleet_down() {
  local name failed=0
  for name in $(host_leftovers); do
    host_kill_supervisor "$name"
    cgroup_clear "$name" || { note "processes of $name do not go away"; failed=1; }
  done
  cgroup_parents || { note "control groups of $ID remain"; failed=1; }
  wait_until 10 bridge_down || { note "bridge $BRIDGE remains"; failed=1; }
  [ "$failed" = 0 ] || return 1
  # nspawn leaves its own there when it is killed.
  find /run/systemd/nspawn -path "*/$ID-*" -empty -delete 2>/dev/null
  state_remove
  rm -f "$ENTRY" "$ENTRY.lock"
}

# Hosts by any trace: their files or their control groups.
host_leftovers() {
  local dir
  for dir in "$STATE"/hosts/*/ /sys/fs/cgroup/*/drv-"$ID"/*/ /sys/fs/cgroup/drv-"$ID"/*/ \
    /sys/fs/cgroup/system.slice/drv-"$ID"-*.service/; do
    [ -d "$dir" ] || continue
    dir=$(basename "$dir" .service)
    echo "${dir#"drv-$ID-"}"
  done | sort -u
}

host_kill_supervisor() { # NAME
  local pid
  pid=$(pid_alive "$STATE/hosts/$1/supervisor.pid") && kill -KILL "$pid"
  return 0
}

cgroup_parents() {
  local dir
  for dir in /sys/fs/cgroup/*/drv-"$ID" /sys/fs/cgroup/drv-"$ID"; do
    [ ! -d "$dir" ] || wait_until 5 cgroup_remove "$dir" || return 1
  done
}

# By name: a directory that somebody pointed the fleet at may hold other things.
state_remove() {
  [ -d "$STATE/hosts" ] || return 0
  rm -rf --one-file-system "$STATE/hosts"
  rm -f "$STATE"/{subnet,id_ed25519,id_ed25519.pub,known_hosts,known_hosts.live} \
    "$STATE"/{ssh_config,inventory.yaml}
  rmdir "$STATE" 2>/dev/null
  return 0
}

# A fleet is stale when its owner, if it named one, has died, or when its files are gone.
fleet_stale() {
  local owner
  [ -d "$(entry_get state)/hosts" ] || return 0
  owner=$(entry_get owner)
  [ -n "$owner" ] && [ "$(pid_mark "${owner% *}")" != "$owner" ]
}

down_stale() {
  local entry failed=0
  for entry in "$REGISTER"/??????; do
    [ -e "$entry" ] || continue
    (
      fleet_open "$(entry_get state "$entry")"
      lock 6 "$REGISTER/$ID.lock" 300
      fleet_stale || exit 0
      note "taking down the stale fleet of $STATE"
      fleet_down
    ) || failed=1
  done
  return "$failed"
}
