#!/bin/bash
# cp and fetch: what arrives, what stays as it was, what is refused; on the farm, where every host is one directory.
# shellcheck source=tests/cases/lib.sh
. "$(dirname "$0")/lib.sh"
case_start
case_farm
one=127.9.1.1 many='127.9.1.[1-16]'
left() { find "$MEET" -name '.drover-*'; }
none_left() { [ -z "$(left)" ]; }
beside() { printf '%s/.drover-%s' "$(dirname "$1")" "$(printf %s "$1" | sha256sum | cut -c1-16)"; }

head -c 3000000 /dev/urandom >blob
printf 'first\n' >small
exits 0 "a file goes to many hosts" drover cp blob "$many:$MEET/blob"
ok "it is there" cmp blob "$MEET/blob"
like "$err" "16 changed" "all of them have changed"
is "$(left)" "" "nothing is left beside it"

was=$(stat -c '%i %Y %Z' "$MEET/blob")
exits 0 "the same content again" drover cp blob "$one:$MEET/blob"
like "$err" "1 ok" "a host that has it is ok"
is "$(stat -c '%i %Y %Z' "$MEET/blob")" "$was" "and not touched"
exits 0 "a state is a test in sets" drover run 'state=strayed' -- true
like "$err" "16 ok" "cattle that was changed by hand has strayed"


exits 2 "what is no file is refused" drover cp /dev/zero "$one:$MEET/empty"
: >nothing
exits 0 "a file without content" drover cp nothing "$one:$MEET/empty"
is "$(stat -c %s "$MEET/empty")" 0 "is empty there"

# Permissions.
exits 0 "a mode" drover cp -m 0640 small "$one:$MEET/file"
is "$(stat -c %a "$MEET/file")" 640 "is set"
printf 'second\n' >small
exits 0 "another content" drover cp small "$one:$MEET/file"
is "$(stat -c '%a %U' "$MEET/file")" "640 $FARM_USER" "keeps permissions and owner"
exits 0 "another mode alone" drover cp -m 600 small "$one:$MEET/file"
is "$(stat -c %a "$MEET/file")" 600 "is set too"
like "$err" "1 changed" "and is a change"
chmod 751 small
touch -d '2020-01-02 03:04:05 UTC' small
exits 0 "-p" drover cp -p small "$one:$MEET/kept"
is "$(stat -c '%a %Y' "$MEET/kept")" "751 1577934245" "preserves permissions and time"
exits 1 "an owner that may not be given" drover cp --owner root small "$one:$MEET/kept2"
ok "leaves nothing" test ! -e "$MEET/kept2"
exits 2 "a mode that is none" drover cp -m 9 small "$one:$MEET/x"
exits 2 "an owner that is none" drover cp --owner 'a b' small "$one:$MEET/x"

# Where it goes.
exits 0 "a directory ends in /" drover cp small "$one:$MEET/"
ok "and the file keeps its name" cmp small "$MEET/small"
exits 1 "a directory without / is refused" drover cp small "$one:$MEET"
like "$err" "a directory: end it with /" "with what to do"
exits 1 "a directory that is missing" drover cp small "$one:$MEET/a/b/c"
like "$err" "no directory .*--mkdir" "is named"
exits 0 "--mkdir makes it" drover cp --mkdir small "$one:$MEET/a/b/c"
ok "and the file is in it" cmp small "$MEET/a/b/c"
ln -s small "$MEET/link"
exits 1 "a symbolic link is refused" drover cp small "$one:$MEET/link"
like "$err" "symbolic link to small" "with where it leads"
mkfifo "$MEET/fifo"
exits 1 "a pipe in the way is refused" drover cp small "$one:$MEET/fifo"
ok "and stays" test -p "$MEET/fifo"
exits 0 "a name that a shell would read" drover cp small "$one:$MEET/a b'\$(id)\`;*"
ok "is a name" cmp small "$MEET/a b'\$(id)\`;*"
exits 2 "no path" drover cp small "$one"
exits 2 "no set" drover cp small ":$MEET/x"
exits 3 "no such source" drover cp missing "$one:$MEET/x"
exits 2 "another user's home" drover cp small "$one:~root/x"
exits 2 "an empty set" drover cp small "$one&127.9.1.2:$MEET/x"

# What a shell says of itself is no answer, and nothing in a file is.
head -c 100000 "$DROVER" >blob
exits 0 "--verify" drover cp --verify blob "$many:$MEET/blob"
ok "and what was verified is there" cmp blob "$MEET/blob"

