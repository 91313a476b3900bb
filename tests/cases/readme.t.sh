#!/bin/bash
# The documents are true: their examples are accepted, their verbs are there.
# Every function is called by way of ok(), which the linter does not follow.
# shellcheck disable=SC2317
set -u
cd "$(dirname "$0")/../.." || exit
: "${DROVER:=$PWD/build/release/drover}"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export HOME=$room XDG_CONFIG_HOME=$room/config XDG_STATE_HOME=$room/state XDG_CACHE_HOME=$room/cache
unset DROVER_INVENTORY
umask 022
count=0 bad=0

ok() { # NAME COMMAND...
	local name=$1 out
	shift
	count=$((count + 1))
	if out=$("$@" 2>&1); then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' <<<"$out"
		bad=1
	fi
}

# The N-th block of YAML in the README.
block() { # N
	awk -v n="$1" '/^```yaml$/ { on = ++i == n; next } /^```$/ { on = 0 } on' README.md
}

verbs() { "$DROVER" help | awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' | sort; }

readme_verbs() {
	awk '/^## Verbs/ { on = 1; next } /^## / { on = 0 } on && /^\| `/' README.md |
		cut -d'|' -f2 | grep -oE '`[a-z]+' | tr -d '`' | sort
}

pages() { # each page of the manual is named by another page or by the README
	local page name
	for page in doc/*.[157]; do
		name=${page##*/}
		grep -lE "${name%.*}\(${name##*.}\)|Xr ${name%.*} ${name##*.}" README.md doc/*.[157] |
			grep -qvx "$page" || { echo "nothing leads to $page"; return 1; }
	done
}

help_of_all() {
	local verb
	for verb in $(verbs); do
		"$DROVER" help "$verb" | grep -q '^  drover' || { echo "no example: drover help $verb"; return 1; }
	done
}

block 1 >"$room/inventory.yaml"
block 2 >"$room/shop.yaml"
ok "the inventory of the README is one" "$DROVER" -i "$room/inventory.yaml" hosts
ok "the playbook of the README has no mistake" "$DROVER" -i "$room/inventory.yaml" lint "$room/shop.yaml"
ok "the README tells of the verbs there are" diff <(readme_verbs) <(verbs)
ok "every page of the manual is led to" pages
ok "the help of every verb begins with examples" help_of_all
echo "1..$count"
exit $bad
