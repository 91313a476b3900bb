#!/bin/sh
# shellcheck shell=sh disable=SC2034,SC2154
# The releases of apps that a host keeps, so that any seat can go back to one: releases/APP/ID holds
#   state      a line r APP ID PLAYBOOK DIGEST, one p RUN TIME SEAT WHO VERB for each act that put it there,
#              i NAME ID of its images, h DIGEST of contents that are secret; words between tabs
#   resources  what it was made of (playbooks/release_text.c)      f/DIGEST  contents
# Stands in the program of an act, before carry.sh, whose words it uses. The request brings, of each app
# that is to be as the plan says, release/APP/about, resources, files and images; release/verb, and in
# release/drop the releases that go.
tab='	'
release_files() { # TO DIRECTORY
	while read -r flag digest path; do
		if [ ! -e "$1/f/$digest" ]; then
			text=$({ cp --reflink=auto -- "$path" "$1/f/$digest" && chmod 600 "$1/f/$digest"; } 2>&1) || return 1
			sum=$(sha256sum <"$1/f/$digest")
			if [ "${sum%% *}" != "$digest" ]; then
				text="$path is not what was put there"
				return 1
			fi
		fi
		[ "$flag" != s ] || printf 'h\t%s\n' "$digest" >>"$1/state"
	done <"$2/files"
}
release_images() { # TO DIRECTORY
	while IFS= read -r name; do
		id=$(podman image inspect --format '{{.Id}}' -- "$name" 2>/dev/null 9>&-) || continue
		printf 'i\t%s\t%s\n' "$name" "$id" >>"$1/state"
	done <"$2/images"
}
release_put() { # DIRECTORY
	IFS=$tab read -r app id playbook book <"$1/about" || return 1
	to=$base/releases/$app/$id new=$base/releases/$app/.$id.new old=$base/releases/$app/.$id.old
	rm -rf "$new" "$old"
	text=$(mkdir -p "$new/f" 2>&1) || return 1
	printf 'r\t%s\t%s\t%s\t%s\n' "$app" "$id" "$playbook" "$book" >"$new/state" || return 1
	[ ! -r "$to/state" ] || grep "^p$tab" "$to/state" | grep -v "^p$tab$run$tab" | tail -n 19 >>"$new/state"
	printf 'p\t%s\t%s\t%s\t%s\n' "$run" "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" "$(cut -f 1,2 about)" \
		"$(cat release/verb)" >>"$new/state"
	release_files "$new" "$1" && release_images "$new" "$1" &&
		text=$(cp "$1/resources" "$new/resources" 2>&1) || return 1
	settle "$new"/* "$new"/f/* "$new" "$new/f"
	[ ! -e "$to" ] || mv -T "$to" "$old"
	text=$(mv -T "$new" "$to" 2>&1) || return 1
	rm -rf "$old"
	settle "$base/releases/$app"
}
# At the good end of an act; what cannot be kept is said in $unkept, and takes nothing back.
releases_keep() {
	unkept=''
	[ -d release ] || return 0
	set +f
	for one in release/*/; do
		[ -r "${one}about" ] || continue
		text=''
		release_put "${one%/}" || unkept="$unkept${unkept:+; }release of $(basename "$one") not kept: ${text:-the disk may be full}"
	done
	while read -r app id; do
		rm -rf "$base/releases/${app:?}/${id:?}"
		rmdir "$base/releases/$app" 2>/dev/null
	done <release/drop
	rm -rf "$base"/releases/*/.*.new
}
# What an image was is kept as long as the act that it came for.
tags_forget() {
	find $base -maxdepth 1 -name 'tagged.*' -mtime +0 2>/dev/null | while read -r one; do
		[ -d "$base/runs/${one##*/tagged.}" ] || rm -f "$one"
	done
}
# The act is taken back: it put no release there.
releases_back() {
	set +f
	for state in "$base"/releases/*/*/state; do
		grep -q "^p$tab$run$tab" "$state" 2>/dev/null || continue
		grep -v "^p$tab$run$tab" "$state" >"$state.new"
		if grep -q "^p$tab" "$state.new"; then
			settle "$state.new"
			mv -f "$state.new" "$state"
		else
			rm -rf "${state%/state}"
		fi
	done
}
# Names of images that came to others before this act, as image.sh told.
tags_back() {
	[ -r "$base/tagged.$run" ] || return 0
	while read -r name id <&5; do
		text=$(podman tag "$id" "$name" 2>&1 9>&- 5<&-) || failing "$name: $text" "podman tag $id $name"
	done 5<"$base/tagged.$run"
	rm -f "$base/tagged.$run"
}
