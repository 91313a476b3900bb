#!/bin/bash
# A pet on each Debian with an app on a volume: nothing without its name; what the volume holds is kept before the
# app changes, comes back with a rollback and an undo, and goes again with the undo of that; also of a program, and
# of the container of a task. What cannot be kept is not changed.
# shellcheck disable=SC2317,SC2154
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/fleet/case.sh
. tests/fleet/case.sh
fleet_case 2
all_cattle pets
sed -i 's/kind: cattle/kind: pet/' "$CASE/inventory.yaml"
read -r one two <<<"$hosts"
both="--pet $one,$two"
"$fleet" image localhost/web:1 "$CASE/web.tar" >/dev/null
# Each start leaves a line in the volume.
pet() { # TEXT [HEALTH PATH]
	cat >"$CASE/pet.yaml" <<YAML
name: pet
hosts: "@all-of-them"
rollout: {on_failure: rollback}
apps:
  pet:
    image: {archive: web.tar}
    ports: {http: 8080}
    env: {TEXT: "$1"}
    command: [sh, -c, 'echo "\$TEXT" >>/www/data/starts; exec httpd -f -p 8080 -h /www']
    files:
      /www/index.html: {content: "$1\n"}
      /www/data: {volume: pet-data}
    health: {http: ":http/${2:-}", interval: 200ms, timeout: 2s, retries: 15}
YAML
}
data=/var/lib/containers/storage/volumes/pet-data/_data
starts() { on "$1" "cat ${2:-$data}/starts" | paste -sd' '; }
exported() { # HOST NAME: what the newest export of it holds
	on "$1" "f=\$(ls -d /var/lib/drover/runs/*/volumes/$2.tar.* | sort | tail -n 1); tar -xOf \$f ./starts 2>/dev/null || tar -xOf \$f starts" | paste -sd' '
}
runs() { on "$1" 'podman ps --filter status=running --format "{{.Names}}" 2>/dev/null | sort' | paste -sd'|'; }
start_of() { on "$1" "systemctl show -P InvocationID -- $2"; }

pet one
for host in $hosts; do execs "$host" >"$CASE/asked.$host"; done
exits 12 "-y covers no pet" drover apply -y "$CASE/pet.yaml"
for host in $hosts; do is "$(execs "$host")" "$(cat "$CASE/asked.$host")" "$host was not even asked"; done
exits 12 "nor with the name of another" drover apply -y --pet "$one" "$CASE/pet.yaml"
for host in $hosts; do is "$(execs "$host")" "$(cat "$CASE/asked.$host")" "$host was not even asked"; done
# shellcheck disable=SC2086
exits 0 "named, they get it" drover apply -y $both "$CASE/pet.yaml"
unlike "$out$err" "export of volume" "with nothing to keep"
for host in $hosts; do is "$(starts "$host")" "one" "it writes to its volume on $host"; done
exits 0 "the same again is nothing to do" drover plan --exit-code "$CASE/pet.yaml"

