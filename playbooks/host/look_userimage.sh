#!/bin/sh
# What a user's own store says of an image, as it lies there; of all where none is named.
look_userimage() { # USER [IMAGE]
	set +f
	for k_file in "$(store_of "$1")"/*-images/images.json; do
		[ -r "$k_file" ] || continue
		if [ "$2" ]; then
			echo "images [$(tr -d '\n' <"$k_file" | sed 's/{"id":/\n{"id":/g' | grep -F "\"$2\"" | sed 's/[],[:space:]]*$//' | paste -sd, -)]"
		else
			echo "images $(tr -d '\n' <"$k_file")"
		fi
	done
}
