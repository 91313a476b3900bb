#!/bin/bash
# The console within tmux, by terminal type: it opens, every screen comes by its digit, it leaves a shell
# that works. Anchors are waited for, never times.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
server=drover-case-$$ servers=0
mux() { tmux -L "$server" -f /dev/null "$@"; }
finish() {
	mux kill-server 2>/dev/null
	case_end
}
trap finish EXIT

shows() { mux capture-pane -p | grep -qF -- "$1"; }
sees() { # TEXT NAME
	if wait_for 30 shows "$1"; then pass "$2"; else fail "$2" "no '$1' on:" "$(mux capture-pane -p)"; fi
}

# The shell that is there says so before and behind the console; its modes are told by stty.
begin() { # TERM [OPTION...]
	mux kill-server 2>/dev/null
	server=drover-case-$$-$((servers += 1)) # the old one may take a while to go
	mux new-session -d -x 100 -y 30 "env PS1=shell: TERM=$1 sh -i"
	wait_for 10 shows shell: || fail "$1: a shell" "$(mux capture-pane -p)"
	mux send-keys "stty -g >before; $DROVER -i 127.0.0.1:1,root@127.0.0.2:1 ui ${*:2}; echo left \$?" Enter
}

ends() { # TERM
	sees "left 0" "$1: it leaves with 0"
	mux send-keys "stty -g >after; echo to\"\"ld" Enter # what is typed is not what is said
	wait_for 10 shows told
	is "$(cat after)" "$(cat before)" "$1: the terminal's modes are as they were"
	unlike "$(mux display -p '#{alternate_on} #{mouse_any_flag} #{cursor_flag}')" "^1|^. 1|0$" \
		"$1: the main screen, no mouse, a cursor"
}

screens=$("$DROVER" keys 2>/dev/null | sed -nE 's/^\* +([1-8]) +screen .*the screen ([A-Z][a-z]*).*/\1 \2/p')
like "$screens" "2 Host" "the screens are known by their keys"
for term in tmux-256color screen linux; do
	begin "$term"
	sees "[1 Fleet]" "$term: it opens"
	sees "2 unreach" "$term: hosts are asked"
	while read -r digit name; do
		mux send-keys "$digit"
		sees "[$digit $name]" "$term: $name"
	done <<<"$screens"
	mux send-keys "?"
	sees "Help" "$term: help"
	mux send-keys Escape
	mux resize-window -x 60 -y 15
	sees " 7  [8 History]" "$term: a smaller window"
	mux send-keys Escape 1
	sees "127.0.0.2" "$term: Fleet again"
	mux send-keys Q
	ends "$term"
done

begin dumb
sees "Screen Fleet" "dumb: it speaks in lines"
mux send-keys host Enter
sees "Screen Host" "dumb: a screen by its name"
mux send-keys back Enter Q Enter
ends dumb
begin xterm --linear
sees "unreachable: connect" "lines: what changes is said"
mux send-keys Q Enter
ends xterm

begin tmux-256color --ascii --readonly --screen=host
sees "[2 Host]" "a first screen can be named"
mux send-keys W
sees "started with --readonly" "read-only stays"
mux send-keys C-z
sees "Stopped" "ctrl-z goes to the shell"
mux send-keys "fg; echo left \$?" Enter
sees "[2 Host]" "fg comes back"
mux send-keys Q
ends suspended
exits 2 "a screen nobody knows" script -qec "$DROVER -i 127.0.0.1:1 ui --screen=nothing" /dev/null
like "$out$err" "there is no screen 'nothing'; there are fleet" "the screens there are are named"
