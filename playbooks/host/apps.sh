#!/bin/sh
# What drover put on a host as apps and units, and how that stands there now: a line each, its words parted by
# tabs, read by playbooks/sighting.c. Changes nothing. Standard input: names of units that are wanted, a line each.
base=/var/lib/drover
tab='	' nl='
'
echo "begin 1"
[ "$(id -u)" != 0 ] || echo root
wanted=$(head -c 262144)
known=''
if [ -r $base/manifest ]; then
	[ "$(tr -cd '\0' <$base/manifest | head -c 1 | wc -c)" -eq 0 ] || echo damaged
	known=$(head -c 4194304 $base/manifest | tr -d '\0' |
		awk -F'\t' 'NF < 5 { print "damaged"; next } /^(user)?unit / || ($3 != "-" && /^(file|image) /)')
	printf '%s\n' "$known" | awk '$0 == "damaged" { print; next } $0 != "" { print "m\t" $0 }'
fi
[ ! -r $base/journal ] || tail -n 20 $base/journal | tail -c 65536 | awk '{ print "j\t" $0 }'
cat $base/releases/*/*/state 2>/dev/null | head -c 2097152 | awk '{ print "l\t" $0 }'
set -f
IFS=$nl
# A user's own unit is USER/UNIT.
units=$({
	printf '%s\n' "$known" | awk -F'\t' 'sub(/^unit /, "", $1) { print $1 }
		sub(/^userunit /, "", $1) { split($1, w, " of "); print w[2] "/" w[1] }'
	printf '%s\n' "$wanted"
} | grep -E '^([A-Za-z0-9_.-]+/)?[A-Za-z0-9:_.@\\-]+$' | sort -u | head -n 4096)
read -r up _ </proc/uptime
told() { # USER/, or nothing: what systemctl says of units
	awk -v now="${up%%.*}" -v whose="$1" -F= '
	function flush(	since) {
		since = v["StateChangeTimestampMonotonic"] / 1000000
		if (v["Id"] != "")
			print "u", whose v["Id"], v["LoadState"], v["ActiveState"], v["SubState"], v["UnitFileState"], v["NRestarts"] + 0,
				(since > 0 ? now - int(since) : -1), v["NeedDaemonReload"], v["FragmentPath"], v["DropInPaths"],
				v["Result"], v["Description"]
		split("", v)
	}
	BEGIN { OFS = "\t" }
	$0 == "" { flush(); next }
	{ v[$1] = substr($0, length($1) + 2); gsub(/\t/, " ", v[$1]) }
	END { flush() }'
}
show=Id,LoadState,ActiveState,SubState,UnitFileState,NRestarts,StateChangeTimestampMonotonic
show=$show,NeedDaemonReload,FragmentPath,DropInPaths,Result,Description
IFS=$nl
own=$(printf '%s\n' "$units" | grep -v /)
# shellcheck disable=SC2086
[ -z "$own" ] || systemctl show -p $show -- $own 2>/dev/null | told ''
# With the rights of the user and no more.
as() { # USER COMMAND...
	uid=$(id -u -- "$1") && gid=$(id -g -- "$1") && home=$(getent passwd "$1" | cut -d: -f6) || return 1
	name=$1
	shift
	(cd / && exec setpriv --reuid "$uid" --regid "$gid" --init-groups env -i HOME="$home" USER="$name" LC_ALL=C \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin XDG_RUNTIME_DIR="/run/user/$uid" \
		DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" "$@")
}
users=''
[ "$(id -u)" != 0 ] || users=$(printf '%s\n' "$units" | sed -n 's,/.*,,p' | sort -u | head -n 64)
for user in $users; do
	id -u -- "$user" >/dev/null 2>&1 || continue
	its=$(printf '%s\n' "$units" | sed -n "s,^$user/,,p")
	# shellcheck disable=SC2086
	as "$user" systemctl --user show -p $show -- $its 2>/dev/null | told "$user/"
	# shellcheck disable=SC2016,SC2086
	as "$user" sh -c 'cd "$HOME/.config/systemd/user" 2>/dev/null || cd /proc/self/task || exit 1
		for unit; do
			if [ -f "$unit" ] && [ ! -L "$unit" ]; then
				stat -c "t	%Y	$0/$unit" -- "$unit"
				printf "s\t%s  %s\n" "$(sha256sum <"$unit" | cut -c1-64)" "$0/$unit"
			elif [ -e "$unit" ] || [ -L "$unit" ]; then
				printf "f\to\t0\t-\t%s\n" "$0/$unit"
			else
				printf "f\t-\t0\t-\t%s\n" "$0/$unit"
			fi
		done' "$user" $its 2>/dev/null | head -c 1048576
done
# Every file drover put there for an app, and the files of units: what it is now.
files=''
for path in $(printf '%s\n' "$known" | awk -F'\t' '
	sub(/^file /, "", $1) { print $1 }
	sub(/^unit /, "", $1) { print "/etc/systemd/system/" $1 }'); do
	if [ -f "$path" ] && [ ! -L "$path" ]; then
		files=$files$nl$path
	elif [ -e "$path" ] || [ -L "$path" ]; then
		echo "f${tab}o${tab}0${tab}-$tab$path"
	else
		echo "f${tab}-${tab}0${tab}-$tab$path"
	fi
done
# shellcheck disable=SC2086
[ -z "$files" ] || {
	printf '%s\0' $files | xargs -0 stat -c "t$tab%Y$tab%n" -- 2>/dev/null
	printf '%s\0' $files | xargs -0 sha256sum -- 2>/dev/null | awk '{ print "s\t" $0 }'
}
command -v podman >/dev/null 2>&1 && {
	timeout 20 podman images --no-trunc --format "i$tab{{.Repository}}:{{.Tag}}$tab{{.ID}}" 2>/dev/null | head -c 524288
	echo containers
	timeout 20 podman ps -a --no-trunc --format \
		"c$tab{{.Names}}$tab{{.ID}}$tab{{.ImageID}}$tab{{.Image}}$tab{{.Status}}" 2>/dev/null | head -c 1048576
	for user in $users; do
		as "$user" timeout 20 podman ps -a --no-trunc --format \
			"c$tab$user/{{.Names}}$tab{{.ID}}$tab{{.ImageID}}$tab{{.Image}}$tab{{.Status}}" 2>/dev/null |
			grep "^c$tab$user/" | head -c 262144
	done
}
echo end
