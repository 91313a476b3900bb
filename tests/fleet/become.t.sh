#!/bin/bash
# Every way to become root, and every way in which it fails, on two real hosts: sudo, doas, su, run0;
# passwords that are right, wrong, missing, expired; terminals; odd shells; hosts that are no such
# hosts. At the end no password stands anywhere.
# shellcheck disable=SC2154
cd "$(dirname "$0")/../.." || exit
root=$PWD
mkdir -p build
export DROVER_FLEET_STATE=$root/build/fleet-become
fleet=$root/tests/fleet/fleet
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
trap 'cd "$root" && $fleet down >/dev/null 2>&1; case_end' EXIT
cc -shared -fPIC -O2 -o "$CASE/pam_odd.so" "$root/tests/fleet/pam_odd.c" -lpam || {
	fail "the module that behaves oddly is built"
	exit 1
}
"$fleet" up 2 >"$CASE/up" 2>&1 || {
	fail "the fleet comes up" "$(cat "$CASE/up")"
	exit 1
}
for host in web1 web2; do
	"$fleet" shell-in "$host" sh -c 'cat >/root/matrix' <"$root/tests/fleet/become-host.sh"
	ok "$host gets its users" "$fleet" shell-in "$host" sh /root/matrix <"$CASE/pam_odd.so"
done
export DROVER_INVENTORY=$CASE/inventory.yaml
export DROVER_NO_INPUT=1

address() { "$fleet" list | awk -v host="$1" '$1 == host { print $2 }'; }
on() { # HOST COMMAND: without touching its sshd
	local host=$1
	shift
	"$fleet" shell-in "$host" sh -c "$*"
}
hosts_of() { # METHOD USER...: USER1 and USER2 become root by it
	local method=$1 user
	shift
	for user; do
		echo "  $user-${method}1: {user: $user, become: $method}"
		echo "  $user-${method}2: {user: $user, become: $method}"
	done
}
{
	# Many names for two machines: the inventory need not know.
	printf 'Host *1\n  HostName %s\nHost *2\n  HostName %s\n' "$(address web1)" "$(address web2)"
	cat "$DROVER_FLEET_STATE/ssh_config"
} >"$CASE/ssh_config"
export DROVER_SSH_CONFIG=$CASE/ssh_config
{
	printf 'fleet: become\nknown_hosts: %s\nhosts:\n' "$DROVER_FLEET_STATE/known_hosts"
	hosts_of sudo free pass shared tutor never needtty french expired locked code echo some deploy \
		noisy ash nologin false forced hangs
	hosts_of doas doasfree doaspass doaspersist doasno free
	hosts_of su free pass
	hosts_of run0 free pass
	echo "  bare1: {user: bare}"
	echo "  bare2: {user: bare, become: sudo}"
	echo "  hangs1: {user: hangs}"
	echo "  root1: {user: root, become: sudo}"
	echo "  as-pass1: {user: free, become: sudo, become_user: pass}"
} >"$CASE/inventory.yaml"

# with USER COMMAND...: its password at hand.
with() {
	printf 'pw-%s-canary\n' "$1" >"$CASE/password"
	chmod 600 "$CASE/password"
	shift
	drover --become-password-file "$CASE/password" "$@"
}
execs() { "$fleet" sshd-log web1 | grep -c 'Starting session: command'; }
secret=canary
head -c 300000 /dev/urandom >"$CASE/bytes"
sum=$(sha256sum <"$CASE/bytes")

# What needs no password.
for way in free-sudo doasfree-doas; do
	exits 3 "$way: no password is needed" \
		drover run -S -B "${way}[1-2]" -- 'id -un; echo oops >&2; exit 3'
	like "$out" "${way}1: root" "$way: root on Debian 12"
	like "$out" "${way}2: root" "$way: root on Debian 13"
	like "$err" "${way}1: oops" "$way: the streams stay apart"
	exits 0 "$way: input arrives" drover run -B --stdin "$CASE/bytes" "${way}[1-2]" -- sha256sum
	like "$out" "${way}2: ${sum%% *}" "$way: as it was sent"
