#!/bin/sh
# shellcheck disable=SC2034
# Sets one kernel parameter now and at boot, or forgets about it; NOW is the value of now where it is
# not that of the boot. What the kernel does not take is not kept for the next boot either.
k_sysctl_set() { # PATH NAME VALUE
	if [ ! -e "$1" ]; then
		text="the kernel has no parameter $2"
		return 1
	fi
	text=$({ env printf '%s\n' "$3" >"$1"; } 2>&1)
	k_status=$?
	if [ $k_status != 0 ]; then
		text="the kernel does not take \"$3\" for $2: ${text##*: }"
		return 1
	fi
	k_blank=$(printf ' \t')
	k_now=$(tr -s "$k_blank" ' ' <"$1" | head -n 1)
	[ "${k_now% }" != "$3" ] || return 0
	text="the kernel made $2 \"$k_now\" of \"$3\": say it as the kernel does"
	return 1
}
do_sysctl() { # present|absent PATH FILE NAME VALUE [NOW]
	if [ "$1" = absent ]; then
		text=$(rm -f "$3" 2>&1) || return 1
		settle "${3%/*}"
		[ $# = 5 ] || k_sysctl_set "$2" "$4" "$6"
		return
	fi
	k_sysctl_set "$2" "$4" "${6-$5}" || return 1
	text=$({ mkdir -p "${3%/*}" && printf '%s = %s\n' "$4" "$5" >"$3.new" && chmod 644 "$3.new" &&
		settle "$3.new" && mv -f "$3.new" "$3" && settle "${3%/*}"; } 2>&1) || return 1
}
