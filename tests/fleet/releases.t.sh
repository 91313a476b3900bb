#!/bin/bash
# Releases on two real hosts: applied by one seat that is thrown away, listed and rolled back by another; an image
# whose name was taken over; what is kept and what goes; a rollback is a run that can be undone.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle releases
read -r one two _ <<<"$hosts"

book() { # GREETING IMAGE-ARCHIVE
	cat <<-YAML
		name: shop
		hosts: "@all-of-them"
		rollout: {canary: 0, batch: 100%}
		apps:
		  shop:
		    image: {archive: $2}
		    replicas: 2
		    ports: {http: 8080}
		    env: {GREETING: "$1"}
		    files: {/www/index.html: {content: "$1 from {{ host }}\\n"}, /data: {volume: shop-data}}
		    health: {http: ":http/", interval: 200ms, timeout: 2s, retries: 50}
	YAML
}
seat() { # NAME COMMAND...: another seat, with a state of its own
	local XDG_STATE_HOME=$CASE/seat-$1
	export XDG_STATE_HOME
	mkdir -p "$XDG_STATE_HOME"
	shift
	drover "$@"
}
says() { # HOST: what the first replica answers
	on "$1" 'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET / HTTP/1.0\r\n\r\n" >&3; tail -n 1 <&3' 2>/dev/null ||
		on "$1" "bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080; printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3; tail -n 1 <&3'"
}
walk() { # HOST: what makes up the app
	on "$1" 'find /etc/drover /etc/systemd/system -type f -name "*shop*" -exec sha256sum {} + -o -path "*apps/shop/*" -type f -exec sha256sum {} + | sort -u -k2
		podman inspect --format "{{.Name}} {{.Image}}" shop-0 shop-1'
}
walk_all() { # NAME
	for host in $hosts; do walk "$host" >"$CASE/$1.$host"; done
}
as() { # NAME WHAT
	for host in $hosts; do
		walk "$host" >"$CASE/now.$host"
		ok "$2 ($host)" diff "$CASE/$1.$host" "$CASE/now.$host"
	done
}
kept() { on "$1" 'ls /var/lib/drover/releases/shop | wc -l'; }
images() { # HOST: how many images it has, with a name or without
	on "$1" 'podman images -aq --no-trunc | sort -u | wc -l'
}

"$fleet" image localhost/shop:1 "$CASE/one.tar" >/dev/null
# Another image that takes over the name.
"$fleet" image localhost/shop:2 "$CASE/other.tar" >/dev/null
sed 's#localhost/shop:2#localhost/shop:1#g' "$CASE/other.tar" >"$CASE/two.tar"
book one one.tar >"$CASE/one.yaml"
book two two.tar >"$CASE/two.yaml"
book three two.tar >"$CASE/three.yaml"
book four two.tar >"$CASE/four.yaml"

exits 2 "a rollback of what this seat does not know asks for hosts" drover rollback shop
like "$err" "-t SET" "by their option"
exits 1 "and on hosts that do not have the app" drover rollback -y shop -t @all-of-them
like "$err" "the host has no app shop" "says so"

exits 0 "a first release, by a seat that is thrown away" seat ci apply -y "$CASE/one.yaml"
walk_all one
nothing_differs "$CASE/one.yaml" "the first release"
exits 1 "there is none before it" drover rollback -y shop -t @all-of-them
like "$err" "no release of shop older than [0-9a-f]{12}, which is in use" "which is said"
exits 0 "a second release" seat ci apply -y "$CASE/two.yaml"
walk_all two
is "$(images "$one")" 2 "the image of the first stays, without its name"
rm -rf "$CASE/seat-ci"
is "$(says "$one" | tr -d '\r')" "two from $one" "it is the second that answers"

exits 0 "another seat lists what the hosts keep" drover releases shop
like "$out" "shop +[0-9a-f]{12} +in use +$one,$two|shop +[0-9a-f]{12} +in use +.*\[1-2\]" "one that is in use, on both"
is "$(grep -c ' kept ' <<<"$out")" 1 "and one that is kept"
first=$(awk '/ kept / { print $2 }' <<<"$out")
exits 0 "for programs" drover releases --json shop
like "$out" "\"release\":\"$first\",\"in_use\":false,.*\"images\":\[\{\"name\":\"localhost/shop:1\"" "with images"

exits 0 "it shows what a rollback would be" drover rollback -n shop -t @all-of-them
like "$out" "~ shop-0.service" "the units"
like "$out" "~ localhost/shop:1 .*gets the name" "the image, whose name another one has"
like "$out" "^ +-two from|^ +-.*two from" "with their differences"
like "$out" "note: shop becomes release $first, which .* put there at 20" "which release, and whose"
like "$out" "note: cannot be taken back: what is in volume shop-data" "what it cannot take back"
like "$out" "note: not taken back: other apps of shop and its tasks" "and what it leaves"
as two "nothing was done"
exits 0 "and does it" drover rollback -y shop -t @all-of-them
as one "the first release is back"
is "$(says "$one" | tr -d '\r')" "one from $one" "and answers"
exits 0 "it is in use now" drover releases shop
like "$out" "$first +in use" "as releases tell"
exits 0 "a second time nothing is left to do" drover rollback -y shop "$first"
like "$out" "no changes" "which the plan says"
like "$(on "$one" tail -n 1 /var/lib/drover/journal)" "changed.*rollback of shop to $first" "the host's journal has it"
exits 0 "the ledger too" drover history
like "$out" "rollback .* 2 +changed" "as a run"
exits 0 "which can be undone" drover undo -y last
as two "the second is back"
exits 0 "what an undone rollback left can be rolled back again, by name" drover rollback -y shop "$first"
as one "the first is back"
exits 0 "and the playbook brings again what it says" drover apply -y "$CASE/two.yaml"
as two "the second"
nothing_differs "$CASE/two.yaml" "the second release"

# A host that fails takes the image's name back with the rest.
sed 's#http: ":http/"#http: ":http/none"#; s/retries: 50/retries: 3/; s/batch: 100%/batch: 100%, on_failure: rollback/; s/two.tar/one.tar/' "$CASE/two.yaml" >"$CASE/ill.yaml"
sed -i 's/GREETING: "two"/GREETING: "ill"/' "$CASE/ill.yaml"
exits 1 "a release that is not well" drover apply -y "$CASE/ill.yaml"
like "$err" "rolled-back" "is taken back"
as two "the second is back, and its image"
is "$(kept "$one")" 2 "it left no release"
exits 0 "what was taken back is put right by the next" drover apply -y --exit-code "$CASE/two.yaml"

# What is kept, and what goes.
exits 0 "a third" drover apply -y "$CASE/three.yaml"
is "$(kept "$one")" 3 "three are kept"
is "$(images "$one")" 2 "with two images"
run3=$(drover history --limit 1 | awk '/r-/ { print $1 }')
exits 0 "a fourth is planned" drover plan "$CASE/four.yaml"
like "$out" "note: release $first of shop is no longer kept" "the oldest goes, as the plan says"
like "$out" "- image [0-9a-f]{12} .localhost/shop:1 of release $first of shop" "with its image"
exits 0 "and applied" drover apply -y "$CASE/four.yaml"
is "$(kept "$one") $(kept "$two")" "3 3" "three are kept"
is "$(images "$one") $(images "$two")" "1 1" "and the image that no release has is gone"
exits 1 "the first is no longer there" drover rollback -y shop "$first"
like "$err" "keeps no release $first of shop; it has" "which names those that are"
exits 0 "by the run that put it there" drover rollback -y shop "$run3"
is "$(says "$two" | tr -d '\r')" "three from $two" "the third is back"
