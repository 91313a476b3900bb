#!/bin/sh
# How exposed a unit would be that is not there yet, by systemd's own measure: "score 1.4 OK", or "unscored WHY".
# Nothing is said of one that is there as it should be. For the measure its text must be a file for a moment.
look_native() { # UNIT DIGEST LINE...
	k_unit=$1
	k_sum=$(sha256sum <"/etc/systemd/system/$1")
	[ "${k_sum%% *}" != "$2" ] || return 0
	shift 2
	command -v systemd-analyze >/dev/null || {
		echo 'unscored it has no systemd-analyze'
		return 0
	}
	k_dir=$(umask 077 && mktemp -d) || {
		echo 'unscored there is no room for its text'
		return 0
	}
	printf '%s\n' "$@" >"$k_dir/$k_unit"
	k_text=$(timeout 20 systemd-analyze security --no-pager --offline=true "$k_dir/$k_unit" 2>&1 | tail -n 1)
	rm -rf "$k_dir"
	case $k_text in
	*"level for $k_unit: "[0-9]*)
		k_text=${k_text##*"level for $k_unit: "}
		k_word=${k_text#* }
		echo "score ${k_text%% *} ${k_word%% *}"
		;;
	*) echo "unscored its systemd-analyze cannot: $(printf %.120s "$k_text" | tr -d '\000-\037')" ;;
	esac
}
