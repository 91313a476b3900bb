# shellcheck shell=bash
# Words that every part of the fleet uses: messages, locks, waiting, processes told apart by their
# start time, and the register of fleets under /run, so that one can be taken down whatever died.

PATH=$PATH:/usr/sbin:/sbin
REGISTER=/run/drover-fleet

note() { printf 'fleet: %s\n' "$*" >&2; }
die() {
  note "$*"
  exit 1
}

# The state directory gives the fleet its id, and the id names all it makes on the machine.
fleet_open() { # STATE
  STATE=$(realpath -m -- "$1")
  ID=$(printf '%s' "$STATE" | sha256sum | cut -c1-6)
  BRIDGE=drv-$ID
  ENTRY=$REGISTER/$ID
}

# Under sudo, what is made for the caller to read is the caller's.
give_to_caller() { # FILE...
  [ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$@"
}

need_root() { [ "$(id -u)" = 0 ] || die "must be root: it mounts, boots and bridges"; }

need_tools() {
  local pair missing=()
  for pair in mmdebstrap:mmdebstrap systemd-nspawn:systemd-container nft:nftables ip:iproute2 \
    ssh:openssh-client ssh-keygen:openssh-client setpriv:util-linux flock:util-linux \
    pgrep:procps; do
    command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} = 0 ] || die "missing Debian packages: ${missing[*]}"
}

# Holds the lock until the command ends; nothing that is started to stay may inherit it.
lock() { # FD FILE SECONDS
  mkdir -p "${2%/*}"
  while :; do
    eval "exec $1>>\"\$2\""
    flock -w "$3" "$1" || die "$2 is held by another command"
    # Its last holder may have removed the file, as `down` does.
    [ "$2" -ef "/proc/self/fd/$1" ] && return
  done
}

# Waits for a condition, never for a time.
wait_until() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# A pid alone may have been given to another process since: the start time tells.
pid_mark() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in the second field may hold blanks: count from behind it.
  # shellcheck disable=SC2086
  set -- "$1" ${stat##*) }
  echo "$1 ${21}"
}

pid_alive() { # FILE; prints the pid
  local pid mark
  [ -r "$1" ] && read -r pid mark <"$1" || return 1
  [ "$(pid_mark "$pid")" = "$pid $mark" ] && echo "$pid"
}

entry_get() { # KEY [FILE]
  sed -n "s/^$1=//p" "${2:-$ENTRY}" 2>/dev/null
}

# Three kinds of machine to stand on; a host's limits bite where its controllers can be handed over.
stand() {
  if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
    echo v1
  elif [ -d /run/systemd/system ]; then
    echo systemd
  else
    echo v2
  fi
}

stand_text() {
  case $1 in
    v1) echo "cgroup v1 hierarchies; limits bite on Debian 12 hosts" ;;
    systemd) echo "pure cgroup v2 under systemd, delegated; limits bite on all hosts" ;;
    v2) echo "pure cgroup v2 without systemd; limits bite where controllers can be enabled" ;;
  esac
}
