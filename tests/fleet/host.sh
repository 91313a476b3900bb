# shellcheck shell=bash
# One host: its files, its start, its end, and the ways into it.

# Every third host is a pet, and every third a Debian 13: neither goes with the other.
host_name() { # NUMBER
  if [ $(($1 % 3)) = 0 ]; then echo "db$(($1 / 3))"; else echo "web$(($1 - $1 / 3))"; fi
}

host_debian() { # NUMBER
  case $DEBIAN in
    mix) if [ $(($1 % 3)) = 2 ]; then echo 13; else echo 12; fi ;;
    *) echo "$DEBIAN" ;;
  esac
}

hosts() {
  local dir
  for dir in "$STATE"/hosts/*/; do
    [ ! -e "$dir/ready" ] || echo "$(cat "$dir/number") $(basename "$dir")"
  done | sort -n | cut -d' ' -f2
}

host_get() { cat "$STATE/hosts/$1/$2"; } # NAME FIELD
host_known() { [ -e "$STATE/hosts/$1/ready" ]; } # NAME

# Writes a new host's own files over its tree. Half-made hosts have no `ready` and are made anew.
host_create() { # NUMBER NAME DEBIAN
  local dir=$STATE/hosts/$2 address up
  address=$(entry_get subnet).$1
  up=$dir/upper
  rm -rf "$dir"
  install -d "$dir"/{upper,work,root,containers,key} "$up"/etc/{ssh,systemd/network}
  install -d -m 700 "$up/root" "$up/root/.ssh"
  install -m 600 "$STATE/id_ed25519.pub" "$up/root/.ssh/authorized_keys"
  echo "$2" >"$up/etc/hostname"
  printf '127.0.0.1 localhost\n::1 localhost\n%s %s\n' "$address" "$2" >"$up/etc/hosts"
  printf '[Match]\nName=host0\n[Network]\nAddress=%s/24\nGateway=%s.254\nLLDP=no\n' \
    "$address" "${address%.*}" >"$up/etc/systemd/network/10-host0.network"
  echo "$1" >"$dir/number"
  echo "$3" >"$dir/debian"
  tree_path "$3" >"$dir/tree"
  echo "$address" >"$dir/address"
  host_keys "$2" || return 1
  install -m 600 "$dir"/key/ssh_host_*_key "$up/etc/ssh/"
  install -m 644 "$dir"/key/ssh_host_*_key.pub "$up/etc/ssh/"
  host_trust_line "$2" >>"$STATE/known_hosts"
  : >"$dir/ready"
}

# New host keys. known_hosts.live follows them; known_hosts is what a seat trusted at first.
host_keys() { # NAME
  local type dir=$STATE/hosts/$1/key
  rm -f "$dir"/ssh_host_*
  for type in ed25519 ecdsa; do
    ssh-keygen -q -t "$type" -N '' -C "root@$1" -f "$dir/ssh_host_${type}_key" || return 1
  done
  for dir in "$STATE"/hosts/*/; do
    [ ! -e "$dir/address" ] || host_trust_line "$(basename "$dir")"
  done >"$STATE/known_hosts.live"
}