pet two
exits 0 "a new version is planned" drover plan "$CASE/pet.yaml"
like "$out" "\+ +export of volume pet-data.*[0-9]+ KiB, compressed, in /var/lib/drover/runs/RUN/volumes, before pet-0.service changes" "with what is kept first, its size and its place"
for host in $hosts; do is "$(on "$host" 'ls -d /var/lib/drover/runs/*/volumes 2>/dev/null')" "" "a plan exports nothing"; done
# shellcheck disable=SC2086
exits 0 "and applied" drover apply --json -y $both "$CASE/pet.yaml"
is "$(grep -o '"event":"rollout".*"text":"[^"]*"' <<<"$out" | sed 's/.*"text":"//; s/"$//' | paste -sd'|')" "pet: 1 host|pet: 1 host" "one pet at a time"
run=$(grep -om1 '"run":"[^"]*"' <<<"$out" | cut -d'"' -f4)
for host in $hosts; do
	steps=$(grep "\"host\":\"$host\"" <<<"$out" | grep -o '"event":"step.end".*' | grep -o '"step":"[^"]*"' | cut -d'"' -f4 | paste -sd'|')
	like "$steps" "^export pet-data\|" "$host exports before it does anything else"
	is "$(exported "$host" pet-data)" "one" "what is kept is what it held"
	is "$(on "$host" "stat -c %a:%u /var/lib/drover/runs/$run/volumes/pet-data.tar.*")" "600:0" "for root alone"
	is "$(starts "$host")" "one two" "then the new version started, and no other"
	is "$(runs "$host")" "pet-0" "and nobody stands still"
	is "$(on "$host" "cd /var/lib/drover/runs/$run && ls held volumes/*.part volumes/users 2>/dev/null")" "" "nothing else is left of it"
done
exits 0 "the history" drover history show last
like "$out" "$one +export of volume pet-data +changed .*[0-9]+ KiB in /var/lib/drover/runs/$run/volumes/pet-data.tar" "names it"

pet three missing
# shellcheck disable=SC2086
exits 8 "a version that is not well" drover apply -y $both "$CASE/pet.yaml"
like "$err" "$one: rolled-back: restored as it was before; volume pet-data is as it was; what it held until now: [0-9]+ KiB in /var/lib/drover/runs/[0-9a-f-]+/volumes/pet-data.since.tar" "takes itself back, and what it wrote"
is "$(starts "$one")" "one two two" "the version before it runs on what it had"
is "$(exported "$one" pet-data.since)" "one two three" "what the other wrote is kept aside"
is "$(runs "$one") $(on "$one" 'systemctl is-active pet-0.service')" "pet-0 active" "as a unit"
is "$(starts "$two")" "one two" "the other pet was never tried"

pet four
# shellcheck disable=SC2086
exits 0 "one that is well" drover apply -y $both "$CASE/pet.yaml"
is "$(starts "$one")" "one two two four" "runs"
run=$(drover history --limit 1 | awk '/r-/ { print $1 }')
exits 12 "an undo needs the names too" drover undo -y "$run"
is "$(starts "$one")" "one two two four" "and does nothing without"
exits 0 "it shows" drover undo -n "$run"
like "$out" "volume pet-data, as that run found it.*put back as it was" "that it puts back what the volume held"
# shellcheck disable=SC2086
exits 0 "and does" drover undo -y $both "$run"
is "$(starts "$one")" "one two two two" "with what it held the version before runs"
is "$(exported "$one" pet-data)" "one two two four" "what it held until then is kept"
is "$(starts "$two")" "one two two" "on the other pet too"
undo=$(drover history --limit 1 | awk '/r-/ { print $1 }')
# shellcheck disable=SC2086
exits 0 "the undo of that" drover undo -y $both "$undo"
is "$(starts "$one")" "one two two four four" "brings back what was written until it"
is "$(runs "$one")" "pet-0" "with the version that wrote it"

# What another version wrote since is not lost to an undo of an earlier run.
pet five
# shellcheck disable=SC2086
exits 0 "another version" drover apply -y $both "$CASE/pet.yaml"
# shellcheck disable=SC2086
exits 6 "an undo of the run before it" drover undo -y $both "$run"
like "$out$err" "not touched: volume pet-data, as that run found it: .* was changed since" "leaves the volume alone"
is "$(starts "$one")" "one two two four four five" "and what is in it"
# shellcheck disable=SC2086
exits 0 "a rollback to the release before" drover rollback -y $both pet
is "$(starts "$one")" "one two two four four five four" "leaves what is in it too"
is "$(exported "$one" pet-data)" "one two two four four five" "but keeps it before"

# What cannot be kept is not changed.
was=$(start_of "$one" pet-0.service)
exits 0 "no unit is due" drover plan --json "$CASE/pet.yaml"
on "$one" 'mount --bind /bin/false /usr/bin/gzip'
pet six
# shellcheck disable=SC2086
exits 8 "where the export fails" drover apply -y $both "$CASE/pet.yaml"
like "$err" "$one: failed: volume pet-data could not be exported.*nothing was changed here" "it says so"
on "$one" 'umount /usr/bin/gzip'
is "$(start_of "$one" pet-0.service) $(runs "$one")" "$was pet-0" "the app was not touched"
is "$(on "$one" 'awk -F"\t" "\$5 == \"-\"" /var/lib/drover/manifest; ls /var/lib/drover/runs/*/held 2>/dev/null; cat /etc/drover/apps/pet/files/www/index.html' | paste -sd' ')" "four" "nor was anything else"
on "$one" "head -c 6000000 /dev/urandom >$data/big; mkdir -p /run/small && mount -t tmpfs -o size=10m small /run/small && mount --bind /run/small /var/lib/drover/runs"
exits 11 "where there is no room for what it holds" drover plan "$CASE/pet.yaml"
like "$out$err" "$one.*volume pet-data holds 6 MiB, and where it would be exported to, /var/lib/drover, there are 1?[0-9] MiB left" "the plan says so"
# shellcheck disable=SC2086
exits 11 "and nothing is done" drover apply -y $both "$CASE/pet.yaml"
is "$(start_of "$one" pet-0.service)" "$was" "there"
on "$one" "umount /var/lib/drover/runs /run/small; rm $data/big"
sed -i 's/{volume: pet-data}/{volume: pet-data, export: false}/' "$CASE/pet.yaml"
exits 0 "who keeps it otherwise says so" drover plan "$CASE/pet.yaml"
unlike "$out" "export of volume" "and it is not exported"
like "$out" "not kept before pet changes: what is in volume pet-data .export: false." "as the plan says"

# A program on a directory of its own, and the container of a task.
printf '#!/bin/sh\necho "$TEXT" >>/data/starts\nexec sleep 1000000\n' >"$CASE/program"
chmod 755 "$CASE/program"
more() { # TEXT
	cat >"$CASE/more.yaml" <<YAML
name: more
hosts: "@all-of-them"
apps:
  prog:
    binary: ./program
    env: {TEXT: "$1"}
    files: {/data: {volume: rows}}
tasks:
  - container:
      name: box
      image: {archive: web.tar}
      env: {TEXT: "$1"}
      command: [sh, -c, 'echo "\$TEXT" >>/data/starts; exec sleep 1000000']
      volumes: ["box-data:/data", "/srv:/srv:ro"]
YAML
}
rows=/var/lib/private/drover-apps/prog/rows boxes=/var/lib/containers/storage/volumes/box-data/_data
written() { echo "$(starts "$1" "$rows"), $(starts "$1" "$boxes")"; }
more one
# shellcheck disable=SC2086
exits 0 "a program and a container" drover apply -y $both "$CASE/more.yaml"
for host in $hosts; do ok "each writes to its own on $host" wait_for 20 eval "[ \"\$(written $host)\" = 'one, one' ]"; done
more two
# shellcheck disable=SC2086
exits 0 "a new version of both" drover apply -y $both "$CASE/more.yaml"
like "$out" "export of $rows" "what the program has is kept"
like "$out" "export of volume box-data" "and what the container has"
for host in $hosts; do
	ok "both run anew on $host" wait_for 20 eval "[ \"\$(written $host)\" = 'one two, one two' ]"
	is "$(exported "$host" 'var=lib=private=drover-apps=prog=rows'), $(exported "$host" box-data)" "one, one" "on what they had, which is kept"
done
# shellcheck disable=SC2086
exits 0 "and back" drover undo -y $both last
for host in $hosts; do
	ok "with what they had on $host" wait_for 20 eval "[ \"\$(written $host)\" = 'one one, one one' ]"
	is "$(on "$host" 'systemctl is-active prog-0.service box.service' | paste -sd' ')" "active active" "both run"
done
