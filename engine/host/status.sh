#!/bin/sh
# What a host is doing, in lines "key rest"; read by engine/status.c. Changes nothing.
# Tools that are missing leave their lines out.
echo "begin 1"
read -r up _ </proc/uptime && echo "uptime ${up%%.*}"
read -r a b c _ </proc/loadavg && echo "load $a $b $c"
read -r _ u n s i w q sq st _ </proc/stat && echo "cpu $((u + n + s + q + sq + st)) $((u + n + s + i + w + q + sq + st))"
while read -r k v _; do
	case $k in MemTotal: | MemAvailable:) echo "mem $k $v" ;; esac
done </proc/meminfo
n=0
while read -r k _; do case $k in processor) n=$((n + 1)) ;; esac; done </proc/cpuinfo
echo "cpus $n"
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
df -P / 2>/dev/null | { read -r _; read -r _ _ _ _ pct _ && echo "disk ${pct%\%}"; }
now=${up%%.*}
systemctl --version 2>/dev/null | { read -r _ v _ && echo "systemd $v"; }
systemctl show '*.service' '*.timer' '*.socket' --state=loaded --property=Id,LoadState,ActiveState,SubState,StateChangeTimestampMonotonic,FragmentPath,Description 2>/dev/null |
	awk -v now="$now" -F= '
	function flush() {
		if (id != "" && (active != "inactive" || mine))
			print "unit", id, load, active, sub_, (since > 0 ? now - int(since / 1000000) : -1), mine, text
		id = load = active = sub_ = text = ""; since = 0; mine = 0
	}
	$0 == "" { flush(); next }
	{ v = substr($0, length($1) + 2) }
	$1 == "Id" { id = v }
	$1 == "LoadState" { load = v }
	$1 == "ActiveState" { active = v }
	$1 == "SubState" { sub_ = v }
	$1 == "StateChangeTimestampMonotonic" { since = v }
	$1 == "FragmentPath" { mine = v ~ "^/etc/systemd/system/" }
	$1 == "Description" { text = v }
	END { flush() }'
command -v podman >/dev/null 2>&1 && {
	echo "podman $(podman version --format '{{.Client.Version}}' 2>/dev/null)"
	podman ps -a --format 'ctr {{.Names}} {{.Image}} {{.Status}}' 2>/dev/null
}
echo "end"