# Standard input, larger than the ring that the hosts share.
head -c 20000000 /dev/urandom >large
drover cp --verify - "$many:$MEET/large" <large 2>"$CASE/stderr"
is $? 0 "standard input from a file goes to many hosts"
ok "whole" cmp large "$MEET/large"
cat large | drover cp --verify -m 644 - "$many:$MEET/large2" 2>"$CASE/stderr"
is $? 0 "so does a pipe"
ok "which is read once" cmp large "$MEET/large2"
exits 2 "a stream has no name" drover cp - "$one:$MEET/"
exits 2 "and cannot be gone on with" drover cp --resume - "$one:$MEET/x"

# Gone in the middle: a pipe that never ends.
printf 'old\n' >old
exits 0 "a file that is to stay" drover cp old "$one:$MEET/stays"
mkfifo endless
"$DROVER" cp - "$one:$MEET/stays" <endless 2>"$CASE/stderr" &
victim=$!
exec 8>endless
head -c 1000000 large >&8
some_came() { [ -n "$(find "$MEET" -name '.drover-*' -size +100k)" ]; }
ok "some of it has come" wait_for 20 some_came
kill -KILL "$victim"
exec 8>&-
ok "killed in the middle, nothing is left on the host" wait_for 20 none_left
ok "and the old file stands" cmp old "$MEET/stays"

"$DROVER" cp - "$one:$MEET/stays" <endless 2>"$CASE/stderr" &
victim=$!
exec 8>endless
head -c 1000000 large >&8
ok "some of it has come again" wait_for 20 some_came
kill -INT "$victim"
ok "asked to stop, it says so" wait_for 20 grep -q stopping "$CASE/stderr"
kill -INT "$victim"
wait "$victim"
is $? 130 "cut by a second signal, it ends"
exec 8>&-
like "$(cat "$CASE/stderr")" "failed: cut; the file there is as it was" "and says what is there"
ok "which is so" cmp old "$MEET/stays"
ok "nothing is left" wait_for 20 none_left

# Going on with a part.
part=$(beside "$MEET/large3")
exits 0 "a part" drover run "$one" -- "head -c 15000000 $MEET/large >$part"
exits 0 "is gone on with" drover cp --resume --verify large "$one:$MEET/large3"
like "$err" "changed: 4.8 MiB" "only the rest is sent"
ok "and it is whole" cmp large "$MEET/large3"
exits 0 "a part of something else" drover run "$one" -- "rm $MEET/large3; head -c 9000000 $MEET/large2 | tr a b >$part"
exits 0 "is not" drover cp --resume large "$one:$MEET/large3"
like "$err" "changed: 19.1 MiB" "all of it is sent"
ok "and it is whole too" cmp large "$MEET/large3"
is "$(left)" "" "nothing is left beside it"

# fetch: a file or a directory of each host, under its name.
exits 0 "a file of many hosts" drover fetch --verify "$many:$MEET/large" "$one:$MEET/kept" got
ok "comes under the host's name" cmp large got/127.9.1.16/large
is "$(stat -c '%a %Y' "got/$one/kept")" "751 1577934245" "with permissions and time"
ok "only from those that were named" test ! -e got/127.9.1.2/kept
exits 0 "it is replaced" drover fetch "$one:$MEET/large2" --flat "got/{host}/large"
ok "by what is there now" cmp "$MEET/large2" "got/$one/large"
exits 2 "one name for two" drover fetch --flat "$many:$MEET/large" got/x
like "$err" "written twice" "is refused"
exits 2 "two of one name" drover fetch "$one:$MEET/large" "$one:$MEET/a/large" got
exits 2 "a path without a name" drover fetch "$one:/tmp/.." got
exits 1 "a file that is missing" drover fetch "$one:$MEET/missing" got
like "$err" "no such file" "is named"
exits 1 "a file that may not be read" drover fetch "$one:/etc/shadow" got
exits 1 "a pipe" drover fetch "$one:$MEET/fifo" got
exits 11 "more than may come" drover fetch --max-size 1M "$one:$MEET/large" got
is "$(find got -name '.drover-*')" "" "nothing is left beside it"

beside_here() { printf 'got/%s/.drover-%s' "$one" "$(printf '%s\n%s' large "$MEET/large" | sha256sum | cut -c1-16)"; }
head -c 15000000 large >"$(beside_here)"
exits 0 "a part is gone on with" drover fetch -vv --resume --verify "$one:$MEET/large" got
like "$err" "bytes in 50[0-9]{5}\b" "only the rest comes"
ok "and it is whole" cmp large "got/$one/large"
head -c 15000000 large | tr a b >"$(beside_here)"
exits 0 "a part of something else is not" drover fetch -vv --resume --verify "$one:$MEET/large" got
like "$err" "bytes in 200[0-9]{5}\b" "all of it comes"
ok "and it is whole too" cmp large "got/$one/large"

