#!/bin/bash
# The prompt of run -I: from a pipe and on a terminal, on real sshds; one login a host for all of it.
# shellcheck disable=SC2016
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm
root=$(realpath "$TESTS/..")
driver=$root/build/release/tests/fleet/console
cat >"$CASE/inventory.yaml" <<YAML
fleet: farm
groups:
  all4: {kind: cattle, hosts: "127.9.2.[1-4]"}
  odd: {kind: cattle, hosts: "127.9.2.[3-4]"}
YAML
logins() { grep -c "Accepted publickey" "$FARM_LOG"; }

# says CODE NAME LINES...: the lines from a pipe, on @all4.
says() {
	local code=$1 name=$2
	shift 2
	printf '%s\n' "$@" >"$CASE/lines"
	exits "$code" "$name" sh -c "cat '$CASE/lines' | '$DROVER' run -I @all4"
}

before=$(logins)
says 0 "each line is a command" 'echo one' '' 'echo two'
is "$(sort <<<"$out" | uniq -c | sed 's/.*: //' | sort | uniq -c | tr -s ' ')" " 4 one
 4 two" "on every host"
is $(($(logins) - before)) 4 "and one login a host does for all of them"
unlike "$out$err" ">" "there is no prompt in a pipe"
exits 0 "each is a run" drover history --json --limit 2
is "$(grep -c '"verb":"run"' <<<"$out")" 2 "two of them"
like "$out" '"argv":\["drover","run","127.9.2.\[1-4\]","--","echo two"\]' "as a command line of its own"

says 0 "sets before a command are for that line" '@odd echo odd' '@127.9.2.1,@odd -127.9.2.3 echo x' '-@odd echo rest' 'echo all'
is "$(grep -c odd <<<"$out")" 2 "@odd is the group"
is "$(grep ': x' <<<"$out" | sort | tr '\n' ' ')" "127.9.2.1: x 127.9.2.4: x " "one set after the other"
is "$(grep ': rest' <<<"$out" | sort | tr '\n' ' ')" "127.9.2.1: rest 127.9.2.2: rest " "- takes hosts away"
is "$(grep -c ': all' <<<"$out")" 4 "the next line has all again"
says 0 "alone they stay" '@odd' 'echo odd' '+127.9.2.1' 'echo three' '?'
is "$(grep -c ': odd' <<<"$out") $(grep -c ': three' <<<"$out")" "2 3" "for what follows"
like "$err" '127.9.2.\[1,3-4\] \(3\); output as it comes' "? tells them"
says 2 "a set that is wrong is said, and what follows runs" '@nobody uptime' 'echo on' '-@all4' 'echo still'
like "$err" "nobody" "by its name"
is "$(grep -c ': on' <<<"$out") $(grep -c ': still' <<<"$out")" "4 4" "on the hosts as they were"

mkdir -p "$MEET/deep"
says 0 "a directory is remembered" "cd $MEET" 'pwd' 'cd deep' 'pwd' 'cd ..' 'pwd' 'cd -' 'pwd' 'cd' 'pwd'
is "$(grep -c ": $MEET\$" <<<"$out") $(grep -c ": $MEET/deep\$" <<<"$out")" "8 8" "on every host"
says 1 "where it is missing on every host, that is said" 'cd /nowhere' 'pwd'
like "$err" "127.9.2.3: .*nowhere" "by each"
unlike "$out" "nowhere" "and nobody is there"
says 1 "a host where it went away says so" "cd $MEET/deep" 'echo there' "!rmdir '$MEET/deep'" 'echo gone'
is "$(grep -c ': there' <<<"$out") $(grep -c ': gone' <<<"$out")" "4 0" "and does nothing elsewhere"
says 2 "cd for some hosts is refused" '@odd cd /usr' 'pwd'
like "$err" "cd is for all hosts" "and why"

says 0 "= folds and unfolds" '=' 'echo same' '=' 'echo loose'
like "$out" "^--- 127.9.2.\[1-4\] \(4\)\$" "equal outputs once"
is "$(grep -c ': loose' <<<"$out")" 4 "and as they come again"
says 0 "! is for this machine" '!echo here $((1+1))' 'quit' 'echo never'
is "$out" "here 2" "and quit is the end"
says 1 "a command that fails is told by the exit code" 'true' 'false' 'true'
printf 'exit 7\ntrue\n' >"$CASE/lines"
exits 7 "-S: the largest status" sh -c "'$DROVER' run -S -I @all4 <'$CASE/lines'"
printf 'printf "\\033]0;evil\\007a\\342\\200\\256b\\n"\n' >"$CASE/lines"
exits 0 "hostile output" sh -c "'$DROVER' run -I @all4 <'$CASE/lines'"
like "$out" "\^\[\]0;evil\^Ga<U\+202E>b" "is clean"
head -c 1100000 /dev/zero | tr '\0' x >"$CASE/lines"
exits 3 "a line without an end is not begun" sh -c "'$DROVER' run -I @all4 <'$CASE/lines'"
exits 2 "commands are typed, not given" drover run -I @all4 uptime
exits 2 "--argv has no use there" drover run -I --argv @all4
exits 2 "nor has --stdin" drover run -I --stdin /dev/null @all4
exits 2 "nor is the set read from there" drover run -I -

ok "the driver is built" make -s -C "$root" DEV=1 build/release/tests/fleet/console
export TERM=xterm-256color
screen() { # WHAT: a script from standard input
	local script
	script=$(cat)
	if "$driver" 100x40 "$DROVER" run -I @all4 <<<"$script" >"$CASE/screen" 2>&1; then
		pass "$1"
	else
		fail "$1" "$(cat "$CASE/screen")"
	fi
}
before=$(logins)
screen "a line is edited, recalled, completed; cut and left" <<S
wait 127.9.2.[1-4] (4)>
keys echo onx\b-\bly\e[D\e[C\r
wait 127.9.2.4: only
keys cd $MEET\r
wait $MEET>
keys @od\t
wait @odd
keys  echo two\r
wait 2 ok
keys \e[A\e[A\e[A -n\r
wait 127.9.2.1: only -n
keys echo begun; sleep 1000\r
wait 127.9.2.1: begun
wait 127.9.2.2: begun
wait 127.9.2.3: begun
wait 127.9.2.4: begun
keys \r
wait 4 at work, 
keys \^C
wait 4 unknown
keys garbage
wait > garbage
keys \^C
wait garbage^C
keys echo still\r
wait 127.9.2.1: still
keys !echo lo\$((1+1))\r
wait lo2
keys zz
wait > zz
keys \b\b\^D
end 0
S
is $(($(logins) - before)) 4 "one login a host, also after what was cut"
is "$(tail -n 2 "$XDG_STATE_HOME/drover/run-lines" | head -n 1)" "echo still" "the lines are kept"
is "$(stat -c %a "$XDG_STATE_HOME/drover/run-lines")" 600 "for their owner alone"
screen "what is typed while a command runs is for the next prompt, and lines come back" <<S
wait 127.9.2.[1-4] (4)>
keys \e[A\e[A\r
wait 127.9.2.1: still
keys read x </dev/null; while [ ! -e $MEET/go ]; do sleep 0.1; done; echo first\r
wait 4 at work
keys echo ahead\r
sh touch $MEET/go
wait 127.9.2.4: ahead
keys cat 
wait > cat
keys \^V\^D
wait > cat ^D
keys \^C
wait ^D^C
keys zz
wait > zz
keys \b\b\^D
end 0
S
