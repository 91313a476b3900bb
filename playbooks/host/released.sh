#!/bin/sh
# What a host keeps of the releases of one app, and which of them is in use. Changes nothing.
# Arguments: nonce, app. The reply is frames as in observe.sh: the lines of the manifest that are the app's,
# states, "ID", newline and the resources of each, and "DIGEST", newline, contents that may be shown.
app=$2
base=/var/lib/drover text=''
echo
put begin 1
if [ "$(id -u)" != 0 ]; then
	put refused "drover acts as root; this login is not"
	put end ''
	exit 0
fi
put manifest "$(app=$app awk -F'\t' '$3 == ENVIRON["app"]' $base/manifest 2>/dev/null)"
put releases "$(cat "$base/releases/$app"/*/state 2>/dev/null)"
room=33554432 told=''
for dir in "$base/releases/$app"/*/; do
	[ -r "${dir}resources" ] || continue
	id=${dir%/}
	id=${id##*/}
	[ "$(wc -c <"${dir}resources")" -gt 4000000 ] || put resources "$id
$(cat "${dir}resources")"
	for file in "$dir"f/*; do
		digest=${file##*/}
		case " $told " in *" $digest "*) continue ;; esac
		told="$told $digest"
		! grep -q "^h	$digest\$" "${dir}state" || continue
		size=$(wc -c <"$file") || continue
		[ "$((size))" -le 262144 ] && [ "$((size))" -le $room ] || continue
		room=$((room - size))
		whole "$file"
		[ "${#text}" != "$((size))" ] || put content "$digest
$text"
	done
done
put end ''
