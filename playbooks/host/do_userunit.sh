#!/bin/sh
# shellcheck disable=SC2034,SC2154
# A unit of a user's own: writes or removes its file, enables and starts it. All of it is done with that
# user's rights, so that no link leads anywhere they could not go themselves.
do_userunit() { # USER UNIT write|keep|remove VERB|- enable|disable|- [CONTENT]
	k_who=$1 k_unit=$2
	if ! manager_of "$k_who"; then
		text="the service manager of $k_who does not run"
		return 1
	fi
	case $3 in
	write) userunit_write "$6" || return 1 ;;
	remove)
		userunit_manager stop "$k_unit" >/dev/null 2>&1
		userunit_manager disable --no-reload "$k_unit" >/dev/null 2>&1
		# shellcheck disable=SC2016
		text=$(as_user "$k_who" sh -c 'rm -f "$HOME/.config/systemd/user/$0"' "$k_unit" 2>&1) || return 1
		text=$(userunit_manager daemon-reload 2>&1) || return 1
		return 0
		;;
	esac
	if [ "$5" != - ]; then
		text=$(userunit_manager "$5" --no-reload "$k_unit" 2>&1) || return 1
	fi
	if [ "$3" = write ]; then
		text=$(userunit_manager daemon-reload 2>&1) || return 1
	fi
	[ "$4" = - ] || userunit_verb "$4" || return 1
	text=''
}
userunit_manager() { # WORD...
	as_user "$k_who" systemctl --user "$@"
}
userunit_lines() {
	journalctl -q --no-pager -o cat -n 8 _SYSTEMD_USER_UNIT="$k_unit" _UID="$(id -u -- "$k_who")" + \
		USER_UNIT="$k_unit" _UID="$(id -u -- "$k_who")" 2>/dev/null
}
userunit_write() { # CONTENT
	# shellcheck disable=SC2016
	text=$(printf '%s' "$1" | as_user "$k_who" sh -c 'umask 022
		stage=$XDG_RUNTIME_DIR/drover-$1
		place=$HOME/.config/systemd/user
		trap "rm -rf \"\$stage\"" EXIT
		rm -rf "$stage" && mkdir "$stage" && cat >"$stage/$0" && mkdir -p "$place" || exit 1
		said=$(SYSTEMD_UNIT_PATH=$stage: systemd-analyze --user verify --man=no --recursive-errors=no "$stage/$0" 2>&1) || {
			printf "systemd-analyze verify: %s" "$said"
			exit 1
		}
		cp "$stage/$0" "$place/.$0.drover" && sync "$place/.$0.drover" &&
			mv -fT "$place/.$0.drover" "$place/$0" && sync "$place"' "$k_unit" "$run" 2>&1)
}
userunit_verb() { # VERB
	case $1 in start | restart) userunit_manager reset-failed "$k_unit" 2>/dev/null ;; esac
	text=$(userunit_manager "$1" "$k_unit" 2>&1) || {
		text="$text
$(userunit_lines)"
		return 1
	}
	[ "$1" != stop ] || return 0
	k_state=$(userunit_manager show -p ActiveState --value "$k_unit")
	case $k_state in
	active | reloading) return 0 ;;
	inactive)
		[ "$(userunit_manager show -p Type --value "$k_unit")" = oneshot ] &&
			[ "$(userunit_manager show -p Result --value "$k_unit")" = success ] && return 0
		;;
	esac
	text="$k_unit is $k_state
$(userunit_lines)"
	return 1
}
