#!/bin/sh
# shellcheck shell=sh disable=SC2034,SC2154
# A reboot that is a step of an act. Before it the act writes down what it has to know, and a unit on
# the disk that the next boot starts; until that goes on, as `program RUN boot`, the lock of the host
# is promised to it by the file `pending`. Stands in the program of an act, before carry.sh, whose words
# it uses.
boot_unit=/etc/systemd/system/drover-boot-$1.service
boot_link=/etc/systemd/system/multi-user.target.wants/drover-boot-$1.service
skip=0 at=0 was='' left_at=0 since=$(date +%s)
keep_state() {
	printf %s "$temps" >state.temps && printf %s "$made" >state.made &&
		printf '%s\n' "skip=$at step=$step was=$boot since=$since left_at=$(date +%s)" \
			"ended='$ended' changed=$changed" >state && settle state state.temps state.made .
}
promise() {
	(umask 022 && mkdir -p "${boot_link%/*}") && printf '%s\n' "[Unit]" \
		"Description=drover run $run, behind its reboot" "After=multi-user.target" "[Service]" \
		"ExecStart=/bin/sh $PWD/program $run boot" "StandardOutput=null" "StandardError=null" \
		"RuntimeMaxSec=$(systemctl show -p RuntimeMaxUSec --value "drover-$run.service")" >"$boot_unit" &&
		chmod 644 "$boot_unit" && ln -sf "$boot_unit" "$boot_link" && printf '%s\n' "$run" >$base/pending &&
		settle "$boot_unit" "${boot_unit%/*}" "${boot_link%/*}" $base/pending $base
}
withdraw() {
	rm -f "$boot_unit" "$boot_link" $base/pending state state.temps state.made
}
# Whether the lock is promised to another run that may still come.
promised() {
	[ -s $base/pending ] || return 1
	read -r other <$base/pending
	case $(systemctl is-system-running 2>/dev/null) in initializing | starting | stopping) return 0 ;; esac
	case $(systemctl is-active "drover-boot-$other.service" 2>/dev/null) in active | activating) return 0 ;; esac
	rm -f "/etc/systemd/system/drover-boot-$other.service" $base/pending \
		"/etc/systemd/system/multi-user.target.wants/drover-boot-$other.service"
	return 1
}
go_on() {
	# shellcheck source=/dev/null
	. ./state || exit 1
	[ "$was" != "$boot" ] || exit 1
	trap 'abort "$by_signal"' TERM
	seq=$(awk '$1 + 0 > n { n = $1 + 0 } END { print n + 0 }' result)
	[ -z "$(tail -c 1 result)" ] || echo >>result
	temps=$(cat state.temps) made=$(cat state.made)
	flock -w 60 9 || leave failed "another run took the host's lock over the reboot: $(cat $base/lock)"
	withdraw
	touched=1
	text="boot $was -> $boot, $(($(date +%s) - left_at)) s"
}
