#!/bin/sh
# What one act did to this host, as its directory keeps it, for an undo. Changes nothing. Stands
# behind look_dir.sh.
# Arguments: nonce, run. The reply is frames as in observe.sh; words (args/N, ...) come as they lie there.
run=$2
base=/var/lib/drover text=''

echo
put begin 1
put journal "$(grep -F "	$run	" $base/journal 2>/dev/null)"
put undone "$(grep "	undo of [0-9a-f-]*\$" $base/journal 2>/dev/null | tail -n 200)"
if [ "$(id -u)" != 0 ]; then
	put refused "drover acts as root; this login is not"
elif ! cd "$base/runs/$run" 2>/dev/null || [ ! -r result ]; then
	put absent ''
fi
if [ ! -r result ]; then
	put end ''
	exit 0
fi
case $(systemctl is-active "drover-$run.service" 2>/dev/null) in
active | activating | deactivating | reloading) put running '' ;;
esac
for file in about what units units.before units.after manifest manifest.old dirs drains; do
	[ ! -s $file ] || put $file "$(cat $file)"
done
# How the units that come back were proved well: by the gates of the acts that put them there.
gates() {
	while read -r number unit; do
		by=$(unit="unit $unit" awk -F'\t' '$1 == ENVIRON["unit"] { print $7 }' manifest.old)
		case $by in '' | - | *[!0-9a-f-]*) continue ;; esac
		[ -r "../$by/steps" ] || continue
		line=$(unit=$unit awk '$1 == "gate" && $2 == ENVIRON["unit"] { $1 = $2 = ""; line = substr($0, 3) } END { print line }' "../$by/steps")
		[ -z "$line" ] || printf '%s %s %s\n' "$number" "$by" "$line"
	done <units
}
# What stood at the paths of a group is told before any of it is touched; where it is not, none was.
groups=''
for file in files.*[0-9]; do
	[ ! -e "was.${file#files.}" ] || groups="$groups $file"
done
# shellcheck disable=SC2086
[ -z "$groups" ] || put files "$(cat $groups)"
put untouched "$(for file in files.*[0-9]; do
	[ -e "was.${file#files.}" ] || cat "$file" 2>/dev/null
done)"
put was "$(cat was.* 2>/dev/null)"
put result "$(awk '$4 == "start" || $4 == "step" || $4 == "end" { print $4, $5, $6 }' result)"
for file in args/* back/* undo/* look/* left/* drain/* undrain/*; do
	[ -f "$file" ] || continue
	whole "$file"
	put words "$file
$text"
done
if [ -s units ] && [ -s manifest.old ]; then
	gates=$(gates)
	put gates "$gates"
	# shellcheck disable=SC2034
	printf '%s\n' "$gates" | while read -r number by kind address port interval timeout retries step; do
		case $kind in exec | journal) ;; *) continue ;; esac
		[ -f "../$by/args/$step" ] || continue
		whole "../$by/args/$step"
		put words "gate/$number
$text"
	done
fi

# Contents that were replaced: what may be shown is told whole, up to a limit in all.
# A secret is what this act or the one before it called so.
[ -r manifest.old ] && earlier=manifest.old || earlier=/dev/null
secret=" $(awk -F'\t' 'FILENAME != "what" { if ($9 == "s") was[$1] = 1; next }
	$4 ~ /s/ || $7 in was { printf "%s ", $1 }' $earlier what 2>/dev/null)"
room=33554432
for file in old/*; do
	number=${file#old/}
	if [ -L "$file" ]; then
		put target "$number
$(readlink -- "$file")"
	elif [ -f "$file" ]; then
		sum=$(sha256sum <"$file")
		put sum "$number ${sum%% *}"
		size=$(wc -c <"$file")
		case $secret in *" $number "*) continue ;; esac
		[ "$((size))" -le 262144 ] && [ "$((size))" -le $room ] || continue
		room=$((room - size))
		whole "$file"
		[ "${#text}" != "$((size))" ] || put content "$number
$text"
	elif [ -d "$file" ]; then
		put directory "$number"
		put tree "$number $(look_dir "$file" whole)"
	fi
done
# Trees that an undo brought back from another act.
[ ! -s kept ] || while read -r number file; do
	[ ! -d "../$file" ] || [ -L "../$file" ] || put tree "$number $(look_dir "../$file" whole)"
done <kept
put end ''