done
exits 0 "run0: what polkit allows" drover run -B free-run02 -- 'id -un; cat'
like "$out" "free-run02: root" "run0: root"
exits 0 "become_user is another user" drover run -B as-pass1 -- "id -un; echo \$HOME"
like "$out" "as-pass1: pass" "and it is"
like "$out" "as-pass1: /home/pass" "with a home"
exits 0 "a login that is root stays so" drover run -B root1 -- id -un
before=$(execs)
exits 0 "facts come as root" drover facts --json free-sudo1 user root
like "$out" '"root".*"yes"' "and say so"
is $(($(execs) - before)) 1 "by one exec"
exits 0 "without -B nobody becomes anybody" drover run free-sudo1 -- id -un
like "$out" "free-sudo1: free" "indeed"

# Passwords: right, asked for by each method on its own way.
for way in pass-sudo shared-sudo tutor-sudo french-sudo echo-sudo needtty-sudo doaspass-doas \
	doaspersist-doas pass-su; do
	user=${way%-*}
	case $way in shared-*) user=pass ;; pass-su) user=root ;; esac
	exits 3 "$way: with the password" with "$user" run -S -B "${way}[1-2]" -- 'id -un; echo oops >&2; exit 3'
	like "$out" "${way}1: root" "$way: root on Debian 12"
	like "$out" "${way}2: root" "$way: root on Debian 13"
	like "$out$err" "${way}1: oops" "$way: what it says on the other stream is there"
	unlike "$out$err" "lecture|Mot de passe|assword:" "$way: the way there is not shown"
	exits 0 "$way: input arrives" with "$user" run -B --stdin "$CASE/bytes" "${way}[1-2]" -- sha256sum
	like "$out" "${way}1: ${sum%% *}" "$way: as it was sent"
	like "$out" "${way}2: ${sum%% *}" "$way: to both"
	# What PAM says, sudo may tell behind all output.
	if [ "$user" != echo ]; then
		exits 0 "$way: output arrives" with "$user" run -B --json --stdin "$CASE/bytes" "${way}1" -- cat
		like "$out" "host.output.*${sum%% *}" "$way: as it was written"
	fi
	exits 11 "$way: without one in batch" drover run -B "${way}[1-2]" -- true
	like "$err" "asks for a password and none was given: use -K, or --become-password-file" \
		"$way: says how to give one"
	exits 11 "$way: a wrong one" with wrong run -B "${way}1" -- id -un
	like "$err" "says that the password is wrong; it was tried once" "$way: says so"
	unlike "$out$err" "root" "$way: and nothing runs"
done
is "$(on web1 'journalctl -q -t sudo | grep -c "user=pass .*authentication failure\|authentication failure.* user=pass"')" 1 \
	"a wrong password was tried once, not three times"

# One that nobody has taken is not tried everywhere.
exits 11 "a wrong password for many" with wrong run -B 'pass-sudo[1-2],tutor-sudo[1-2],french-sudo[1-2]' -- true
is "$(grep -c 'says that the password is wrong' <<<"$err")" 3 "is tried on three hosts"
is "$(grep -c 'was not tried: other hosts say that' <<<"$err")" 3 "and kept from the others"

# It is asked for once, on the terminal, for all.
mkfifo "$CASE/keys"
env -u DROVER_NO_INPUT script -qefc "$DROVER run -B 'pass-sudo[1-2],shared-sudo1' -- id -un" "$CASE/screen" \
	<"$CASE/keys" >/dev/null 2>&1 &
