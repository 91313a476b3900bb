#!/bin/bash
# What is wanted against what is found, on two real hosts with the example site: as it was applied, stopped by
# hand, changed by hand, half rolled out, and on a host that is away.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
driver=$root/build/release/tests/fleet/console
ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
screen() { # WHAT: a script from standard input
	if TERM=xterm-256color "$driver" 100x30 "$DROVER" ui "$CASE/site.yaml" >"$CASE/screen" 2>&1; then
		pass "$1"
	else
		fail "$1" "$(cat "$CASE/screen")"
	fi
}
cp "$root"/playbooks/examples/site/* "$CASE/"
# What beats must not find the site stopped in the middle of the case.
sed -i 's/^OnActiveSec=.*/OnActiveSec=1h/' "$CASE/site-beat.timer"
"$fleet" image localhost/site:1 "$CASE/site.tar" >/dev/null
site() { grep -E '^site +site +app' <<<"$out"; }
object() { grep '"app":"site",' <<<"$out"; }

exits 5 "before the first apply everything is missing" drover apps --exit-code "$CASE/site.yaml"
like "$(site)" "app +2 +0 +pending" "wanted twice, found nowhere"
like "$(site)" "web\[1-2\]: it was not put there yet" "and it says why"
exits 0 "the site is applied" drover apply -y "$CASE/site.yaml"
for host in $hosts; do execs "$host" >"$CASE/execs.$host"; done
exits 0 "then nothing differs" drover apps --exit-code "$CASE/site.yaml"
like "$(site)" "app +2 +2 +ok +localhost/site:1 +[0-9a-f]{12} +web\[1-2\] +r-" "two of two"
for host in $hosts; do is "$(execs "$host")" $(($(cat "$CASE/execs.$host") + 1)) "$host was asked once"; done
exits 0 "without a playbook the manifests tell the same" drover apps --exit-code
like "$(site)" "app +2 +2 +ok" "two of two"
like "$out" "site +site-beat.timer +unit +2 +2 +ok" "with the units of tasks"
exits 0 "as JSON" drover apps --json "$CASE/site.yaml"
like "$(object)" '"state":"ok","want":2,"have":2,.*"host":"web1",.*"restarts":0,.*"host":"web2"' "with each instance"

on web1 systemctl stop site-0
exits 5 "one is stopped by hand" drover apps --exit-code "$CASE/site.yaml"
like "$(site)" "app +2 +1 +down" "one of two"
like "$(site)" "web1: not running" "and it is named"
exits 0 "ps agrees" drover ps web1 --owned --name 'site-0*'
like "$out" "site-0.service +inactive" "that it does not run"
on web1 systemctl start site-0

on web2 'sed -i "s/replica/REPLICA/" /etc/systemd/system/site-0.service'
exits 5 "a unit is changed by hand" drover apps --exit-code "$CASE/site.yaml"
like "$(site)" "app +2 +2 +drift" "it runs, and drifted"
like "$(site)" "web2: its unit file was changed by hand on 20" "the host and the day are named"
exits 0 "as JSON" drover apps --json "$CASE/site.yaml"
like "$(object)" '"host":"web2",.*"differs":\["text","reload"\]' "by the same words"
on web2 'mkdir -p /etc/systemd/system/site-0.service.d && printf "[Service]\nNice=5\n" >/etc/systemd/system/site-0.service.d/nice.conf && systemctl daemon-reload'
exits 0 "a file beside it" drover apps "$CASE/site.yaml"
like "$(site)" "nice.conf changes it" "is named too"
on web2 'rm -r /etc/systemd/system/site-0.service.d && systemctl daemon-reload'

on web1 'podman tag localhost/site:1 localhost/other:1 && podman run -d --name by-hand localhost/other:1 >/dev/null'
exits 0 "a container of a person's" drover apps --containers "$CASE/site.yaml"
like "$out" "^web1 +by-hand +running +localhost/" "is shown apart"
exits 0 "the next apply puts it right" drover apply -y "$CASE/site.yaml"
exits 0 "and nothing differs" drover apps --exit-code "$CASE/site.yaml"

screen "the console shows what is stopped and what is changed, and restarts one host after another" <<S
wait 2 ok
keys 3
wait wanted by
wait app          2     2 localhost/site:1
sh "$fleet" shell-in web1 systemctl stop site-0
wait app          2     1 localhost/site:1
wait web1: not running
sh "$fleet" shell-in web2 sed -i s/replica/REPLICA/ /etc/systemd/system/site-0.service
keys R
wait <- unit file
keys r
wait Rolling restart of site
wait systemctl restart site-0.service
keys y
wait : 2 ok  exit 0
keys 3
wait app          2     2 localhost/site:1
keys d
wait +++ web2
wait its unit file was changed by hand
keys Q
end 0
S
like "$(drover history show last)" "run -P 1|-P 1 run" "the restart is in the ledger"
exits 0 "what was changed is put right" drover apply -y "$CASE/site.yaml"

sed -i 's/^  greeting:.*/  greeting: good day from/' "$CASE/site.yaml"
exits 5 "the playbook says something else" drover apps --exit-code "$CASE/site.yaml"
like "$(site)" "app +2 +2 +pending" "which is no drift"
exits 0 "half of it is rolled out" drover apply -y --limit web1 "$CASE/site.yaml"
exits 0 "and told" drover apps "$CASE/site.yaml"
like "$(site)" "web2: the playbook says something else" "for the other half"
unlike "$(site)" "web1: " "alone"

"$fleet" stop web2 >/dev/null
exits 4 "a host that is away" drover --connect-timeout 2s apps --exit-code "$CASE/site.yaml"
like "$(site)" "app +2 +1\? +unknown" "is unknown, never ok"
