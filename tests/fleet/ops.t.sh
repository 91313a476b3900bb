#!/bin/bash
# Apps and units by hand, on three real hosts: start, stop and restart, of an app, an instance or a unit; that pets
# are held, that a restart waits for the health check, and that an apply at work is not disturbed.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle ops
"$fleet" image localhost/shop:1 "$CASE/shop.tar" >/dev/null
cat >"$CASE/shop.yaml" <<'P'
name: shop
hosts: "@all"
rollout: {canary: 0, batch: 100%}
apps:
  shop:
    image: {archive: shop.tar}
    replicas: 2
    ports: {http: 8080}
    files: {/www/index.html: {content: "shop\n"}}
    health: {http: ":http/", interval: 500ms, timeout: 2s, retries: 20}
P
exits 0 "the shop is applied" drover apply -y "$CASE/shop.yaml"
state() { # HOST UNIT
	on "$1" "systemctl is-active $2.service || :"
}
# When its main process was started, by the host's own clock.
began() { # HOST UNIT
	on "$1" "systemctl show -P ActiveEnterTimestampMonotonic $2.service"
}

exits 12 "without a yes nothing is stopped" drover stop @all shop
is "$(state web1 shop-0)" active "and nothing was"
exits 0 "a dry run" drover stop -n web1 shop
like "$out" "~ shop-0.service +\(running -> stopped\)" "shows the first"
like "$out" "~ shop-1.service +\(running -> stopped\)" "and the second instance"
is "$(state web1 shop-0)" active "and stops none"
exits 0 "one instance is stopped" drover stop -y web1 shop-1
is "$(state web1 shop-0) $(state web1 shop-1) $(state web2 shop-1)" "active inactive active" "that one and no other"
exits 0 "it is what ps says of the app" drover ps web1 shop
like "$out" "shop-0.service +active" "the one"
like "$out" "shop-1.service +inactive" "and the other"
unlike "$out" "ssh.service" "and nothing else"
exits 0 "once more: there is nothing to do" drover stop -y web1 shop-1
like "$out" "web1: no changes" "as the plan says"
exits 0 "the app is started, wherever it is" drover start -y shop --playbook "$CASE/shop.yaml"
like "$out" "health check \(http\)" "and proved well as the playbook says"
is "$(state web1 shop-1)" active "the one that was stopped runs"
exits 0 "undo of the stop has nothing to do by now" drover undo -y "$(drover history --json | grep '"verb":"stop"' | sed -nE 's/.*"(alias|run)":"(r-[0-9]+)".*/\2/p' | head -n 1)"
exits 0 "it is stopped everywhere" drover stop -y shop
is "$(state web1 shop-0)$(state web2 shop-1)" inactiveinactive "on all hosts"
exits 0 "and undo starts it again" drover undo -y last
is "$(state web1 shop-0)$(state web2 shop-1)" activeactive "on all hosts"

exits 0 "a rolling restart" drover restart -y shop --playbook "$CASE/shop.yaml"
like "$err$out" "batch 2" "one host after another"
first=$(began web1 shop-0) second=$(began web1 shop-1)
ok "one instance after another" test "$first" -lt "$second"
exits 0 "its logs by the app's name" drover logs web1 shop -n 1000
like "$out" "shop-0" "of one instance"
like "$out" "shop-1" "and the other"
like "$(on web1 'tail -n 1 /var/lib/drover/journal')" "	restart of shop$" "the host's journal names it"

# One that is never well again.
on web1 'podman exec shop-0 true; mkdir -p /run/systemd/system/shop-0.service.d; printf "[Service]\nExecStartPre=/bin/false\n" >/run/systemd/system/shop-0.service.d/bad.conf; systemctl daemon-reload'
before=$(began web2 shop-0)
exits 8 "a restart that fails on the first host" drover restart -y shop --playbook "$CASE/shop.yaml"
is "$(began web2 shop-0)" "$before" "stops before the second"
is "$(state web1 shop-1)" active "and before the next instance"
on web1 'rm -r /run/systemd/system/shop-0.service.d; systemctl daemon-reload'
exits 0 "all at once" drover restart -y shop --all-at-once
is "$(state web1 shop-0)$(state web1 shop-1)$(state web2 shop-0)" activeactiveactive "and all run"

