# shellcheck shell=bash
# What befalls hosts: power, network, sshd. One function a command of `fleet`.

fault_start() { # HOST
  need_host "${1:-}"
  exclusive
  host_leader "$1" >/dev/null && return
  bridge_up
  host_start "$1"
  host_await "$1"
}

host_gone() { ! pid_alive "$STATE/hosts/$1/supervisor.pid" >/dev/null; } # NAME

# SIGRTMIN+4 asks systemd to power off.
fault_stop() { # HOST
  need_up "${1:-}"
  exclusive
  kill -s RTMIN+4 "$(host_leader "$1")"
  wait_until 30 host_gone "$1" || die "$1 does not power off"
  cgroup_clear "$1" || die "processes of $1 remain"
}

# A power cut: nothing in the host runs on for a moment; what it wrote stays as it lies.
fault_kill() { # HOST
  need_up "${1:-}"
  exclusive
  kill -KILL "$(pid_alive "$STATE/hosts/$1/nspawn.pid")"
  wait_until 10 host_gone "$1" || die "the supervisor of $1 did not end"
  cgroup_clear "$1" || die "processes of $1 remain"
}

host_boot_id() { glance "$1" cat /proc/sys/kernel/random/boot_id; } # NAME

host_rebooted() { # NAME OLD
  local now
  now=$(host_boot_id "$1" 2>/dev/null)
  [ -n "$now" ] && [ "$now" != "$2" ]
}

# The end of a system stops all its processes for a moment, and an nsenter whose child is stopped stops
# too: it would never take note of that child's end, and the host would wait for it.
wake_guests() { # LEADER
  local pid
  for pid in $(pgrep -f "^nsenter -t $1 "); do
    kill -CONT "$pid" 2>/dev/null
  done
}

host_rebooted_awake() { # NAME OLD LEADER
  wake_guests "$3"
  host_rebooted "$1" "$2"
}

fault_reboot() { # HOST
  local old leader
  need_up "${1:-}"
  exclusive
  old=$(host_boot_id "$1")
  leader=$(host_leader "$1")
  rm -f "$STATE/hosts/$1/muted"
  inside "$1" systemctl --no-block reboot || die "$1 takes no reboot"
  # Longer than the 90 s after which the end of a system kills what has not ended when it was told to.
  if ! wait_until 130 host_rebooted_awake "$1" "$old" "$leader"; then
    tail -n 15 "$STATE/hosts/$1/console.log" >&2
    die "$1 did not reboot"
  fi
  host_await "$1"
}

fault_partition() { # HOST...
  local host
  [ $# -gt 0 ] || die "partition: which hosts?"
  for host; do need_host "$host"; done
  exclusive
  for host; do host_partition "$host"; done
}

fault_heal() { # [HOST...]
  local host
  # shellcheck disable=SC2046
  [ $# -gt 0 ] || set -- $(hosts)
  for host; do need_host "$host"; done
  exclusive
  for host; do host_heal "$host" || die "$host is still cut off"; done
}

# A stopped sshd leaves the kernel to take connections that nobody greets.
fault_mute() { # HOST
  need_up "${1:-}"
  inside "$1" systemctl kill --kill-who=main -s STOP ssh || die "the sshd of $1 cannot be stopped"
  : >"$STATE/hosts/$1/muted"
}

fault_unmute() { # HOST
  need_up "${1:-}"
  inside "$1" systemctl kill --kill-who=main -s CONT ssh || die "the sshd of $1 cannot be woken"
  rm -f "$STATE/hosts/$1/muted"
}

fault_rekey() { # [--trust] HOST
  local trust='' key
  [ "${1:-}" != --trust ] || { trust=1 && shift; }
  need_up "${1:-}"
  exclusive
  host_keys "$1" || die "no new keys for $1"
  for key in "$STATE/hosts/$1"/key/ssh_host_*; do
    # shellcheck disable=SC2016
    inside "$1" sh -c 'cat >"/etc/ssh/$0"' "${key##*/}" <"$key" || die "$1 did not take its new key"
  done
  inside "$1" systemctl restart ssh || die "the sshd of $1 did not restart"
  [ -z "$trust" ] || cp "$STATE/known_hosts.live" "$STATE/known_hosts"
  host_await "$1"
}

fault_sshd_log() { # HOST
  need_up "${1:-}"
  inside "$1" journalctl --sync
  inside "$1" journalctl --quiet --no-pager --output=short-iso \
    -t sshd -t sshd-session -t sshd-auth
}

fault_shell_in() { # HOST COMMAND...
  need_up "${1:-}"
  inside "$@"
}
