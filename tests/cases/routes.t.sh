#!/bin/bash
# Ways to hosts: names, addresses of both families, what does not answer, jump hosts and proxy commands.
# In a network and under name servers of its own.
# shellcheck disable=SC2154
cd "$(dirname "$0")/../.." || exit
if [ -z "${ROUTES_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exec sudo -E "$PWD/$0"
	exec env ROUTES_INSIDE=1 unshare --net --mount "$PWD/tests/cases/routes.t.sh"
fi
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
case_start
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; case_end' EXIT
ip link set lo up
ip link add far type veth peer name near
ip link set far up
ip link set near up
nft -f - <<'NFT'
table inet holes {
	chain in {
		type filter hook input priority 0
		ip daddr 127.250.0.0/16 drop
		ip daddr 127.251.0.0/16 reject with icmp type host-unreachable
		ip daddr 127.252.0.0/16 meta l4proto tcp reject with tcp reset
		ip6 daddr fd00:dead::/32 drop
	}
}
NFT
ip -6 addr add fd00:dead::1/64 dev lo nodad
mkdir -p /run/sshd home
export HOME=$PWD/home
ssh-keygen -q -t ed25519 -N '' -f id
ssh-keygen -q -t ed25519 -N '' -f host
key=$(cut -d' ' -f1,2 host.pub)

# serve NAME PORT LINES...: an sshd on every address.
serve() {
	local name=$1 port=$2
	shift 2
	printf '%s\n' "$@" "Port $port" "HostKey $PWD/host" "AuthorizedKeysFile $PWD/id.pub" \
		"PidFile none" "StrictModes no" "UsePAM no" "UseDNS no" "PrintMotd no" \
		"LogLevel VERBOSE" "MaxStartups 4000" "SetEnv SHLVL=2" >"$name.conf"
	lenient "$PWD/$name.conf"
	setpriv --pdeathsig TERM /usr/sbin/sshd -D -f "$PWD/$name.conf" -E "$PWD/$name.log" &
	pids+=($!)
	ok "$name serves" wait_for 30 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
}
serve target 2201
serve bastion 2202 "MaxStartups 10:30:100"
serve strict 2203 "AllowTcpForwarding no"
serve unknown 2204
logins() { grep -c 'Accepted publickey' "$1.log"; }

# A name server of ours, each name with its fate.
cat >names.pl <<'PERL'
use Socket;
socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
bind($s, pack_sockaddr_in(53, inet_aton("127.53.0.1"))) or die;
my %asked;
while (1) {
	my $from = recv($s, my $q, 512, 0);
	next unless defined $from;
	my ($id) = unpack("n", $q);
	my ($at, @name) = (12);
	while (my $n = ord(substr($q, $at, 1))) { push @name, substr($q, $at + 1, $n); $at += $n + 1 }
	my $type = unpack("n", substr($q, $at + 1, 2));
	my $question = substr($q, 12, $at + 5 - 12);
	my $name = join(".", @name);
	open(my $log, ">>", "names.log"); print $log "$name $type\n"; close $log;
	next if $name =~ /^silent/;
	my %a = ("here.test", "127.0.0.5", "zero.test", "0.0.0.0", "both.test", "127.0.0.6", "hole.test", "127.250.0.9",
		"moves.test", $asked{$name} ? "127.250.0.9" : "127.0.0.7");
	my %aaaa = ("six.test", "::1", "both.test", "fd00:dead::1");
	my ($code, $answer) = (0, "");
	if ($name =~ /^broken/) { $code = 2 }
	elsif ($type == 1 && $a{$name}) { $answer = "\xc0\x0c" . pack("nnNn", 1, 1, 1, 4) . inet_aton($a{$name}); $asked{$name}++ }
	elsif ($type == 28 && $aaaa{$name}) { $answer = "\xc0\x0c" . pack("nnNn", 28, 1, 1, 16) . Socket::inet_pton(AF_INET6, $aaaa{$name}) }
	elsif (!$a{$name} && !$aaaa{$name}) { $code = 3 }
	send($s, pack("nnnnnn", $id, 0x8180 | $code, 1, $answer ne "" ? 1 : 0, 0, 0) . $question . $answer, 0, $from);
}
PERL
echo 'nameserver 127.53.0.1' >resolv.conf
printf 'hosts: files dns\n' >nsswitch.conf
mount --bind resolv.conf /etc/resolv.conf
mount --bind nsswitch.conf /etc/nsswitch.conf
perl names.pl &
pids+=($!)
ok "names are served" wait_for 20 getent hosts here.test

printf "[*]:%s $key\n" 2201 2202 2203 >known
echo 'exec 3<>/dev/tcp/$1/$2; cat <&3 & exec cat >&3' >by.sh
host() { echo "  $1: {$2}"; }
{
	cat <<-YAML
		fleet: routes
		known_hosts: $PWD/known
		defaults: {user: root, port: 2201, identity: $PWD/id, connect_timeout: 2s}
		hosts:
	YAML
	host here.test ""
	host moves.test ""
	host six.test ""
	host both.test ""
	host nowhere.test ""
	host broken.test ""
	host silent.test ""
	host zero.test ""
	host six "address: \"::1\""
	host mapped 'address: "::ffff:127.0.0.1"'
	host zone "address: \"$(ip -6 -o addr show dev near | awk '{ sub("/.*", "", $4); print $4 }')%near\""
	host closed "address: 127.0.0.1, port: 1"
	host reset "address: 127.252.0.1"
	host away "address: 127.251.0.1"
	host hole "address: 127.250.0.1"
	host bastion "address: 127.0.0.1, port: 2202"
	host strict "address: 127.0.0.1, port: 2203"
	host behind "address: 127.0.0.1, jump: bastion"
	host deep "address: 127.0.0.1, jump: 'bastion,also'"
	host also "address: 127.0.0.2, port: 2202"
	host refused "address: 127.0.0.1, jump: strict"
	host gone "address: 127.0.0.1, port: 1, jump: bastion"
	host lost "address: 127.0.0.1, jump: hole"
	host swallowed "address: 127.250.0.2, jump: bastion"
	host stranger "address: 127.0.0.1, jump: other"
	host other "address: 127.0.0.1, port: 2204"
	host by-program "address: 127.0.0.1, proxy_command: /bin/bash $PWD/by.sh %h %p"
	host by-nothing "address: 127.0.0.1, proxy_command: 'sh -c \"echo no way there >&2; exit 7\"'"
	for i in {1..500}; do host "b$i" "address: 127.0.$((i / 250 + 1)).$((i % 250 + 1)), jump: bastion"; done
} >inventory.yaml
export DROVER_INVENTORY=$PWD/inventory.yaml

# Case 25: names.
exits 0 "a name is looked up and reached" drover run here.test -- true
: >names.log
exits 0 "a name that moves between its first and its second answer" drover run moves.test -- true
is "$(grep -c '^moves.test 1$' names.log)" 1 "is asked for once a run"
exits 4 "no such name" drover run nowhere.test -- true
like "$err" '^nowhere\.test: unreachable: resolve: no such name' "is told"
exits 4 "a name server that fails" drover run broken.test -- true
like "$err" '^broken\.test: unreachable: resolve: (the|no) name server' "is told"
SECONDS=0
exits 4 "a name server that says nothing" timeout 30 "$DROVER" run silent.test,here.test -- hostname
like "$err" '^silent\.test: unreachable: resolve: no answer from the name servers after 5\.' "is given up after 5 s"
like "$out" '^here\.test: ' "and the other host was served"
exits 4 "a name of 0.0.0.0" drover run zero.test -- true
like "$err" '^zero\.test: unreachable: resolve: the name has no usable address' "does not lead to this machine"

# Case 26: what does not answer, all at once.
exits 4 "refused, reset, unreachable and silent" timeout 30 "$DROVER" run closed,reset,away,hole,here.test -- hostname
like "$err" '^closed: unreachable: connect: 127\.0\.0\.1 port 1: connection refused' "a closed port"
like "$err" '^reset: unreachable: connect: 127\.252\.0\.1 port 2201: connection refused' "a reset"
like "$err" '^away: unreachable: connect: 127\.251\.0\.1 port 2201: no route to host' "an ICMP answer"
like "$err" '^hole: unreachable: connect: 127\.250\.0\.1 port 2201: no answer after 2\.0 s' "silence, at the limit"
like "$out" '^here\.test: ' "the other was served"

# Case 37: both families.
exits 0 "IPv6 alone, mapped, with a zone" drover run six,six.test,mapped,zone -- 'echo ${SSH_CONNECTION%% *}'
like "$out" '^six: ::1$' "by IPv6"
like "$out" '^mapped: (::ffff:)?127\.0\.0\.1$' "by a mapped address"
like "$out" '^zone: fe80::' "by a zone"
exits 0 "a name with a dead family and a living one" drover run both.test -- 'echo ${SSH_CONNECTION%% *}'
like "$out" '^both\.test: (::ffff:)?127\.' "goes by the living one"

# Case 36: jump hosts.
exits 0 "through a jump host, through two of them, and by a program" drover run behind,deep,by-program -- true
exits 4 "ways that lead nowhere" timeout 40 "$DROVER" run refused,gone,lost,swallowed,by-nothing,behind -- hostname
like "$err" '^refused: unreachable: connect: through jump strict: 127\.0\.0\.1 port 2201: ' "a jump host that forwards nothing"
like "$err" '^gone: unreachable: connect: through jump bastion: 127\.0\.0\.1 port 1: Connection refused' "a closed port behind"
like "$err" '^lost: unreachable: jump hole: connect: 127\.250\.0\.1 port 2201: no answer after 2\.0 s' "a silent jump host"
like "$err" '^swallowed: unreachable: connect: through jump bastion: 127\.250\.0\.2 port 2201: no answer after 2\.0 s' "silence behind"
like "$err" '^by-nothing: unreachable: .*the proxy command ended with status 7: no way there' "what a program says"
like "$out" '^behind: ' "the other was served"
before=$(logins target)
exits 11 "a jump host whose key nobody knows" drover run stranger -- true
like "$err" '^stranger: refused: jump other: host key: ' "is not passed through"
is "$(logins target)" "$before" "and nobody logged in behind it"
before=$(logins bastion)
exits 0 "five hundred hosts behind one default sshd" ${PERF:-} timeout 300 "$DROVER" run 'b[1-500]' -- true
like "$err" '500 ok' "all of them"
is "$(($(logins bastion) - before))" 1 "over one session"
cat >ssh_config <<SSH
Host one
  HostName 127.0.0.1
  Port 2202
  ProxyJump two
Host two
  HostName 127.0.0.1
  Port 2202
  ProxyJump one
Host chain
  HostName 127.0.0.1
  Port 2201
  ProxyJump here.test:2202,[127.0.0.2]:2202
Host *
  User root
  IdentityFile $PWD/id
  UserKnownHostsFile $PWD/known
SSH
exits 3 "jump hosts that lead to each other" drover -F "$PWD/ssh_config" -i one, run one -- true
like "$err" '^one: input: .*the jump hosts form a loop: ' "are told as a loop"
before=$(logins bastion)
exits 0 "a chain of ssh_config" drover -F "$PWD/ssh_config" -i chain, run chain -- true
is "$(($(logins bastion) - before))" 2 "is walked whole"
