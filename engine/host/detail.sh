#!/bin/sh
# One unit or container: "brief" in lines "key rest" and "log TIME TEXT", read by engine/detail.c; "describe"
# and "file" as text for people. Changes nothing.
# Arguments: brief|describe|file unit|container USER-or-nothing NAME.
what=$1 kind=$2 user=$3 name=$4
as='' scope='' by=''
if [ "$user" ]; then
	entry=$(getent passwd "$user") || { echo "there is no user $user" >&2; exit 1; }
	uid=${entry#*:*:} && uid=${uid%%:*} home=${entry%:*} && home=${home##*:} group=${entry#*:*:*:} && group=${group%%:*}
	export HOME="$home" USER="$user" XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus"
	[ "$(id -u)" = "$uid" ] || as="setpriv --reuid=$uid --regid=$group --init-groups"
	scope=--user by="_UID=$uid"
	cd / || exit 1
fi
# shellcheck disable=SC2086
sys() { $as systemctl $scope --no-pager "$@"; }
# shellcheck disable=SC2086
pod() { $as podman "$@"; }
log() { # log MATCH...: the last lines, oldest first
	journalctl --no-pager --quiet --output=short-unix --lines=40 "$@" 2>/dev/null |
		awk '{ t = $1; sub(/[.].*/, "", t); $1 = $2 = ""; sub(/^ +[^ ]*: /, ""); if (t ~ /^[0-9]+$/) print "log", t, $0 }'
}
case $what-$kind in
brief-unit)
	echo "begin 1"
	sys show --property=MainPID,Result,ExecMainCode,ExecMainStatus,NRestarts,StartLimitBurst,UnitFileState,FragmentPath,SourcePath,DropInPaths,User,Requires,BindsTo,Wants,Triggers,TriggeredBy,TasksCurrent,MemoryCurrent,ExecStart -- "$name" 2>/dev/null |
		awk -F= '$2 != "" { print $1, substr($0, length($1) + 2) }'
	if [ "$user" ]; then
		log "$by" "_SYSTEMD_USER_UNIT=$name" + "$by" "USER_UNIT=$name"
	else
		space=$(systemctl show -p LogNamespace --value -- "$name" 2>/dev/null)
		{
			log "--unit=$name" ${space:+"--namespace=+$space"}
			conf=/etc/drover/apps/${name%-*}/log-${name##*-} conf=${conf%.service}
			[ ! -r "$conf" ] || perl "${conf%/*}/logfile.pl" last "$conf" 40 | sed 's/^/log /'
		} | sort -s -n -k2,2
	fi
	echo "end"
	;;
brief-container)
	echo "begin 1"
	pod inspect --type container --format 'MainPID {{.State.Pid}}
State {{.State.Status}}
ExecMainStatus {{.State.ExitCode}}
NRestarts {{.RestartCount}}
ImageName {{.ImageName}}
Image {{.Image}}
Driver {{.HostConfig.LogConfig.Type}}
Command {{range .Config.Cmd}}{{.}} {{end}}
Error {{.State.Error}}
{{range .Mounts}}Mount {{.Source}} on {{.Destination}}
{{end}}' -- "$name" 2>/dev/null | grep ' ..*'
	pod logs --tail 40 --timestamps -- "$name" 2>&1 | awk '{ t = $1; $1 = ""; sub(/^ /, ""); print "stamped", t, $0 }'
	echo "end"
	;;
describe-unit)
	sys status --full --lines=0 -- "$name" 2>&1
	echo
	sys show --all -- "$name" 2>&1
	;;
describe-container)
	pod inspect --type container -- "$name" 2>&1
	;;
file-unit)
	sys cat -- "$name" 2>&1
	;;
*)
	echo "not asked for anything that is known" >&2
	exit 1
	;;
esac
