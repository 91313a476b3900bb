#!/bin/bash
# Rollouts that fail, on four real hosts: the host that failed and all that had changed become what they
# were; what cannot be taken back is named; canaries that die while they are watched.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 4
all_cattle rollback
read -r one two three _ <<<"$hosts"

book() { # NAME: a playbook from standard input
	{
		echo "name: $1"
		echo 'hosts: "@all-of-them"'
		cat
	} >"$CASE/$1.yaml"
}
walk() { # HOST: all that an apply could touch, with contents, but what drover keeps of its acts
	# shellcheck disable=SC2016
	on "$1" 'find /etc /root /usr/local -xdev -type f -exec sha256sum {} + | sort -k2
		find /etc /root /usr/local -xdev -printf "%m %u %g %y %p %l\n" | sort -k5
		systemctl show -p ActiveState -p UnitFileState -- base.service new.service
		sort /var/lib/drover/manifest; cat /proc/sys/net/ipv4/ip_forward'
}
walk_all() { # NAME
	for host in $hosts; do walk "$host" >"$CASE/$1.$host" 2>/dev/null; done
}
as_before() { # as they were
	for host in $hosts; do
		walk "$host" >"$CASE/now.$host" 2>/dev/null
		ok "$host is as it was" diff "$CASE/before.$host" "$CASE/now.$host"
	done
}

cat >"$CASE/base.service" <<'UNIT'
[Service]
ExecStart=sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
sed 's/infinity/86400/' "$CASE/base.service" >"$CASE/base2.service"
book base <<'YAML'
tasks:
  - file: {path: /etc/drover-base, content: "one\n", mode: 0640}
  - unit: base.service
YAML
exits 0 "all hosts get their first state" drover apply -y "$CASE/base.yaml"
walk_all before

# The third host fails: it and the two before it become what they were, the fourth is not tried.
on "$three" touch /tmp/fails
book breaks <<'YAML'
rollout: {canary: 1, batch: 1, on_failure: rollback}
tasks:
  - sysctl: {name: net.ipv4.ip_forward, value: 1}
  - file: {path: /etc/drover-base, content: "two\n", mode: 0600}
  - file: {path: /etc/drover-new/deep/file, content: "new\n"}
  - unit: {name: base.service, file: base2.service}
  - unit: {name: new.service, file: base.service}
  - run: [touch, /root/ran]
    undo: [rm, /root/ran]
  - run: "! test -e /tmp/fails"
YAML
exits 8 "a failure limit stops the run" drover apply -y "$CASE/breaks.yaml"
like "$err" "$three: rolled-back: restored as it was before; not taken back: ! test -e /tmp/fails" "the host that failed takes itself back"
for host in $one $two; do
	like "$err" "$host: rolled-back: restored as it was before; .*another host of the run failed" "$host is taken back for it"
	like "$(on "$host" tail -n 1 /var/lib/drover/journal)" "rolled-back" "its journal says so"
done
like "$err" "3 rolled-back, 1 untried|1 untried, 3 rolled-back" "the fourth is not tried"
as_before
exits 0 "history has it" drover history
like "$out" "apply.*(rolled-back|untried|exit 8| 8)" "as it ended"
on "$three" rm /tmp/fails

# What cannot be taken back: somebody's change since, and a unit that does not start again.
book stuck <<'YAML'
rollout: {canary: 1, on_failure: rollback}
tasks:
  - file: {path: /etc/drover-base, content: "two\n", mode: 0600}
  - run: "echo mine >/etc/drover-base; exit 3"
YAML
exits 7 "a rollback that cannot be done stops the run too" drover apply -y "$CASE/stuck.yaml"
like "$err" "$one: rollback-failed: not all could be taken back: /etc/drover-base was changed since; by hand: cp -pd /var/lib/drover/runs/[-0-9a-f]*/old/1 /etc/drover-base" "and says what to do by hand"
command=$(sed -n 's/.*by hand: \(cp -pd [^ ]* [^ ;]*\).*/\1/p' <<<"$err" | tail -n 1)
ok "which does it" on "$one" "$command"
like "$err" "3 untried" "no other host was started"
as_before

# Whoever was cattle when the plan was made and is a pet now has to be named.
exits 0 "a plan is kept" drover plan -o "$CASE/kept" -l "$one" "$CASE/stuck.yaml"
sed 's/kind: cattle/kind: pet/' "$CASE/inventory.yaml" >"$CASE/pets.yaml"
exits 12 "and is held where its host became a pet meanwhile" drover -i "$CASE/pets.yaml" apply -y "$CASE/kept"
like "$err" "pets that are not named.*$one" "which is named"

# A canary that is well when it starts and dies while it is watched.
cat >"$CASE/dies.service" <<'UNIT'
[Service]
ExecStart=sh -c 'sleep 1; exit 1'
Restart=always
RestartSec=200ms
UNIT
book soak <<'YAML'
rollout: {canary: 1, soak: 3s, on_failure: rollback}
tasks:
  - unit: {name: new.service, file: dies.service}
YAML
exits 8 "a canary that dies while it is watched stops the run" drover apply -y "$CASE/soak.yaml"
like "$err" "$one: rolled-back: .*new.service (was restarted|is )" "and is taken back"
like "$err" "3 untried" "the others were not tried"
as_before

