#!/bin/sh
# What a host is doing, in lines "key rest"; read by engine/status.c. Changes nothing.
# Tools that are missing leave their lines out. A line "+ key rest" is about the unit or container above
# it, and what stands behind "scope USER" is that user's. With the argument "short" only numbers come, and
# a stamp that is another when a unit or container came, went or failed since.
echo "begin 1"
[ "$1" = short ] && echo short
read -r up _ </proc/uptime && echo "uptime ${up%%.*}" && echo "tick ${up%%.*}${up#*.}"
read -r a b c _ </proc/loadavg && echo "load $a $b $c"
read -r _ u n s i w q sq st _ </proc/stat && echo "cpu $((u + n + s + q + sq + st)) $((u + n + s + i + w + q + sq + st))"
while read -r k v _; do
	case $k in
	MemTotal:) echo "mem $k $v" ;;
	MemAvailable:) echo "mem $k $v" && break ;;
	esac
done </proc/meminfo
c=/sys/fs/cgroup
[ -d $c/system.slice ] || c=$c/systemd
# A cgroup has its inode until its unit ends: one that was restarted has another.
echo "stamp $(
	{
		ls -di $c/system.slice/*.service $c/machine.slice/*.scope $c/user.slice/*/*/*/*.service
		systemctl show --property=NFailedUnits
	} 2>/dev/null | cksum
)"
awk 'NR > 2 { sub(/:/, " "); if ($1 != "lo" && $1 !~ /^veth/ && n++ < 64) print "net", $1, $2, $10 }' /proc/net/dev 2>/dev/null
if [ "$1" = short ]; then
	df -Pk / 2>/dev/null | awk 'NR == 2 { sub(/%/, "", $5); print "disk", $5 }'
	echo "end"
	exit 0
fi
read -r v </sys/devices/system/cpu/online && echo "cpus $v"
id='' version=''
[ -r /etc/os-release ] && while IFS='=' read -r k v; do
	v=${v#\"} v=${v%\"}
	case $k in ID) id=$v ;; VERSION_ID) version=$v ;; esac
done </etc/os-release
echo "os ${id:-unknown}${version:+-$version}"
read -r v </proc/sys/kernel/osrelease && echo "kernel $v"
echo "arch $(uname -m)"
read -r v </proc/sys/kernel/random/boot_id && echo "boot-id $v"
[ -r /etc/machine-id ] && read -r v </etc/machine-id && echo "machine-id $v"
now=$(date +%s) && echo "now $now"
v=$(readlink /etc/localtime 2>/dev/null) && echo "tz ${v##*zoneinfo/}"
{ df -PkTl || df -Pk / | awk '{ $1 = $1 " -"; print }'; } 2>/dev/null | awk '
	NR == 1 || $2 ~ /^(tmpfs|devtmpfs|ramfs|squashfs|efivarfs|iso9660)$/ || n > 63 { next }
	{
		at = $7; for (i = 8; i <= NF; i++) at = at " " $i
		if ($2 == "overlay" && at != "/" || at ~ "^/(run|proc|sys|dev)/" || at ~ "/containers/storage/") next
		sub(/%/, "", $6)
		if (at == "/") print "disk", $6
		print "fs", $2, $3, $4, $6, at
		n++
	}'
ip -o addr show scope global 2>/dev/null | awk 'NR < 65 { print "addr", $2, $4 }'
# Units, from what show prints: those that are active, failed, or were put there by hand. systemd forgets
# those that do not run, so their files name them.
put() { # DIRECTORY...: names of the units whose files are there
	for d in "$@"; do
		for f in "$d"/*; do
			f=${f##*/}
			case $f in
			*@.* | *[!A-Za-z0-9:_.@-]*) ;;
			*.container) echo "${f%.*}.service" ;;
			*.service | *.timer | *.socket) echo "$f" ;;
			esac
		done
	done | head -n 512
}
units() { # [--user HOME]
	if [ "$1" ]; then
		names=$(put "$2/.config/systemd/user" "$2/.config/containers/systemd")
	else
		names=$(put /etc/systemd/system /etc/containers/systemd)
	fi
	# shellcheck disable=SC2086
	systemctl ${1:+"$1"} show '*.service' '*.timer' '*.socket' '*.mount' '*.path' $names --property=Id,LoadState,ActiveState,SubState,StateChangeTimestampMonotonic,FragmentPath,SourcePath,Description,Result,NRestarts,ExecMainStatus,MemoryCurrent,CPUUsageNSec 2>/dev/null |
		awk -v now="${up%%.*}" -v quiet="$1" -F= '
		function more(key, text, none) { if (text != "" && text != none) print "+", key, text }
		function flush() {
			if (id in seen || load != "loaded") id = ""
			seen[id] = 1
			mine = path ~ "^/etc/systemd/" || path ~ "/[.]config/systemd/user/" || source ~ "/containers/systemd/"
			if (id != "" && (active != "inactive" || mine) && (active == "failed" || mine || id !~ (quiet ? "[.](mount|path|socket)$" : "[.](mount|path)$"))) {
				print "unit", id, load, active, sub_, (since > 0 ? now - int(since / 1000000) : -1), mine, text
				if (active == "failed" || mine) more("path", source == "" ? path : source, "")
				more("result", result, "success"); more("restarts", restarts, "0"); more("exit", status, "0")
				if (memory ~ /^[0-9]+$/ && length(memory) < 16) more("memory", memory, "0")
				if (cpu ~ /^[0-9]+$/ && length(cpu) < 19) more("cpu", cpu, "0")
			}
			id = load = active = sub_ = text = path = source = result = restarts = status = memory = cpu = ""; since = 0
		}
		$0 == "" { flush(); next }
		{ v = substr($0, length($1) + 2) }
		$1 == "Id" { id = v }
		$1 == "LoadState" { load = v }
		$1 == "ActiveState" { active = v }
		$1 == "SubState" { sub_ = v }
		$1 == "StateChangeTimestampMonotonic" { since = v }
		$1 == "FragmentPath" { path = v }
		$1 == "SourcePath" { source = v }
		$1 == "Description" { text = v }
		$1 == "Result" { result = v }
		$1 == "NRestarts" { restarts = v }
		$1 == "ExecMainStatus" { status = v }
		$1 == "MemoryCurrent" { memory = v }
		$1 == "CPUUsageNSec" { cpu = v }
		END { flush() }'
	systemctl ${1:+"$1"} list-timers --all --no-pager -o json 2>/dev/null | awk -v now="$now" -v RS='}' '
		function at(key) {
			if (!match($0, "\"" key "\":(\"[^\"]*\"|[0-9]+)")) return ""
			v = substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
			gsub(/"/, "", v)
			return v
		}
		function away(us) { return us > 0 ? int(us / 1000000) - now : "-" }
		/"unit"/ && at("unit") ~ /[.]timer$/ && n++ < 256 { u = at("unit"); a = at("activates"); print "timer", u, (a == "" ? "-" : a), away(at("next")), away(at("last")) }'
}
# One that runs a directory has no image, whose id podman fails to shorten.
containers() {
	"$@" podman ps -a --no-trunc --format 'ctr {{.Names}} {{if .Image}}{{.Image}}{{else}}-{{end}} {{.Status}}
+ id {{.ID}}
+ image-id {{.ImageID}}
+ ports {{.Ports}}
+ labels {{.Labels}}' 2>/dev/null | awk '
		$2 ~ /^(image-)?id$/ { $3 = substr($3, 1, 12) }
		$1 == "ctr" || NF > 2 && $2 != "labels" && $3 != "" { print; next }
		$2 == "labels" && match($0, /PODMAN_SYSTEMD_UNIT:[^] ]+/) { print "+ unit", substr($0, RSTART + 20, RLENGTH - 20) }'
}
me=$(id -u)
systemctl --version 2>/dev/null | { read -r _ v _ && echo "systemd $v"; }
units
if command -v podman >/dev/null 2>&1; then
	podman --version 2>/dev/null | { read -r _ _ v _ && echo "podman $v"; }
	[ "$me" = 0 ] && containers