host_trust_line() { # NAME
  local address
  address=$(host_get "$1" address)
  cut -d' ' -f1,2 "$STATE/hosts/$1"/key/*.pub | sed "s/^/$address,$1 /"
}

host_start() { # NAME
  local dir=$STATE/hosts/$1 debian tree stand run
  debian=$(host_get "$1" debian)
  tree=$(host_get "$1" tree) stand=$(entry_get stand)
  [ -d "$tree" ] || die "$1 stood on a tree that is gone: take the fleet down, then up"
  cgroup_clear "$1" || die "processes of an earlier $1 do not go away"
  rm -f "$dir/nspawn.pid" "$dir/supervisor.pid" "$dir/muted"
  run=(unshare --mount --propagation private
    "$HERE/supervise.sh" "$STATE" "$1" "$tree" "$debian" "$stand")
  if [ "$stand" = systemd ]; then
    systemd-run --quiet --collect --unit="drv-$ID-$1" -p Delegate=yes -p TasksMax=infinity \
      -p "StandardOutput=append:$dir/console.log" -p StandardError=inherit -- "${run[@]}"
  else
    setsid --fork "${run[@]}" </dev/null >"$dir/console.log" 2>&1
  fi || die "$1 could not be started"
  wait_until 10 test -s "$dir/supervisor.pid" || die "the supervisor of $1 did not start"
}

# The process that is the host's PID 1.
host_leader() { # NAME
  local pid child
  pid=$(pid_alive "$STATE/hosts/$1/nspawn.pid") || return 1
  for child in $(pgrep -P "$pid"); do
    [ "$(awk '/^NSpid:/ { print NF - 1, $NF }' "/proc/$child/status" 2>/dev/null)" = "2 1" ] &&
      echo "$child" && return
  done
  return 1
}

# Runs a command in the host without its network and its sshd: it leaves no line in their logs.
inside() { # NAME COMMAND...
  local leader
  leader=$(host_leader "$1") || return 1
  shift
  nsenter -t "$leader" -m -u -i -n -p -- "$@"
}

# The same for a short look at a host that may be going down, which can stop the nsenter for good.
glance() { # NAME COMMAND...
  local leader
  leader=$(host_leader "$1") || return 1
  shift
  timeout -s KILL 10 nsenter -t "$leader" -m -u -i -n -p -- "$@"
}

host_booted() { # NAME
  case $(glance "$1" systemctl is-system-running 2>/dev/null) in
    running | degraded) ;;
    *) return 1 ;;
  esac
  # shellcheck disable=SC2016
  [[ $(timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/22" && head -c 4 <&3' \
    "$(host_get "$1" address)" 2>/dev/null) == SSH- ]]
}

# Settled is up, or given up.
host_settled() { # NAME
  host_booted "$1" || ! pid_alive "$STATE/hosts/$1/supervisor.pid" >/dev/null
}

host_await() { # NAME
  if ! wait_until 120 host_settled "$1" || ! host_booted "$1"; then
    tail -n 15 "$STATE/hosts/$1/console.log" >&2
    die "$1 did not come up"
  fi
}

host_state() { # NAME
  local state
  if ! host_leader "$1" >/dev/null; then
    echo off
    return
  fi
  state=$(inside "$1" systemctl is-system-running 2>/dev/null)
  [ ! -e "$STATE/hosts/$1/muted" ] || state=muted
  ! host_is_cut "$1" || state=partitioned
  echo "${state:-starting}"
}

host_ssh() { # NAME COMMAND...
  ssh -F "$STATE/ssh_config" -o UserKnownHostsFile="$STATE/known_hosts.live" "$@"
}

# The control groups a host's processes are in; whatever else is lost, they are found by these.
cgroups() { # NAME
  local mount
  case $(entry_get stand) in
    systemd) echo "/sys/fs/cgroup/system.slice/drv-$ID-$1.service" ;;
    v2) echo "/sys/fs/cgroup/drv-$ID/$1" ;;
    *) for mount in /sys/fs/cgroup/*/; do echo "${mount}drv-$ID/$1"; done ;;
  esac
}

cgroup_pids() { # NAME
  local cg
  for cg in $(cgroups "$1"); do
    [ ! -d "$cg" ] || find "$cg" -name cgroup.procs -exec cat {} + 2>/dev/null
  done | sort -un
}

# True when none is left.
cgroup_kill() { # NAME
  local pids
  pids=$(cgroup_pids "$1" | grep -vx 0)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086
  kill -KILL $pids 2>/dev/null
  return 1
}

cgroup_clear() { # NAME
  local cg
  wait_until 15 cgroup_kill "$1" || return 1
  for cg in $(cgroups "$1"); do
    [ ! -d "$cg" ] || wait_until 5 cgroup_remove "$cg" || return 1
  done
}

cgroup_remove() { # DIR
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
  [ ! -d "$1" ]
}
