#!/bin/bash
# The fleet's own tests: hosts that limits bite on, serve, get lost and come back; two fleets side by
# side; and nothing left behind, whatever was killed.
# Every function is called by way of ok(), which the linter does not follow.
# shellcheck disable=SC2317
set -u
cd "$(dirname "$0")/../.." || exit
mkdir -p build
export DROVER_FLEET_STATE=$PWD/build/fleet-test
other=$PWD/build/fleet-test-2
fleet=tests/fleet/fleet
work=$(mktemp -d)
count=0
failed=0

ok() { # NAME COMMAND...
  local name=$1
  shift
  count=$((count + 1))
  if "$@" >"$work/out" 2>&1; then
    echo "ok $count - $name"
  else
    echo "not ok $count - $name"
    sed 's/^/# /' "$work/out"
    failed=1
  fi
}

skip() { # NAME REASON
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

not() { ! "$@"; }
id_of() { printf %s "$(realpath -m "$1")" | sha256sum | cut -c1-6; } # STATE
equal() { # WANTED GOT
  [ "$1" = "$2" ] || { printf 'wanted: %s\ngot:    %s\n' "$1" "$2"; return 1; }
}
in_fleet_2() { DROVER_FLEET_STATE=$other $fleet "$@"; }
state() { $fleet list | awk -v host="$1" '$1 == host { print $3, $4 }'; }
address() { $fleet list | awk -v host="$1" '$1 == host { print $2 }'; }
seat_ssh() { ssh -F "$DROVER_FLEET_STATE/ssh_config" -o ConnectTimeout=2 "$@" </dev/null; }

finish() {
  $fleet down
  in_fleet_2 down
  rm -rf "$work"
}
trap finish EXIT

boots() { # and does so for a caller who is close with his files
  (umask 077 && $fleet up 3 >"$work/up") || return
  equal "web1 debian12 running,web2 debian13 running,db1 debian12 running" \
    "$(awk '{ print $1, $3, $4 }' "$work/up" | paste -sd,)"
}

twice() {
  local before
  before=$($fleet exec web1 cat /proc/sys/kernel/random/boot_id)
  $fleet up 3 || return
  equal "$before" "$($fleet exec web1 cat /proc/sys/kernel/random/boot_id)"
}

distinct() { # FILE: the hosts have three different ones
  equal 3 "$(for host in web1 web2 db1; do $fleet exec "$host" cat "$1"; done | sort -u | wc -l)"
}

bare() { # no python, no internet, no name service that lets a program wait
  # shellcheck disable=SC2016
  $fleet exec "$1" 'set -e
    for tool in podman flock systemd-run busybox nft bash perl; do command -v $tool; done
    ! command -v python3
    ! timeout 5 getent hosts example.org'
}

# Read back from the kernel, not from systemd, which may set and not apply.
limits() { # HOST
  equal "67108864,50,50000" "$($fleet exec "$1" systemd-run --quiet --wait --pipe \
    -p MemoryMax=64M -p TasksMax=50 -p CPUQuota=50% sh <<'UNIT' | paste -sd,
at() { echo "/sys/fs/cgroup/$1$(sed -n "s/.*:$1://p" /proc/self/cgroup)"; }
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  cd "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)" && cat memory.max pids.max && cut -d' ' -f1 cpu.max
else
  cat "$(at memory)/memory.limit_in_bytes" "$(at pids)/pids.max" "$(at cpu)/cpu.cfs_quota_us"
fi
UNIT
)"
}

same_image() {
  $fleet image localhost/web:1 "$work/web.tar" &&
    (umask 077 && $fleet image localhost/web:1 "$work/again.tar") &&
    cmp "$work/web.tar" "$work/again.tar"
}

serves() { # HOST
  $fleet exec "$1" podman load <"$work/web.tar" &&
    $fleet exec "$1" podman run -d --name web -p 8080:80 -e PORT=80 localhost/web:1 || return
  curl -sf --max-time 2 --retry 10 --retry-connrefused "http://$(address "$1"):8080/" |
    grep 'web:1 is up'
}

stops() { # by itself: killed after the time it has, it would say 137
  equal 0 "$($fleet exec "$1" 'podman stop -t 60 web >&2 && podman inspect -f "{{.State.ExitCode}}" web')"
}

counted() { # a login and an exec by ssh are in its log; a look from inside is not
  local before=$work/before after=$work/after
  $fleet sshd-log "$1" >"$before" && $fleet exec "$1" true && $fleet shell-in "$1" true &&
    $fleet sshd-log "$1" >"$after" || return
  equal "1 1" "$(($(grep -c 'Accepted publickey' "$after") - $(grep -c 'Accepted publickey' "$before"))) \
$(($(grep -c 'Starting session: command' "$after") - $(grep -c 'Starting session: command' "$before")))"
}

partition() {
  local stream
  $fleet exec web1 'echo begun; read -r _; echo over' <"$work/hold" >"$work/stream" &
  stream=$!
  exec 5>"$work/hold"
  until [ -s "$work/stream" ]; do kill -0 "$stream" || return; done
  $fleet partition web1 && equal "debian12 partitioned" "$(state web1)" || return
  not seat_ssh web1 true && seat_ssh web2 true || return
  echo >&5
  not "$fleet" exec db1 timeout 2 bash -c "': >/dev/tcp/$(address web1)/22'" || return
  equal begun "$(cat "$work/stream")" || return
  $fleet heal && exec 5>&- && wait "$stream" && equal begun,over "$(paste -sd, "$work/stream")" && seat_ssh web1 true
}

power_cut() { # what was on disk is there after it, with the same machine-id and another boot
  local before
  before=$($fleet exec "$1" 'echo kept >/var/kept; sync; cat /etc/machine-id')
  $fleet kill "$1" && state "$1" | grep -q off && not seat_ssh "$1" true && $fleet start "$1" || return
  equal "kept,$before" "$($fleet exec "$1" 'cat /var/kept /etc/machine-id' | paste -sd,)"
}

reboot() {
  local before
  before=$($fleet exec "$1" cat /etc/machine-id /proc/sys/kernel/random/boot_id)
  $fleet reboot "$1" || return
  $fleet exec "$1" cat /etc/machine-id /proc/sys/kernel/random/boot_id >"$work/after" || return
  equal "$(head -n 1 <<<"$before")" "$(head -n 1 "$work/after")" &&
    not equal "$(tail -n 1 <<<"$before")" "$(tail -n 1 "$work/after")"
}

muted() {
  $fleet mute web2 && equal "debian13 muted" "$(state web2)" || return
  # shellcheck disable=SC2016
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/22"; head -c 4 <&3' "$(address web2)" >"$work/banner"
  equal "124 " "$? $(cat "$work/banner")" && $fleet unmute web2 && seat_ssh web2 true
}

rekeyed() {
  $fleet rekey web1 && not seat_ssh -o LogLevel=INFO web1 true 2>"$work/refusal" || return
  grep 'Host key verification failed' "$work/refusal" && $fleet exec web1 true &&
    $fleet rekey --trust web1 && seat_ssh web1 true
}

side_by_side() {
  in_fleet_2 up 1 && in_fleet_2 exec web1 true && $fleet exec web1 true &&
    not equal "$(address web1)" "$(in_fleet_2 list | awk '{ print $2 }')" &&
    in_fleet_2 down && $fleet exec web1 true
}

crashed() { # one loses its supervisor, the other its nspawn: both are off, and come up again
  kill -KILL "$(cut -d' ' -f1 "$DROVER_FLEET_STATE/hosts/web1/supervisor.pid")" \
    "$(cut -d' ' -f1 "$DROVER_FLEET_STATE/hosts/web2/nspawn.pid")" || return
  $fleet up 3
}

traces() {
  local id
  id=$(id_of "$1")
  find /sys/fs/cgroup /run/drover-fleet /run/systemd/nspawn -name "*$id*"
  ip -o link show | grep -E "(drv|vb)-$id"
  nft list tables | grep "$id"
  grep -F "$1" /proc/self/mounts
  pgrep -fa -- "$1/hosts"
  find "$1" 2>/dev/null
}

killed_up() {
  local pid
  $fleet up 3 &
  pid=$!
  until [ -s "$DROVER_FLEET_STATE/hosts/web2/nspawn.pid" ]; do kill -0 "$pid" || return; done
  kill -KILL "$pid"
  wait "$pid"
  $fleet down && equal "" "$(traces "$DROVER_FLEET_STATE")"
}

owner_died() {
  local owner
  (exec sleep 600) &
  owner=$!
  in_fleet_2 up 1 --owner "$owner" && $fleet down --all-stale && in_fleet_2 exec web1 true || return
  kill "$owner"
  wait "$owner"
  $fleet down --all-stale && equal "" "$(traces "$other")"
}

finish_first() { $fleet down && in_fleet_2 down; }

mkfifo "$work/hold"
ok "what an earlier run left is taken down" finish_first
ok "three hosts boot, Debian 12 and 13 mixed" boots
ok "up again boots nothing" twice
ok "each host has its own machine-id" distinct /etc/machine-id
ok "each host has its own boot_id" distinct /proc/sys/kernel/random/boot_id
for host in web1 web2; do ok "$host has what drover needs and no python" bare $host; done
case $(sed -n s/^stand=//p "/run/drover-fleet/$(id_of "$DROVER_FLEET_STATE")") in
  v2) skip "limits bite" "no control group can be handed to the hosts of this machine" ;;
  systemd) for host in db1 web2; do ok "a unit's limits bite on $host" limits $host; done ;;
  *) ok "a unit's limits bite on Debian 12" limits db1 ;;
esac
ok "the web image is the same bytes each time" same_image
for host in web1 web2; do
  ok "$host loads the image and serves its page" serves $host
  ok "$host stops its container politely" stops $host
  ok "logins and execs on $host can be counted" counted $host
done
ok "a partition cuts new and old connections, healing lets them go on" partition
ok "a power cut keeps what was written" power_cut web1
for host in db1 web2; do ok "$host reboots into a new boot" reboot $host; done
ok "a mute host takes a connection and says nothing" muted
ok "a host with new keys is refused until they are trusted" rekeyed
ok "two fleets stand side by side" side_by_side
ok "hosts whose supervisor or nspawn was killed come up again" crashed
ok "down ends the fleet" $fleet down
ok "down leaves nothing behind" equal "" "$(traces "$DROVER_FLEET_STATE")"
ok "down cleans up after an up that was killed" killed_up
ok "a fleet goes with its owner, not before" owner_died
echo "1..$count"
exit $failed
