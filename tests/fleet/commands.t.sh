#!/bin/bash
# run and script on two real hosts: where and as what they run, what they read, how long, and how their
# end is judged.
# shellcheck disable=SC2317,SC2154,SC2016
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
both() { # COMMAND
	on web1 "$1"
	on web2 "$1"
}
playbook() { # stdin: tasks
	{
		printf 'name: commands\nhosts: "web[1-2]"\nrollout: {canary: 0, batch: 2, max_fail: 2}\nvars: {word: "a b; $(id) %s"}\ntasks:\n' "'"
		cat
	} >"$CASE/p.yaml"
}

# What is made: modes, owner, place, environment, input.
printf '#!/bin/sh\npwd >/root/of-script\nprintf "%%s|" "$@" >>/root/of-script\ncat >>/root/of-script\ndirname "$0" >/root/place\n' >"$CASE/make.sh"
playbook <<'E2'
  - run: [sh, -c, "mkdir /root/made; touch /root/made/f; pwd >/root/made/pwd; env | sort >/root/made/env; cat >/root/made/in"]
    creates: /root/made
  - run: 'cat >/root/made/in2; pwd >/root/made/pwd2'
    stdin: "{{ word }} {{ host }}"
    cwd: /etc
    creates: /root/made/in2
  - script: {source: make.sh, args: ["{{ word }}", ""]}
    stdin: "from {{ host }}\n"
    env: {X: "{{ word }}"}
    creates: /root/of-script
  - script: {content: "echo $(expr 1 + 1) >/root/inline\n", with: [sh, -e]}
    creates: /root/inline
  - run: exit 3
    ok: [0, 3]
    unless: test -e /root/three && touch /root/three
  - {run: "true", unchanged: true}
E2
exits 0 "commands and scripts run" drover apply -y "$CASE/p.yaml"
like "$out$err" "make.sh" "a script is named by its file"
is "$(both 'stat -c %a /root/made /root/made/f' | sort | uniq -c | tr -s ' \n' ' ')" " 2 644 2 755 " "with umask 022"
is "$(both 'cat /root/made/pwd' | sort -u)" /root "in root's home"
is "$(both 'cat /root/made/env' | grep -vE '^(PATH|HOME|USER|LOGNAME|SHELL|LC_ALL|PWD|_|SHLVL|OLDPWD)=' | wc -l)" 0 "with a clean environment"
is "$(both 'wc -c </root/made/in' | sort -u)" 0 "and nothing to read"
is "$(on web1 'cat /root/made/in2 /root/made/pwd2')" "a b; \$(id) ' web1/etc" "but what it was given, where it was told"
is "$(on web2 'cat /root/of-script')" "/root
a b; \$(id) '||from web2" "a script has its arguments and its input"
is "$(both 'ls -d $(cat /root/place)/script.* $(cat /root/place)/f 2>/dev/null' | wc -l)" 0 "and is gone afterwards"
is "$(both 'cat /root/inline' | sort -u)" 2 "a text in the playbook is a script too"

# Again: what is there is not made; what says that it changed nothing is believed.
playbook <<'E2'
  - {run: [touch, /root/again], creates: /root/made}
  - {script: make.sh, creates: /root/of-script}
E2
exits 0 "where it is made nothing differs" drover plan --exit-code "$CASE/p.yaml"
playbook <<'E2'
  - {run: "exit 7", unchanged: [7, 8]}
  - {script: {content: "exit 0", with: sh}, unchanged: true}
E2
exits 0 "codes that mean unchanged are good" drover apply -y "$CASE/p.yaml"
like "$out$err" "2 ok" "and the hosts are not changed"
is "$(drover history --json 2>/dev/null | head -n 1 | grep -c '"changed":0')" 1 "nor in the history"

# Failures: the code, the limit with all that was started, what was said last.
playbook <<'E2'
  - {run: "seq 1 100000; echo the end; exit 9", ok: [0, 3]}
  - {run: [touch, /root/behind]}
E2
exits 1 "an exit code that is not good fails" drover apply -y "$CASE/p.yaml"
like "$out$err" "the end" "what it said last is kept"
is "$(both 'ls /root/behind 2>/dev/null' | wc -l)" 0 "and nothing behind it happens"
exits 0 "resume has nothing to add" drover resume
playbook <<'E2'
  - {run: "trap '' TERM; sleep 300 & echo $! >/root/child; echo begun; wait; sleep 300", timeout: 1s}
E2
began=$SECONDS
exits 1 "what takes longer than it may fails" drover apply -y "$CASE/p.yaml"
like "$out$err" "time limit of 1 s" "and is told to be the time limit's"
ok "within seconds" test $((SECONDS - began)) -lt 30
is "$(both 'kill -0 "$(cat /root/child)" 2>/dev/null && echo there' | wc -l)" 0 "nothing of it goes on"
playbook <<'E2'
  - {run: "exit 124", timeout: 100s, ok: [0, 124]}
  - {run: "(sleep 200; echo late) & echo quick"}
E2
began=$SECONDS
exits 0 "a code of its own is not the limit's; what is left in the background is not waited for" drover apply -y "$CASE/p.yaml"
ok "in good time" test $((SECONDS - began)) -lt 60
playbook <<'E2'
  - {run: [touch, x], cwd: /nowhere}
E2
exits 1 "a directory that is not there" drover apply -y "$CASE/p.yaml"
like "$out$err" "/nowhere" "is named"

# Mistakes cost nobody a connection.
logins=$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')
playbook <<'E2'
  - {run: [a], ok: 300}
  - {script: none.sh}
  - {run: [a], cwd: "b{{ host }}"}
E2
exits 3 "a bad value is told" drover apply -y "$CASE/p.yaml"
like "$out$err" "p.yaml:6:20: " "at its line and column"
is "$("$fleet" sshd-log web1 | grep -c 'Accepted publickey')" "$logins" "and nobody was contacted"
