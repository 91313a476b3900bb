#!/bin/sh
# shellcheck disable=SC2034
# Makes, makes anew or removes a network of podman's.
do_network() { # create|renew|absent|keep USER NAME force|- OPTION...
	k_op=$1 k_who=$2 k_name=$3 k_force=$4
	shift 4
	case $k_op in
	renew | absent)
		if as_user "$k_who" podman network exists "$k_name" 2>/dev/null; then
			network_leave || return 1
		fi
		;;
	esac
	case $k_op in
	create | renew)
		text=$(as_user "$k_who" podman network create "$@" -- "$k_name" 2>&1) || return 1
		;;
	esac
	text=''
}
network_leave() {
	k_used=$(as_user "$k_who" podman ps -a --filter "network=$k_name" --format '{{.Names}}' 2>/dev/null | tr '\n' ' ')
	if [ -n "$k_used" ] && [ "$k_force" != force ]; then
		text="the network is used by containers: ${k_used% } (force: true removes them with it)"
		return 1
	fi
	if [ "$k_force" = force ]; then
		text=$(as_user "$k_who" podman network rm -f -- "$k_name" 2>&1)
	else
		text=$(as_user "$k_who" podman network rm -- "$k_name" 2>&1)
	fi
}
