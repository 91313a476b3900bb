#!/bin/bash
# drover config: what ssh -G says, what the inventory says over it, and where each came from.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start

# same NAME [-F FILE]: every key and value of ssh -G, and no other, is in drover's JSON.
same() {
	local name=$1 said
	shift
	ssh -G "$@" "$name" >"$CASE/ssh" 2>"$CASE/stderr"
	"$DROVER" config host "$name" --json "$@" >"$CASE/json" 2>"$CASE/stderr"
	said=$(python3 - "$CASE/ssh" "$CASE/json" 2>&1 <<'PY'
import json, sys
many = {"identityfile", "certificatefile", "sendenv", "setenv", "localforward", "remoteforward",
        "dynamicforward"}
wanted = {}
for line in open(sys.argv[1]):
    key, _, value = line.rstrip("\n").partition(" ")
    wanted.setdefault(key.lower(), []).append(value)
got = json.load(open(sys.argv[2]))
for key in ("v", "from", "effective", "not_honoured"):
    got.pop(key)
assert wanted, "ssh -G said nothing"
for key in sorted(set(wanted) | set(got)):
    w = wanted.get(key)
    if w and key not in many:
        w = w[0]
    if got.get(key) != w:
        print(key, "drover:", got.get(key), "ssh -G:", w)
PY
	)
	is "$said" "" "config host $name $*: equal to ssh -G"
}

cat >ssh_config <<EOF2
Host web*
  User deploy
  Port 2222
  IdentityFile ~/.ssh/%h
  IdentityFile $CASE/key
  CertificateFile $CASE/key-cert.pub
  ForwardAgent yes
  SetEnv A=1 B=2
  LocalForward 8080 localhost:80
  Ciphers +3des-cbc
Match host db1 user root
  ProxyJump me@bastion:2200,inner
  KexAlgorithms curve25519-sha256
Host quantum
  KexAlgorithms sntrup761x25519-sha512@openssh.com
Host bound
  BindAddress 127.0.0.9
  ProxyCommand nc %h %p
EOF2
for name in web1 db1 bound other 192.0.2.1; do same "$name" -F ssh_config; done
same plain
same plain -F none

home=$(getent passwd "$(id -u)" | cut -d: -f6)
exits 0 "a host without an inventory" drover config host me@web1:2200 -F ssh_config
like "$out" '^user +command line +me$' "who was typed wins"
like "$out" '^port +command line +2200$' "the port that was typed wins"
like "$out" "^identityfile +ssh_config +$home/.ssh/web1\$" "ssh_config gives the keys"
like "$out" '^certificatefile +ssh_config:6 ' "a line by its number"
like "$out" '^ciphers +default +aes128-gcm' "drover makes its own choice"
like "$out" '^too weak +ssh_config +Ciphers 3des-cbc$' "and names what it does not take"
like "$out" '^addressfamily +default +any$' "the rest is the default"
like "$out" '^forwardagent .*yes \(not honoured: drover never forwards an agent\)' \
	"what is not honoured is named"

cat >inventory.yaml <<EOF2
defaults: {connect_timeout: 7s}
groups:
  web: {user: op, hosts: "web[1-2]"}
hosts:
  db1: {address: 192.0.2.5, port: 2300, jump: bastion, transport: libssh, become: sudo}
EOF2
exits 0 "a host of the inventory" drover config host web1 -F ssh_config
like "$out" '^user +inventory.yaml:3 +op$' "the group's user wins, with its place"
like "$out" '^connecttimeout +inventory.yaml:1 +7$' "so do the defaults"
like "$out" '^port +ssh_config:3 +2222$' "ssh_config fills what the inventory leaves"
exits 0 "a host with a way of its own" drover config host db1 -F ssh_config
like "$out" '^hostname +inventory.yaml:5 +192.0.2.5$' "the address"
like "$out" '^port +inventory.yaml:5 +2300$' "the port"
like "$out" '^proxyjump +inventory.yaml:5 +bastion$' "the inventory's jump host"
like "$out" '^transport +inventory.yaml:5 +libssh$' "the transport"
like "$out" '^become +inventory.yaml:5 +sudo$' "become"
exits 0 "an algorithm that only ssh has" drover config host quantum -F ssh_config
like "$out" '^needs ssh\(1\) +ssh_config .*sntrup761' "is named"
exits 0 "another name beside an inventory" drover config host other -F ssh_config
like "$out" '^hostname +default +other$' "any name can be asked about"
exits 0 "the command line" drover config host web1 --connect-timeout 3s -F ssh_config
like "$out" '^connecttimeout +--connect-timeout +3$' "an option wins over the inventory"
exits 0 "no host" drover config
like "$out" '^inventory .*inventory.yaml' "the files that drover uses"

exits 2 "a word it does not know" drover config frobnicate
exits 2 "no name" drover config host
exits 2 "a bad port" drover config host web1:99999
printf 'Host *\n  Frobnicate yes\n' >bad
exits 3 "a mistake in the file" drover config host web1 -F bad
like "$err" 'frobnicate' "it is named as ssh does"
