#!/bin/sh
# Prints a unit's journal. Changes nothing.
# Arguments: journalctl's own.
command -v journalctl >/dev/null || {
	echo "this host has no journal" >&2
	exit 1
}
exec journalctl --no-pager --quiet --output=short-iso "$@"
