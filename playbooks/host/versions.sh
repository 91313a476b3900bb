#!/bin/sh
# What one file was, as the acts that this host remembers tell it, and what it is now; or contents by
# digest. Changes nothing. Arguments: nonce, and list or a digest. Standard input: the path.
#   act      RUN STEP KIND DIGEST DONE, a newline, the journal's line of the run
#   before   RUN DIGEST SIZE: what the act replaced
#   now      DIGEST SIZE
#   content  base64 of a piece of it      secret, none: why there is nothing
want=$2
base=/var/lib/drover
close() {
	put end ''
	exit 0
}
sum() { # FILE
	text=$(sha256sum <"$1")
	printf %s "${text%% *}"
}
# NUMBER KIND DIGEST of the path in a run's lists of files
lines() { # RUN
	cat $base/runs/"$1"/files.*[0-9] 2>/dev/null | awk -v path="$path" '
	substr($0, length($1 $2 $3 $4 $5 $6) + 7) == path { print $1, $6, $5 }'
}
is_secret() { # RUN NUMBER
	awk -F'\t' -v n="$2" '$1 == n && $4 ~ /s/ { found = 1 } END { exit !found }' $base/runs/"$1"/what 2>/dev/null
}

IFS= read -r path
echo
put begin 1
if [ "$(id -u)" != 0 ]; then
	put refused "drover reads its records as root; this login is not"
	close
fi
runs=$(ls -1 $base/runs 2>/dev/null)
if [ "$want" = list ]; then
	for run in $runs; do
		lines "$run" | {
			read -r n kind digest || exit 0
			state=$(awk -v n="$n" '$4 == "step" && $5 == n { state = $6 } END { print state }' $base/runs/"$run"/result)
			old=$base/runs/$run/old/$n
			[ ! -f "$old" ] || [ -L "$old" ] || put before "$run $(sum "$old") $(wc -c <"$old")"
			put act "$run $n $kind $digest ${state:--}
$(grep -F "	$run	" $base/journal | tail -n 1)"
		}
	done
	if [ -f "$path" ] && [ ! -L "$path" ]; then
		put now "$(sum "$path") $(wc -c <"$path")"
	else
		put now "- 0"
	fi
	close
fi

found='' hidden=''
try() { # FILE
	if [ -z "$found" ] && [ -f "$1" ] && [ ! -L "$1" ] && [ "$(sum "$1")" = "$want" ]; then found=$1; fi
}
for run in $runs; do
	for n in $(lines "$run" | awk '{ print $1 }'); do
		if is_secret "$run" "$n"; then hidden=1; fi
		try "$base/runs/$run/old/$n"
	done
done
try "$path"
if [ "$hidden" ]; then
	put secret ''
elif [ "$found" ]; then
	put content "$(base64 -w 0 <"$found")"
else
	for run in $runs; do
		lines "$run" | grep -q " $want\$" || continue
		tar -tf "$base/runs/$run/request" "f/$want" >/dev/null 2>&1 || continue
		put content "$(tar -xOf "$base/runs/$run/request" "f/$want" | base64 -w 0)"
		close
	done
	put none ''
fi
close
