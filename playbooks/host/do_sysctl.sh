#!/bin/sh
# shellcheck disable=SC2034
# Sets one kernel parameter now and at boot, or forgets about it; NOW is the value of now where it is
# not that of the boot.
do_sysctl() { # present|absent NAME VALUE [NOW]
	k_file=/etc/sysctl.d/60-drover-$(echo "$2" | tr / .).conf
	k_path=/proc/sys/$2
	[ -e "$k_path" ] || k_path=/proc/sys/$(echo "$2" | tr . /)
	if [ "$1" = absent ]; then
		text=$(rm -f "$k_file" 2>&1) || return 1
		[ $# = 3 ] || text=$({ printf '%s\n' "$4" >"$k_path"; } 2>&1)
		return
	fi
	if [ ! -e "$k_path" ]; then
		text="the kernel has no parameter $2"
		return 1
	fi
	text=$({ printf '%s\n' "${4-$3}" >"$k_path"; } 2>&1) || return 1
	text=$(mkdir -p /etc/sysctl.d && printf '%s = %s\n' "$2" "$3" >"$k_file.new" && chmod 644 "$k_file.new" &&
		sync "$k_file.new" && mv -f "$k_file.new" "$k_file" 2>&1)
}