fi
# Users whose own manager runs: as root all that keep units or containers, else the login.
n=0
for d in /run/user/*; do
	user=${d##*/}
	[ "$user" = 0 ] && continue
	[ -S "$d/systemd/private" ] && [ $n -lt 8 ] || continue
	entry=$(getent passwd "$user" 2>/dev/null) || continue
	name=${entry%%:*}
	home=${entry%:*} && home=${home##*:}
	if [ "$me" != "$user" ]; then
		[ "$me" = 0 ] || continue
		[ -d "$home/.config/systemd/user" ] || [ -d "$home/.config/containers/systemd" ] ||
			[ -d "/etc/containers/systemd/users" ] || [ -d "$home/.local/share/containers/storage" ] || continue
	fi
	n=$((n + 1))
	echo "scope $name"
	(
		cd /
		export HOME="$home" USER="$name" XDG_RUNTIME_DIR="$d" DBUS_SESSION_BUS_ADDRESS="unix:path=$d/bus"
		group=${entry#*:*:*:} && group=${group%%:*} as=env
		[ "$me" = "$user" ] || as="setpriv --reuid=$user --regid=$group --init-groups"
		# shellcheck disable=SC2086
		systemctl() { $as systemctl "$@"; }
		units --user "$home"
		# shellcheck disable=SC2086
		[ -d "$home/.local/share/containers/storage" ] && command -v podman >/dev/null 2>&1 && containers $as
	)
done
echo "end"