# A directory, with all that it may hold.
mkdir -p "$MEET/tree/deep/$(printf 'n%.0s' {1..200})"
printf 'x\n' >"$MEET/tree/deep/$(printf 'n%.0s' {1..200})/$(printf 'm%.0s' {1..200})"
printf 'y\n' >"$MEET/tree/two words"
ln "$MEET/tree/two words" "$MEET/tree/hard"
ln -s 'two words' "$MEET/tree/inside"
ln -s ../small "$MEET/tree/outside"
chmod -R a+rX "$MEET/tree"
exits 0 "a directory of many hosts" drover fetch "$many:$MEET/tree" got
like "$err" "1 symbolic link that leads out" "links that lead out are named"
rm "$MEET/tree/outside"
ok "the rest is there" diff -r "$MEET/tree" got/127.9.1.9/tree
ok "links as links" test -L got/127.9.1.9/tree/inside
exits 1 "a directory that is here already" drover fetch "$one:$MEET/tree" got
like "$err" "never replaced" "stays"
mkfifo "$MEET/tree/pipe"
exits 11 "a pipe in a directory" drover fetch "$one:$MEET/tree" got2
is "$(ls -A "got2/$one")" "" "is refused, and nothing of it stays"
rm "$MEET/tree/pipe"
mkdir -m 700 "$MEET/tree/closed"
[ "$(id -u)" = 0 ] && exits 1 "what may not be read in a directory" drover fetch "$one:$MEET/tree" got2
rmdir "$MEET/tree/closed"

# cp of directories.
mkdir -p site/deep/er "site/$(printf 'n%.0s' {1..180})" site/empty
printf 'one\n' >site/index
printf 'two\n' >'site/deep/er/two words'
printf 'long\n' >"site/$(printf 'n%.0s' {1..180})/$(printf 'm%.0s' {1..180})"
head -c 3000000 /dev/urandom >site/deep/blob
chmod 755 site/index
ln -s ../index site/deep/link
exits 0 "a directory" drover cp site "$one:$MEET/www"
ok "is there, as it is here" diff -r site "$MEET/www"
is "$(stat -c %a "$MEET/www/index")" 755 "with its permissions"
exits 0 "a directory that is there" drover cp site/ "$one:$MEET/www"
like "$err" "1 ok" "is ok"
printf 'three\n' >site/index
printf 'mine\n' >"$MEET/www/mine"
chmod 666 "$MEET/www/mine"
ln "$MEET/www/deep/blob" "$MEET/blob-before"
exits 0 "a directory that differs" drover cp site "$one:$MEET/www"
is "$(cat "$MEET/www/index" "$MEET/www/mine")" "three
mine" "is merged: what is only there stays"
ok "and what is the same is not touched" test "$MEET/www/deep/blob" -ef "$MEET/blob-before"
exits 0 "several sources" drover cp --mkdir site small large "$one:$MEET/many/"
is "$(ls "$MEET/many" | tr '\n' ' ')" "large site small " "go into a directory"
exits 0 "to many hosts" drover cp site "$many:$MEET/many/"
is "$(left)" "" "nothing is left beside them"

mkdir bad
printf 'x\n' >bad/index
mkdir "bad/mine"
exits 1 "a directory where a file is" drover cp bad "$one:$MEET/www"
like "$err" "mine: what is there is of another kind" "is in the way"
is "$(cat "$MEET/www/index")" "three" "and nothing is moved"
rmdir bad/mine
rm -rf "$MEET/www/deep" && ln -s /tmp "$MEET/www/deep"
mkdir bad/deep && printf 'x\n' >bad/deep/drover-must-not-be-here
exits 1 "a link where a directory is" drover cp bad "$one:$MEET/www"
ok "is not gone through" test ! -e /tmp/drover-must-not-be-here
mkfifo bad/pipe
exits 3 "a pipe is not sent" drover cp bad "$one:$MEET/www"
like "$err" "pipe: neither a file nor a directory" "and named"
rm bad/pipe
: >bad/$'new\nline'
exits 3 "a name with a newline is not sent" drover cp bad "$one:$MEET/www"
exits 2 "--verify is for one file" drover cp --verify site "$one:$MEET/www"
is "$(left)" "" "nothing is left beside any of them"

