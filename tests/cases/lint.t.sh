#!/bin/bash
# lint: mistakes with their places, all at once, with and without an inventory; nothing is contacted.
set -u
cd "$(dirname "$0")/../.." || exit
: "${DROVER:=$PWD/build/release/drover}"
top=$PWD
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

cat >good.yaml <<'E'
hosts: "@web"
tasks:
  - file: {path: /etc/motd, content: "{{ host }} {{ os }}\n"}
E
cat >wrong.yaml <<'E'
hosts: "@wbe"
tasks:
  - fil: {path: /etc/motd, content: x}
  - run: echo {{ host }}
E
cat >some.yaml <<'E'
hosts: "@web"
tasks:
  - run: [echo, "{{ tier }}"]
E
is "a good playbook is good" 0 "good.yaml: good" "$DROVER" lint good.yaml
# shellcheck disable=SC2016
is "mistakes come with their places" 3 \
	'wrong.yaml:3:5: unknown key "fil" in task 1; did you mean "file"?
wrong.yaml:4:10: run: shell text takes no {{ }}: pass values by env: and use "$NAME", or write the command as a list' \
	"$DROVER" lint wrong.yaml
mkdir -p web
cat >steps.yaml <<'E'
vars: {port: 80, sites: [a, b]}
tasks:
  - include: web/tasks.yaml
    vars: {tls: true}
    tags: web
  - {run: [echo, "{{ item }}"], loop: sites, when: port > 1024, tags: [ports]}
E
cat >web/tasks.yaml <<'E'
- template: {path: /etc/site.conf, src: site.conf}
  when: tls and port == 80
E
printf '{%% for s in sites %%}\n{{ s | uper }}\n{%% endif %%}\n' >web/site.conf
is "mistakes are told in the files that are included" 3 \
	'web/site.conf:2:8: unknown filter "uper"; did you mean "upper"?
web/site.conf:3:1: {% endif %} where {% endfor %} is wanted' "$DROVER" lint steps.yaml
printf '{%% for s in sites %%}\n{{ s | upper }}\n{%% endfor %%}\n' >web/site.conf
is "conditions, loops, tags and includes are read" 0 "steps.yaml: good" "$DROVER" lint steps.yaml
is "tags may be chosen" 0 "steps.yaml: good" "$DROVER" lint --tags web,ports --skip-tags web steps.yaml
is "a tag that is not there is a mistake" 3 '--tags: the playbook has no tag "wep"; did you mean "web"?' \
	"$DROVER" lint --tags wep steps.yaml
cat >inventory.yaml <<'E'
groups:
  web:
    kind: cattle
    hosts:
      web1: {address: 127.0.0.1, vars: {tier: front}}
      web2: {address: 127.0.0.2}
      web3: {address: 127.0.0.3}
E
is "a good playbook is good for each host" 0 "good.yaml: good for 3 hosts" "$DROVER" lint good.yaml
is "what only some hosts lack is told with their names" 3 \
	'some.yaml:3:21: unknown variable "tier"; did you mean "user"? (on web2 and 1 more of 3 hosts)' "$DROVER" lint some.yaml
is "a variable of the command line is there for all" 0 "some.yaml: good for 3 hosts" \
	"$DROVER" -e tier=back lint some.yaml
sed -i 's/"@web"/"@wbe"/' good.yaml
"$DROVER" lint good.yaml >out 2>&1
is "an unknown group is told where the set stands" 0 "good.yaml:1:9" cut -c 1-13 out
is "the inventory alone can be read" 0 "3 hosts, 1 groups: good" "$DROVER" lint
is "a mistake is a line of JSON" 3 \
	'{"v":1,"file":"absent.yaml","line":0,"col":0,"severity":"error","text":"No such file or directory"}' \
	"$DROVER" --json lint absent.yaml
printf 'hosts: "@web"\ntasks:\n  - run: ["A=b"]\n' >unsent.yaml
is "what could not be sent to a host is told before" 3 "unsent.yaml:3:5: run 1: no command that can be run" \
	"$DROVER" lint unsent.yaml
is "in an action of GitHub a mistake is shown beside its line" 3 "$(printf '%s\n' \
	'unsent.yaml:3:5: run 1: no command that can be run' \
	'::error file=unsent.yaml,line=3,col=5::run 1: no command that can be run')" \
	env GITHUB_ACTIONS=true "$DROVER" lint unsent.yaml
cp -r "$top"/playbooks/examples/{site,shop} .
if "$top/tests/fleet/image" localhost/site:1 site/site.tar >image.log 2>&1; then
	is "the example site is good" 0 "site/site.yaml: good for 3 hosts" "$DROVER" lint site/site.yaml
else
	count=$((count + 1)) bad=1
	echo "not ok $count - the example's image is made"
	sed 's/^/# /' image.log
fi
if { "$top/tests/fleet/image" localhost/shop:1 shop/shop-1.tar &&
	"$top/tests/fleet/image" localhost/board:1 shop/board.tar && cc -static -O2 -o shop/prices shop/prices.c; } >image.log 2>&1; then
	is "the example shop is good" 0 "shop/shop.yaml: good for 3 hosts" "$DROVER" lint shop/shop.yaml
else
	count=$((count + 1)) bad=1
	echo "not ok $count - the shop's image and program are made"
	sed 's/^/# /' image.log
fi
echo "1..$count"
exit $bad
