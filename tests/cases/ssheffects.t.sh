#!/bin/bash
# What a configuration does on real servers is the same for drover and for ssh: login, keys, hops,
# algorithms, and whether the host's key is taken.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm # for its user: a login that is not root's

mkdir "$CASE/sshds"
python3 "$TESTS/lib/ssheffects.py" "$DROVER" "$CASE/sshds" 2>stderr | tee report
count=$(grep -cE '^(not )?ok ' report)
is "$(cat stderr)" "" "the servers and clients could be run"
ok "forty configurations and more were compared" test "$count" -ge 41
