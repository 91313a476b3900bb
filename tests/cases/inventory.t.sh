#!/bin/bash
# nodes and hosts from the command line: sets with and without an inventory, and their mistakes.
set -u
cd "$(dirname "$0")/../.." || exit
: "${DROVER:=$PWD/build/release/drover}"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
export HOME=$room XDG_CONFIG_HOME=$room/config XDG_STATE_HOME=$room/state XDG_CACHE_HOME=$room/cache
unset DROVER_INVENTORY
cd "$room" || exit
count=0 bad=0

# is NAME STATUS OUTPUT COMMAND...: standard output and exit status are these.
is() {
	local name=$1 status=$2 wanted=$3 got rc
	shift 3
	count=$((count + 1))
	got=$("$@" 2>"$room/stderr")
	rc=$?
	if [ "$rc" = "$status" ] && [ "$got" = "$wanted" ]; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		printf '# status %s, wanted %s\n' "$rc" "$status"
		printf '%s\n' "$got" | sed 's/^/# /'
		sed 's/^/# stderr: /' "$room/stderr"
		bad=1
	fi
}

# complains NAME STATUS TEXT COMMAND...: nothing on standard output, TEXT somewhere on standard error.
complains() {
	local name=$1 text=$3
	is "$name" "$2" '' "${@:4}"
	count=$((count + 1))
	if grep -qF -- "$text" "$room/stderr"; then
		echo "ok $count - $name: the message"
	else
		echo "not ok $count - $name: the message"
		sed 's/^/# /' "$room/stderr"
		bad=1
	fi
}

lines() { printf '%s\n' "$1" | "$DROVER" nodes "$2" -; }

is "plain names need no inventory" 0 "web01 web03" "$DROVER" nodes --expand 'web[01-03]!web02'
is "several expressions are joined" 0 "db1,web[1-2]" "$DROVER" nodes --fold web2 db1 web1 web2
is "names are counted" 0 8 "$DROVER" nodes --count 'rack[1-2]n[1-4]'
is "an empty result is an empty line" 0 "" "$DROVER" nodes --expand 'a!a'
is "an empty result counts 0" 0 0 "$DROVER" nodes --count 'a!a'
is "a line in is a line out" 0 "$(printf 'n[1,3]\n\nerror: set "n[1-", column 1: a bracket is not closed or not opened\nn9')" \
	lines "$(printf 'n[1-3]!n2\na!a\nn[1-\nn9')" --fold
is "json tells all of it" 0 '{"v":1,"count":2,"fold":"n[1-2]","names":["n1","n2"]}' "$DROVER" nodes --json 'n[1-2]'
complains "a mistake by argument is a usage error" 2 'column 1: the range 5-1 runs backwards' "$DROVER" nodes 'n[5-1]'
complains "two ways of printing are one too many" 2 'one of --expand, --fold and --count' "$DROVER" nodes -e -c a
complains "a group needs an inventory" 2 'needs an inventory' "$DROVER" nodes @web
complains "without an inventory drover says what to do" 2 'no inventory: write ./inventory.yaml' "$DROVER" hosts

cat >inventory.yaml <<'X'
fleet: shop
defaults: {user: deploy}
groups:
  web: {kind: cattle, hosts: "web[01-03]", vars: {tier: front}}
  db:
    hosts:
      db1: {address: 10.0.0.5, port: 2222, vars: {role: primary, tags: [a, 1]}}
X
is "hosts are listed in natural order" 0 "$(printf '%s\n' \
	'NAME   KIND    GROUPS  ADDRESS        USER' \
	'db1    pet     db      10.0.0.5:2222  deploy' \
	'web01  cattle  web     -              deploy' \
	'web02  cattle  web     -              deploy' \
	'web03  cattle  web     -              deploy')" "$DROVER" hosts
is "one host with its variables" 0 \
	'{"v":1,"name":"db1","kind":"pet","groups":["db"],"address":"10.0.0.5","port":2222,"user":"deploy","host_keys":[],"vars":{"role":"primary","tags":["a",1]},"vars_from":{"role":"inventory.yaml:7","tags":"inventory.yaml:7"}}' \
	"$DROVER" hosts role=primary,db1 --known --vars --json
is "variables are told with their places" 0 "$(printf '%s\n' \
	'NAME   VARIABLE  VALUE    FROM' \
	'db1    role      primary  inventory.yaml:7' \
	'db1    tags      ["a",1]  inventory.yaml:7' \
	'web01  tier      front    inventory.yaml:4')" "$DROVER" hosts db1,web01 --vars
is "nodes knows the groups of the inventory" 0 'web[01,03]' "$DROVER" nodes '@web!web02'
is "a list of hosts is an inventory" 0 'a b' "$DROVER" -i 'a,root@b:22' nodes -e @all
complains "an empty set is a usage error" 2 'matches nothing' "$DROVER" hosts 'web01!web01'
complains "an unknown host is named" 2 'no host "web04" in the inventory; did you mean "web01"?' "$DROVER" hosts web04

cat >wrong.yaml <<'X'
groups:
  web: {kindd: cattle, hosts: "web[01-"}
hosts: {h1: {port: yes}, "a;id": {}}
X
complains "all mistakes of a file come at once" 3 'wrong.yaml:2:9: unknown key "kindd" in group web; did you mean "kind"?' \
	"$DROVER" -i wrong.yaml hosts
complains "as file, line and column" 3 'wrong.yaml:3:20: port: a port (1 to 65535) is wanted here, not "yes"' \
	"$DROVER" -i ./wrong.yaml hosts
cp inventory.yaml open.yaml
chmod o+w open.yaml
complains "a file that others may write is refused" 11 'other users may write it' "$DROVER" -i open.yaml hosts
printf 'hosts: @web\n' >quote.yaml
complains "a set without quotes is told how to write it" 3 'quote.yaml:1:8: quote the set: "@web"' "$DROVER" -i quote.yaml hosts
truncate -s 9M big.yaml
complains "a file that is too large is not read" 3 'the limit is' "$DROVER" -i big.yaml hosts
mkfifo pipe.yaml
complains "a pipe is not waited for" 3 'not a regular file' "$DROVER" -i pipe.yaml hosts
: >empty.yaml
complains "an empty file is told" 3 'the file is empty' "$DROVER" -i empty.yaml hosts

echo "1..$count"
exit $bad