asker=$!
exec 8>"$CASE/keys"
ok "a person is asked" wait_for 30 grep -q 'sudo password, for all hosts' "$CASE/screen"
echo pw-pass-canary >&8
wait $asker
is $? 0 "and what is typed serves all"
exec 8>&-
is "$(grep -c 'password, for all' "$CASE/screen")" 1 "after one question"
is "$(grep -c 'root' "$CASE/screen")" 3 "of three hosts"
unlike "$(cat "$CASE/screen")" "$secret" "and it is not shown"

exits 0 "logs come as root" with pass logs 'pass-sudo[1-2]' ssh -n 1
like "$out" "pass-sudo2: .*sshd" "with their lines"
exits 0 "ps too" with root ps pass-su1

# What stands in the way is named.
refusal() { # WAY PASSWORD-OF REGEX
	exits 11 "$1: refused" with "$2" run -B "${1}[1-2]" -- id -un
	is "$(grep -cE "${1}[12]: refused: $3" <<<"$err")" 2 "$1: $3"
	unlike "$out" root "$1: nothing ran"
}
refusal never-sudo never "sudo does not let this login run a shell as root"
refusal some-sudo some "sudo does not let this login run a shell as root"
refusal doasno-doas doasno "doas does not let this login run a shell as root"
refusal expired-sudo expired "sudo: the password has expired"
refusal locked-sudo locked "sudo: the account is locked or has expired"
refusal code-sudo code "sudo asks again: the password is wrong, or it is not all that is wanted"
exits 11 "no run0 on Debian 12" drover run -B free-run01 -- true
like "$err" "there is no run0 on the host" "is said"
exits 11 "run0 that would ask a person" drover run -B pass-run02 -- true
like "$err" "run0 wants to ask a person" "is said"

# Odd login shells, noise that imitates prompts and marks.
for user in noisy ash; do
	exits 0 "$user: run -B" drover run -B "${user}-sudo[1-2]" -- 'id -un; cat'
	is "$(sort <<<"$out")" "$(printf '%s-sudo1: root\n%s-sudo2: root' $user $user)" "$user: nothing but the command is told"
	exits 0 "$user: facts" drover facts "${user}-sudo[1-2]" os root
	like "$out" "${user}-sudo1 .*debian-12.*yes" "$user: come through"
	exits 0 "$user: ps" drover ps "${user}-sudo1"
