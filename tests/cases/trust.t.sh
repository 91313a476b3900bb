#!/bin/bash
# Host keys, and who is let in: unknown, changed and revoked keys, files with junk, passwords in files.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm

key=$(ssh-keygen -lf <(grep -o 'ssh-ed25519 .*' "$FARM_KNOWN_HOSTS" | head -n 1 | sed 's/^/x /') | grep -o 'SHA256:[^ ]*')
pattern=${key//+/\\+}
like "$key" '^SHA256:' "the farm's key has a fingerprint"

# A configuration that knows no keys, and one host that is known.
sed 's,^\( *\)UserKnownHostsFile.*,\1UserKnownHostsFile /dev/null,I; s,^\( *\)GlobalKnownHostsFile.*,\1GlobalKnownHostsFile /dev/null,I' \
	"$FARM_SSH_CONFIG" >bare
export DROVER_SSH_CONFIG=$CASE/bare
exits 11 "an unknown key is refused in batch" drover run 127.9.1.1 -- true
like "$err$out" "127.9.1.1: .*host key.*not known.*$pattern" "with its fingerprint"
like "$err" 'drover trust add 127.9.1.1' "and how to trust it"
exits 12 "trust add without a terminal wants to be sure" drover trust add 127.9.1.1
exits 11 "another fingerprint than the one expected is refused" \
	drover trust add 127.9.1.1 --fingerprint SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
exits 0 "the one expected is added" drover trust add 127.9.1.1 --fingerprint "$key"
exits 0 "then the host is reached" drover run 127.9.1.1 -- true
exits 0 "trust list shows it" drover trust list
like "$out" "127.9.1.1.*ssh-ed25519.*$pattern" "by name, type and fingerprint"

# The key changes: the host is refused, the others go on.
exits 0 "another host is trusted too" drover trust add -y 127.9.1.2
own=$XDG_STATE_HOME/drover/known_hosts
ssh-keygen -q -t ed25519 -N '' -f other
sed -i "/127\.9\.1\.1/s,ssh-ed25519 .*,$(cut -d' ' -f1,2 other.pub)," "$own"
exits 11 "a changed key is refused" drover run '127.9.1.[1-2]' -- echo went on
like "$err$out" 'host key CHANGED.*drover trust replace 127.9.1.1' "and named"
like "$out" '127.9.1.2.*went on' "the other host goes on"
exits 11 "trust add does not overrule it, nor does -y" drover trust add -y 127.9.1.1
exits 12 "trust replace wants to be sure, whatever -y says" drover trust replace -y 127.9.1.1
exits 0 "with the fingerprint it replaces" drover trust replace 127.9.1.1 --fingerprint "$key"
exits 0 "then the host is reached again" drover run 127.9.1.1 -- true

# Revoked: nothing overrules it.
grep '127\.9\.1\.2' "$own" | sed 's/^[^ ]*/@revoked */' >>"$own"
exits 11 "a revoked key is refused" drover run 127.9.1.2 -- true
like "$err" 'host key is revoked' "and called so"
exits 11 "and cannot be put back" drover trust replace 127.9.1.2 --fingerprint "$key"
sed -i '/^@revoked/d' "$own"

# A file of an inventory with junk in it: good lines count, each bad one is named.
{
	echo "# a comment"
	echo "nonsense"
	head -c 3000 /dev/urandom | tr -d '\n\0'
	echo
	echo "127.9.1.3 $(awk '/127.9.1.2/ { print $2, $3; exit }' "$own")"
	echo "127.9.1.4 ssh-ed25519 AAAAnotbase64!"
} >junk
cat >junk.yaml <<'YAML'
fleet: junk
known_hosts: junk
hosts: {127.9.1.3: {}, 127.9.1.4: {}}
YAML
exits 0 "a good line among junk counts" drover -i junk.yaml run 127.9.1.3 -- true
exits 11 "a bad one does not" drover -i junk.yaml run 127.9.1.4 -- true
exits 0 "trust list says which are bad" drover -i junk.yaml trust list
like "$err" 'junk:2' "by number"
like "$err" 'junk:3' "binary ones too"
like "$err" 'junk:5' "and those that are no base64"

exits 0 "trust remove takes the key away" drover trust remove 127.9.1.1
exits 11 "and the host is unknown again" drover run 127.9.1.1 -- true

# Passwords in files, and keys that others may read.
export DROVER_SSH_CONFIG=$FARM_SSH_CONFIG
echo wrong >password
chmod 644 password
exits 11 "a password that others may read is refused" drover --password-file password run 127.9.1.1 -- true
chmod 600 password
exits 0 "one of ours is read, and not sent where a key does" \
	drover --password-file password run 127.9.1.1 -- true
: >empty
chmod 600 empty
exits 3 "an empty one is none" drover --password-file empty run 127.9.1.1 -- true
exits 2 "--ask-password asks nobody without a terminal" drover --ask-password --no-input run 127.9.1.1 -- true
cp "$FARM_KEY" loose
chmod 644 loose
printf 'hosts: {127.9.1.1: {identity: %s}}\n' "$CASE/loose" >loose.yaml
exits 11 "a key that others may read is refused" drover -i loose.yaml run 127.9.1.1 -- true
like "$err" 'others may read this private key' "and named"
ssh-keygen -q -t ed25519 -N '' -f strange
printf 'hosts: {127.9.1.1: {identity: %s}}\n' "$CASE/strange" >strange.yaml
exits 4 "a key that the host does not know leaves it owed" drover -i strange.yaml run 127.9.1.1 -- true
like "$err$out" 'is refused with 1 key; the server takes: publickey' "and says what the server takes"
ssh-keygen -q -p -P '' -N secret -f strange
exits 11 "an encrypted key, and nobody to ask" drover --no-input -i strange.yaml run 127.9.1.1 -- true
like "$err$out" 'encrypted, nobody to ask' "is named"