# Stopped while it starts, wherever that is by then: of its network nothing is left that would take what comes for the
# next one.
for host in web1 web2; do
	on "$host" 'systemctl stop shop-0
		for i in 1 2 3; do
			for sight in true "[ -s /run/shop-0.cid ]" "[ \"\$(ls /run/netns | wc -l)\" -gt 1 ]" "nft list ruleset | grep -q \"dport 8080 .*dnat\""; do
				systemctl reset-failed shop-0 2>/dev/null
				systemctl start --no-block shop-0
				end=$(($(date +%s) + 30))
				until eval "$sight" || [ "$(date +%s)" -gt "$end" ]; do :; done
				systemctl stop shop-0
			done
		done' 2>/dev/null
	is "$(on "$host" 'nft list ruleset 2>/dev/null | grep -c "dport 8080 .*dnat"; podman ps -aq --filter name=shop-0')" 0 \
		"twelve starts that were cut short leave nothing on $host"
	exits 0 "the next one is well" drover start -y "$host" shop-0 --playbook "$CASE/shop.yaml"
done

# What podman tells a service manager that has no time before podman is gone is heard all the same.
for host in web1 web2; do
	is "$(on "$host" '(until [ -e /run/enough ]; do systemctl daemon-reload; done) &
		for i in 1 2 3 4 5 6 7 8 9 10; do
			systemctl reset-failed shop-0
			systemctl restart shop-0 || echo "start $i failed"
		done
		touch /run/enough
		wait
		rm /run/enough' 2>&1)" "" "ten starts beside a busy service manager are ten starts on $host"
done

exits 0 "a unit in full" drover restart -y @all systemd-journald.service
like "$out" "~ systemd-journald.service +\(restart asked for\)" "is restarted"
exits 1 "a unit that is not named in full is no app" drover restart -y @all systemd-journald
like "$out" "no app and no instance of one is systemd-journald here; apps: shop; a unit is named in full: systemd-journald.service" "and it says so"
exits 2 "a name that is none" drover restart -y @all 'shop-*'
exits 2 "a host that is none" drover restart -y nobody shop

# While an act is under way its host is left alone.
on web1 'systemd-run -q --unit=holder flock /var/lib/drover/lock sleep 600'
ok "somebody holds its lock" wait_for 10 on web1 '! flock -n /var/lib/drover/lock true'
exits 9 "a host that is at work" drover restart -y web1 shop-0
on web1 'systemctl stop holder'

sed 's/kind: cattle/kind: pet/' "$CASE/inventory.yaml" >"$CASE/pets.yaml"
before=$(began web1 shop-0)
exits 12 "pets must be named" drover -i "$CASE/pets.yaml" restart -y @all shop
exits 12 "also where no host is" drover -i "$CASE/pets.yaml" restart -y shop
is "$(began web1 shop-0)" "$before" "nothing was restarted"
exits 0 "a pet that is named" drover -i "$CASE/pets.yaml" restart -y --pet web1 web1 shop-0
ok "is restarted" test "$(began web1 shop-0)" -gt "$before"

# Cordoned: an apply, an undo and a plan leave it alone, and it is owed.
exits 0 "a host is cordoned" drover cordon web2
like "$out" "web2 +cordoned" "and it says so"
exits 0 "once more" drover cordon web2
like "$out" "web2 +was cordoned" "it was"
exits 0 "the list of hosts" drover hosts
like "$out" "web2 .*cordoned" "shows it"
exits 0 "a set names it" drover hosts cordoned=true
is "$(awk 'NR > 1 { print $1 }' <<<"$out")" web2 "and no other"
sed -i 's/"shop.n"/"another\\n"/' "$CASE/shop.yaml"
before=$(execs web2)
exits 4 "a plan" drover plan "$CASE/shop.yaml"
like "$out$err" "web2: .*cordoned" "names it"
exits 4 "an apply goes to the others alone" drover apply -y "$CASE/shop.yaml"
like "$(on web1 'cat /etc/drover/apps/shop/files/www/index.html')" another "which changed"
like "$(on web2 'cat /etc/drover/apps/shop/files/www/index.html')" shop "and not to it"
is "$(execs web2)" "$before" "nobody even asked it"
exits 0 "it is owed" drover hosts web2
like "$out" "cordoned, owed shop.yaml" "as the list of hosts says"
exits 4 "what it is owed it does not get" drover apply -y --owed
exits 0 "what is asked for by hand it gets" drover restart -y web2 shop-0
exits 0 "it is taken back" drover uncordon web2
like "$err" "apply --owed" "and what it missed is named"
exits 0 "and gets it" drover apply -y --owed
like "$(on web2 'cat /etc/drover/apps/shop/files/www/index.html')" another "the new content is there"
exits 0 "nothing is owed any more" drover hosts web2
unlike "$out" "owed|cordoned" "and nobody is cordoned"
exits 0 "who was cordoned and when" drover history web2
like "$out" " cordon " "is in the history"
like "$out" "uncordon" "with the end of it"

