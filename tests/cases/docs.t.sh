#!/bin/bash
# Every verb and option is in the manual.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
page=$(sed 's/\\-/-/g' "$TESTS/../doc/drover.1")

# The part of the page that is about one verb.
part_of() { # VERB
	awk -v verb="$1" '/^\.S[hs] / { on = ($1 == ".Ss" && $2 == verb) } on' <<<"$page"
}

# check PART NAME: every long and short option of the help in $out is in PART.
check() {
	local line missing=
	while read -r line; do
		grep -qF -- "Fl -$line" <<<"$1" || missing="$missing --$line"
	done < <(sed -nE 's/^  (-., |    )--([a-z-]+).*/\2/p' <<<"$out")
	while read -r line; do
		grep -qF -- "Fl $line ," <<<"$1" || missing="$missing -$line"
	done < <(sed -nE 's/^  -(.), --.*/\1/p' <<<"$out")
	is "$missing" "" "$2: every option is in the manual"
}

exits 0 "help" drover help
verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\)  .*/\1/p' <<<"$out")
check "$(awk '/^\.Sh / { on = ($2 == "OPTIONS") } on' <<<"$page"
)" "drover"
for verb in $verbs; do
	part=$(part_of "$verb")
	like "$part" "^\.Ss $verb" "$verb is in the manual"
	exits 0 "help $verb" drover help "$verb"
	check "$part" "$verb"
done
documented=$(sed -n 's/^\.Ss \([a-z]*\).*/\1/p' <<<"$page")
is "$(sort <<<"$documented")" "$(sort <<<"$verbs")" "the manual has no verb that drover has not"
for code in $(seq 0 12) 70 124; do
	like "$page" "^\.It $code\$" "exit code $code is in the manual"
done
