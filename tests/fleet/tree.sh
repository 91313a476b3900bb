# shellcheck shell=bash
# The root trees that hosts are laid over: built once by mmdebstrap from the machine's own apt
# sources, kept in a cache by the digest of their recipe.

tree_path() { # DEBIAN
  echo "$CACHE/debian-$1-$(sha256sum <"$HERE/recipe.sh" | cut -c1-12)"
}

# The tree's path on stdout; it is built if the cache has none.
tree_ensure() { # DEBIAN
  local path
  recipe_suite "$1" >/dev/null
  path=$(tree_path "$1")
  mkdir -p "$CACHE" || die "$CACHE cannot be made"
  (
    lock 8 "$CACHE/debian-$1.lock" 900
    [ -d "$path" ] || tree_build "$1" "$path"
    touch "$path.lock"
    tree_prune "$1" "$path"
  ) || return 1
  echo "$path"
}

tree_build() { # DEBIAN PATH
  local new suite started=$SECONDS sources options
  suite=$(recipe_suite "$1")
  rm -rf --one-file-system "$CACHE/.build-$1."*
  new=$(mktemp -d "$CACHE/.build-$1.XXXXXX")
  sources=$(tree_sources "$suite") || return 1
  mapfile -t options < <(apt_options)
  note "building the Debian $1 tree (once; $suite, into $CACHE)"
  # What it mounts in the tree goes with it, even if it is killed.
  if ! unshare --mount --propagation private mmdebstrap --quiet --variant=minbase \
    --include="$(recipe_packages "$1")" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' "${options[@]}" "$suite" "$new/root" - \
    <<<"$sources" >"$new/log" 2>&1; then
    tail -n 20 "$new/log" >&2
    rm -rf "$new"
    die "mmdebstrap could not build Debian $1"
  fi
  recipe_fixups "$1" "$new/root"
  [ ! -e "$new/root/usr/bin/python3" ] || die "python3 came into the Debian $1 tree"
  mv -T "$new/root" "$2"
  rm -rf "$new"
  note "Debian $1 tree built in $((SECONDS - started)) s"
}

# Trees of older recipes go when no host stands on them and none was booted for two days, so that
# two checkouts with different recipes do not build against each other.
tree_prune() { # DEBIAN KEEP
  local old
  for old in "$CACHE/debian-$1-"*; do
    case $old in "$2" | *.lock) continue ;; esac
    [ -n "$(find "$old.lock" -mtime -2 2>/dev/null)" ] && continue
    exec 9>>"$old.lock"
    if flock -n -x 9; then rm -rf --one-file-system "$old" "$old.lock"; fi
  done
}

# mmdebstrap's apt does not read this machine's settings; the way to the archive is one of them.
apt_options() {
  echo '--aptopt=Acquire::Retries "3";'
  apt-config dump |
    sed -nE 's/^(Acquire::(https?::|Check-|Retries|ForceIPv).*)/--aptopt=\1/p'
}

# The archive's address is the machine's own: "URI SUITES..." of each enabled apt source.
apt_sources() {
  local dir=/etc/apt
  find "$dir/sources.list.d" -name '*.sources' -exec sed -e '$G' -s {} + 2>/dev/null | awk -v RS= -F'\n' '
    { uris = ""; suites = ""; on = 1
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^URIs:/) uris = substr($i, 6)
        if ($i ~ /^Suites:/) suites = substr($i, 8)
        if ($i ~ /^Enabled: *(no|false)/) on = 0
      }
      n = split(uris, uri, " ")
      for (i = 1; on && i <= n; i++) print uri[i], suites }'
  find "$dir" -maxdepth 2 -name '*.list' -exec cat {} + 2>/dev/null |
    sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) +([^ ]+).*/\2 \3/p'
}

# Prints the first source whose suites match; a mirror list file stands for its first line.
apt_uri() { # SUITES_PATTERN [URI_PATTERN]
  local uri
  uri=$(apt_sources | grep -E -- "^[^ ]*${2:-} .*\b($1)( |\$)" | head -n 1 | cut -d' ' -f1)
  case $uri in mirror+file:*) uri=$(grep -m 1 -oE '^[^#[:space:]]+' "${uri#mirror+file:}") ;; esac
  echo "$uri"
}

tree_sources() { # SUITE
  local names='bullseye|bookworm|trixie|forky|sid|stable|testing|unstable' main security sign=''
  # Vendors name Debian's suites too; its updates only Debian has.
  main=${DROVER_FLEET_MIRROR:-$(apt_uri "($names)-updates")}
  main=${main:-$(apt_uri "$names" '/debian/?')}
  [ -n "$main" ] || die "no Debian archive in /etc/apt: set DROVER_FLEET_MIRROR to its address"
  security=$(apt_uri "($names)-security")
  [ -r /usr/share/keyrings/debian-archive-keyring.gpg ] &&
    sign='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] '
  echo "deb $sign$main $1 main"
  [ -z "$security" ] || echo "deb $sign$security $1-security main"
}
