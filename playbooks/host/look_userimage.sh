#!/bin/sh
# The images of a user's own store, as they lie there.
look_userimage() { # USER
	set +f
	for k_file in "$(store_of "$1")"/*-images/images.json; do
		[ ! -r "$k_file" ] || echo "images $(tr -d '\n' <"$k_file")"
	done
}
