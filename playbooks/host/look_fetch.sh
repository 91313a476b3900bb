#!/bin/sh
# What the file is that is to be fetched: "file SIZE DIGEST", "large SIZE", "none" or "other". A file that
# is larger than may come is not read.
look_fetch() { # MAX PATH
	if [ ! -e "$2" ]; then
		echo none
	elif [ ! -f "$2" ]; then
		echo other
	else
		k_size=$(stat -L -c %s -- "$2")
		if [ "$k_size" -gt "$1" ]; then
			echo "large $k_size"
		else
			k_sum=$(timeout 300 head -c $(($1 + 1)) -- "$2" | sha256sum)
			echo "file $k_size ${k_sum%% *}"
		fi
	fi
}
