#!/bin/sh
# shellcheck disable=SC2034,SC2154
# Lays the file as it is now ready for the seat, as out/STEP, and says its size and digest. What other acts
# laid ready goes: at most 64 MiB wait here.
do_fetch() { # MAX DIGEST PATH shown|secret: the digest is of what the seat has already, or -
	[ -e "$3" ] || {
		text="$3: no such file"
		return 1
	}
	[ -f "$3" ] || {
		text="$3: no regular file"
		return 1
	}
	find "$base/runs" -mindepth 2 -maxdepth 2 -name out ! -path "$base/runs/$run/out" -exec rm -rf {} +
	mkdir -p out
	k_left=$((67108864 - $(find out -type f -exec cat {} + | wc -c)))
	[ "$1" -gt "$k_left" ] || k_left=$1
	text=$(timeout 300 head -c $((k_left + 1)) -- "$3" 2>&1 >out/new) || {
		rm -f out/new
		text="$3 cannot be read: $text"
		return 1
	}
	k_size=$(($(wc -c <out/new)))
	if [ "$k_size" -gt "$k_left" ]; then
		rm -f out/new
		text="$3: larger than the $k_left bytes that may come"
		return 1
	fi
	k_sum=$(sha256sum <out/new)
	k_sum=${k_sum%% *}
	if [ "$k_sum" = "$2" ]; then
		rm -f out/new
		state=ok text=''
		return 0
	fi
	mv -f out/new "out/$step" && settle "out/$step" out || {
		text="$3 cannot be laid ready"
		return 1
	}
	text="$k_size $k_sum"
	[ "$4" = shown ] || text=''
}
