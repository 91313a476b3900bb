#!/bin/sh
# Has an act that ended on this host taken back, as a unit of its own, and goes on as follow.sh, which
# is joined to it. Arguments: nonce, run.
umask 077
# shellcheck disable=SC2034
word=return run=$2
dir=/var/lib/drover/runs/$run
refuse() { # KIND TEXT
	put "$1" "$2"
	put end ''
	exit 1
}
echo
put begin 1
[ "$(id -u)" = 0 ] || refuse refused "drover acts as root; this login is not"
[ -r "$dir/program" ] && [ -r "$dir/result" ] || refuse refused "the host does not know this run any more"
# An act that is still at work, or is being stopped, comes first; one that changed nothing, or took itself back, is only
# followed. What stands behind an end is the taking back.
unheard=0
over() {
	case $(systemctl is-active "drover-$run.service" 2>/dev/null) in
	inactive | failed | unknown) return 0 ;;
	'')
		# A host that goes down takes this with it; one that does not is no host to start anything on.
		unheard=$((unheard + 1))
		[ $unheard -lt 300 ] || refuse refused "systemd does not answer"
		;;
	esac
	return 1
}
until over; do sleep 0.1; done
changed() {
	case $(tail -n 1 "$dir/result") in
	*' end changed '*) return 0 ;;
	*' end '*) return 1 ;;
	esac
}
go_back() {
	seq=$(awk '$1 + 0 > n { n = $1 + 0 } END { print n + 0 }' "$dir/result")
	read -r boot </proc/sys/kernel/random/boot_id
	read -r up rest </proc/uptime
	: "$rest"
	printf '%s %s %s back -\n' $((seq + 1)) "$boot" "$up" >>"$dir/result"
	sync "$dir/result" 2>/dev/null || sync
	text=$(systemd-run --quiet --no-block --collect --unit="drover-$run" --description="drover takes back run $run" \
		-p RuntimeMaxSec=3600 -p StandardOutput=null -p StandardError=null \
		/bin/sh "$dir/program" "$run" back run 2>&1) || refuse refused "systemd-run: $text"
}
if changed; then go_back; fi
put started ''