done
for user in nologin false forced; do
	exits 1 "$user: facts" drover facts "${user}-sudo[1-2]"
	is "$(grep -c "${user}-sudo[12]: failed: host ran no helper (got: " <<<"$err")" 2 "$user: runs no helper"
done
like "$err" "got: this key may only say so" "and what came is quoted"
exits 1 "a login shell that hangs" drover facts hangs1,hangs-sudo1
is "$(grep -c 'failed: host ran no helper in 15 s (got: nothing)' <<<"$err")" 2 "is not waited for"

# A playbook by a login that becomes root does as root does.
mkdir "$CASE/site"
cp -r "$root/playbooks/examples/site/." "$CASE/site"
"$fleet" image localhost/site:1 "$CASE/site/site.tar" >/dev/null
sed 's/^hosts: .*/hosts: "deploy-sudo[1-2]"/; s/^rollout: .*/rollout: {canary: 2}/' \
	"$root/playbooks/examples/site/site.yaml" >"$CASE/site/site.yaml"
pets='--pet deploy-sudo1,deploy-sudo2'
before=$(execs)
# shellcheck disable=SC2086
exits 0 "the example is applied by sudo" drover apply -y $pets "$CASE/site/site.yaml"
is $(($(execs) - before)) 3 "one login, three execs with an image"
for host in web1 web2; do
	ok "$host serves the page" curl -fsS -m 5 -o "$CASE/page" "http://$(address $host):8080/"
	is "$(on $host 'stat -c "%U:%G %a" /etc/motd /var/lib/drover /var/lib/drover/manifest' | paste -sd' ')" \
		"root:root 644 root:root 700 root:root 600" "$host: files are root's"
	is "$(on $host 'find /home/deploy -newer /root/matrix -type f -path "*containers*" | wc -l')" 0 "$host: podman is root's"
done
# shellcheck disable=SC2086
exits 0 "a second apply finds nothing to do" drover apply -y $pets --json "$CASE/site/site.yaml"
unlike "$out" '"act.sent"' "and sends nothing"
for way in pass-sudo doaspass-doas needtty-sudo pass-su; do
	user=${way%-*}
	[ $way != pass-su ] || user=root
	sed "s/^hosts: .*/hosts: \"${way}[1-2]\"/; s/^name: .*/name: site/" "$CASE/site/site.yaml" >"$CASE/site/$way.yaml"
	for host in web1 web2; do
		on $host 'echo strayed >/etc/motd; podman rmi -f localhost/site:1 >/dev/null; systemctl restart site-0' >/dev/null 2>&1
	done
	exits 0 "$way: applies with a password, the image too" with "$user" apply -y \
		--pet ${way}1,${way}2 "$CASE/site/$way.yaml"
	unlike "$(on web1 cat /etc/motd; on web2 cat /etc/motd)" strayed "$way: files are put right"
	exits 0 "$way: a plan" with "$user" plan --exit-code "$CASE/site/$way.yaml"
	like "$(on web2 podman images)" "localhost/site" "$way: the image is there"
done
cat >"$CASE/slow.yaml" <<'YAML'
name: slow
hosts: pass-sudo1
tasks:
  - run: [sh, -c, "sleep 3; echo done >/root/slow-done"]
    creates: /root/slow-done
YAML
printf 'pw-pass-canary\n' >"$CASE/password"
"$DROVER" --become-password-file "$CASE/password" apply -y --pet pass-sudo1 "$CASE/slow.yaml" \
	>"$CASE/killed" 2>&1 &
victim=$!
acting() { on web1 'systemctl list-units --plain --no-legend "drover-*.service"' | grep -q drover-; }
wait_for 60 acting
kill -KILL $victim
wait $victim 2>/dev/null
exits 0 "resume follows as root" with pass resume
like "$err" "1 changed" "and proves it"

# Hosts that are not what drover needs say what they lack.
exits 0 "a host of busybox alone answers" drover facts bare1 kernel
cat >"$CASE/bare.yaml" <<'YAML'
name: bare
hosts: bare1
apps: {web: {image: localhost/site:1}}
YAML
exits 1 "and a playbook is not carried out there" drover apply -y --pet bare1 "$CASE/bare.yaml"
like "$err" "bare1: failed: unsupported: the host has no systemd" "with the reason"

# Secrets: in no ledger, output, event, log of the hosts, or command line.
printf 'printf pw-pass-can; sleep 0.2; printf "ary\\n"; printf pw-pass-canary | base64; echo xpw-pass-canary >&2' |
	"$fleet" shell-in web1 sh -c 'cat >/root/tell'
exits 0 "a host may say the password" with pass run -B pass-sudo1 -- sh /root/tell
like "$out" 'pass-sudo1: \*{14}$' "it is starred"
like "$err" "pass-sudo1: it said the password that becomes another user" "and a warning names the host"
is "$(grep -rlaE "pw-[a-z]+-$secret|$(printf %s "-pass-canary" | base64 | cut -c1-16)" "$CASE" 2>/dev/null | grep -v '/password$')" "" \
	"no password is in ledger, output or event"
for host in web1 web2; do
	is "$(on $host "journalctl -q -o cat | grep -c 'pw-[a-z]*-$secret'")" 0 "nor in the journal of $host"
	is "$(on $host "pgrep -f '[r]ead -r drover' | wc -l")" 0 "and nothing is left running on $host"
done
exits 2 "a password is no argument" drover --become-password=x run -B pass-sudo1 -- true
chmod 644 "$CASE/password"
exits 11 "a password that others may read" drover --become-password-file "$CASE/password" run -B pass-sudo1 -- true
like "$err" "chmod 600" "is refused"
