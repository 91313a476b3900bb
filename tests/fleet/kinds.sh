# shellcheck shell=bash disable=SC2154
# What the cases of podman's kinds need beside case.sh: looks at hosts and playbooks. Sourced.

walk() { # HOST: what these kinds could touch, with inodes and times
	# shellcheck disable=SC2016
	on "$1" 'find /etc /home /var/lib/drover /var/lib/containers /var/lib/systemd/linger -printf "%i %T@ %m %U %p\n" | sort -k5'
}
book() { # NAME [KEYS]: its tasks from standard input
	{
		printf 'name: %s\nhosts: "%s"\nrollout: {canary: 2, max_fail: 100%%}\ntasks:\n' "$1" "${2:-web[1-2]}"
		cat
	} >"$CASE/$1.yaml"
}
answers() { # HOST PORT
	local address
	address=$(sed -n "s/.* $1: {address: \([0-9.]*\).*/\1/p" "$DROVER_INVENTORY")
	[ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' "http://$address:$2/")" != 000 ]
}
