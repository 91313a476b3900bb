#!/bin/sh
# A unit of a user's own: its file, read with that user's rights, and its state. Of an app's: whether the user
# lacks a network, and may not listen on a port.
look_userunit() { # USER UNIT CONTAINER|- [NETWORK|- PORT|-]
	id -u -- "$1" >/dev/null || return 0
	# shellcheck disable=SC2016
	as_user "$1" sh -c 'cd "$HOME/.config/systemd/user" && [ -f "$0" ] || exit 0
		echo "digest $(sha256sum <"$0" | cut -c1-64)"
		[ "$(wc -c <"$0")" -gt 65536 ] || echo "content $(base64 <"$0" | tr -d "\n")"' "$2"
	if [ "$3" != - ]; then
		set +f
		for k_file in "$(store_of "$1")"/*-containers/*containers.json "/run/user/$(id -u -- "$1")/containers"/*-containers/*containers.json; do
			[ -r "$k_file" ] || continue
			! tr -d ' \t\n' <"$k_file" | grep -qF "\"names\":[\"$3\"" || echo container
		done | head -n 1
		set -f
	fi
	case $4 in
	'' | -) ;;
	*)
		[ -e "$(store_of "$1")/networks/$4.json" ] || [ -e "$(home_of "$1")/.config/cni/net.d/$4.conflist" ] ||
			echo nonetwork
		;;
	esac
	k_least=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null)
	case $5 in '' | -) ;; *) [ "$5" -ge "${k_least:-1024}" ] || echo "lowport ${k_least:-1024}" ;; esac
	manager_of "$1" || return 0
	as_user "$1" systemctl --user show -p LoadState -p ActiveState -p UnitFileState -- "$2" | sed 's/=/ /'
}
