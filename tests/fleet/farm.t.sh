#!/bin/bash
# The farm's own tests: any address answers, its log counts, and it goes as it came.
# shellcheck disable=SC2317
set -u
cd "$(dirname "$0")/../.." || exit
mkdir -p build
export DROVER_FARM_STATE=$PWD/build/farm-test
other=$PWD/build/farm-test-2
farm=tests/farm/farm
out=$(mktemp)
count=0
failed=0

ok() { # NAME COMMAND...
  local name=$1
  shift
  count=$((count + 1))
  if "$@" >"$out" 2>&1; then
    echo "ok $count - $name"
  else
    echo "not ok $count - $name"
    sed 's/^/# /' "$out"
    failed=1
  fi
}

finish() {
  $farm down
  DROVER_FARM_STATE=$other $farm down
  rm -f "$out"
}
trap finish EXIT

env_of() { eval "$($farm env)"; }
on() { ssh -F "$FARM_SSH_CONFIG" "$@" </dev/null; } # ADDRESS COMMAND

starts() { $farm up && [ "$($farm up)" = "$(sed -n 's/^Port //p' "$DROVER_FARM_STATE/sshd_config")" ]; }

answers() { # ADDRESS: its user, a plain sh, and nothing at home
  env_of
  # shellcheck disable=SC2016
  [ "$(on "$1" 'id -un; basename "$SHELL"; ls -A ~; echo end' | paste -sd,)" = "$FARM_USER,sh,end" ]
}

counts() {
  local before
  env_of
  before=$(grep -c 'Starting session: command' "$FARM_LOG")
  on 127.200.3.4 true && on 127.200.3.5 true &&
    [ $(($(grep -c 'Starting session: command' "$FARM_LOG") - before)) = 2 ]
}

down_ends_sessions() { # of this farm, while another stands
  local session
  env_of
  DROVER_FARM_STATE=$other $farm up || return
  ssh -F "$FARM_SSH_CONFIG" 127.5.5.5 'echo begun; exec sleep 600' </dev/null >"$out.session" &
  session=$!
  until [ -s "$out.session" ]; do kill -0 "$session" || return; done
  rm -f "$out.session"
  $farm down
  ! wait "$session" && id "$FARM_USER" && [ ! -e "$DROVER_FARM_STATE" ]
}

leaves_nothing() {
  DROVER_FARM_STATE=$other $farm down
  [ ! -e "$other" ] && ! pgrep -fa -- "$PWD/build/farm-test" &&
    { compgen -G '/run/drover-fleet/farm-*.pid' || ! id drover-farm; }
}

ok "up starts it once and prints its port" starts
ok "127.9.1.1 answers" answers 127.9.1.1
ok "127.9.1.2 answers" answers 127.9.1.2
ok "its log counts the execs" counts
ok "down ends its sessions, not those of another farm" down_ends_sessions
ok "the last farm takes its user along" leaves_nothing
echo "1..$count"
exit $failed
