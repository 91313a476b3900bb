#!/bin/bash
# What drover makes of an ssh_config is what ssh makes of it: hundreds of them, key by key.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start

# Variables that the configurations name.
export SSHCONFS_DIR=/keys AGENT_VAR=/agent
python3 "$TESTS/lib/sshconfs.py" "$CASE/confs" 240 >list
exits 0 "240 configurations are asked about" \
	sh -c 'python3 "$1" "$2" "$3" <list' - "$TESTS/lib/sshcompare.py" "$DROVER" "$CASE/confs"
is "$out" "240 configurations, 300 questions" "every key is as ssh -G has it"