# A new machine behind the name of a host. Here the old one is emptied and gets new keys; what the program says of
# them decides whether they are trusted.
cat >"$CASE/new-machine" <<P
#!/bin/sh
echo "a machine for \$HOST at \$DROVER_ADDRESS"
echo run >>"$CASE/hook.runs"
[ ! -e "$CASE/hook.fails" ] || { echo "no machine is left" >&2; exit 3; }
"$fleet" shell-in "\$HOST" sh -c 'podman rm -fa; podman rmi -fa; rm -rf /var/lib/drover /etc/drover /etc/systemd/system/shop-*
	systemctl daemon-reload' >/dev/null 2>&1
"$fleet" rekey "\$HOST" >/dev/null
[ -e "$CASE/hook.silent" ] || cat "$DROVER_FLEET_STATE/hosts/\$HOST"/key/ssh_host_*.pub
P
chmod +x "$CASE/new-machine"
exits 3 "without a program there is no new machine" drover replace -y web2
like "$err" "provision: is not said" "and that is said"
sed -i "2i provision: [$CASE/new-machine]" "$CASE/inventory.yaml" "$CASE/pets.yaml"
exits 12 "a pet is not replaced" drover -i "$CASE/pets.yaml" replace -y --pet web2 web2
exits 12 "nor cattle without a yes" drover replace web2
exits 2 "one host, not a set" drover replace -y @all
ok "none of these ran the program" test ! -e "$CASE/hook.runs"

touch "$CASE/hook.fails"
exits 1 "the program fails" drover replace -y web2
like "$out$err" "no machine is left" "what it said is shown"
like "$err" "drover replace web2 goes on" "and how it goes on"
is "$(state web2 shop-0)" inactive "its apps were stopped"
exits 0 "it stays cordoned" drover hosts cordoned=true
like "$out" "^web2 " "until it is replaced"
rm "$CASE/hook.fails"
before=$(execs web2)
exits 0 "the same command goes on" drover replace -y web2
like "$err" "going on with the replacement of web2: it is drained" "behind the drain"
like "$out$err" "a machine for web2 at 1" "with the program"
is "$(wc -l <"$CASE/hook.runs")" 2 "which ran a second time"
is "$(state web2 shop-0)$(state web2 shop-1)" activeactive "the new machine runs what the old one ran"
exits 0 "it takes part again" drover apply -y --exit-code "$CASE/shop.yaml"
exits 0 "and is not cordoned" drover hosts web2
unlike "$out" cordoned "any more"
exits 0 "the trust is in the ledger" drover history show "$(drover history --json | grep '"verb":"replace"' | sed -nE 's/.*"alias":"(r-[0-9]+)".*/\1/p' | sed -n 2p)"

# A key that nobody told of is never taken.
touch "$CASE/hook.silent"
exits 11 "a program that names no key" drover replace -y web2
like "$err" "names no host key" "is told so"
exits 11 "and once more" drover replace -y web2
is "$(wc -l <"$CASE/hook.runs")" 3 "without another machine"
key=$(ssh-keygen -lf "$DROVER_FLEET_STATE/hosts/web2/key/ssh_host_ed25519_key.pub" | cut -d' ' -f2)
exits 0 "a person takes it" drover trust replace web2 --fingerprint "$key"
exits 0 "then it goes on" drover replace -y web2
is "$(wc -l <"$CASE/hook.runs")" 3 "from where it stopped"
is "$(state web2 shop-0)" active "to its end"
