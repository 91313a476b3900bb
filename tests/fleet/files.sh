# shellcheck shell=bash
# What a fleet hands to those who use it: a key pair, an ssh_config and an inventory.

write_key() {
  [ -e "$STATE/id_ed25519.pub" ] && return
  rm -f "$STATE/id_ed25519"
  ssh-keygen -q -t ed25519 -N '' -C "fleet-$ID" -f "$STATE/id_ed25519"
}

write_ssh_config() {
  local name
  {
    for name in $(hosts); do
      printf 'Host %s\n  HostName %s\n' "$name" "$(host_get "$name" address)"
    done
    cat <<CONFIG
Host *
  User root
  IdentityFile $STATE/id_ed25519
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile $STATE/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 10
  LogLevel ERROR
CONFIG
  } >"$STATE/ssh_config"
}

# NAME PREFIX KIND
inventory_group() {
  local host
  hosts | grep -q "^$2" || return 0
  printf '  %s:\n    kind: %s\n    hosts:\n' "$1" "$3"
  for host in $(hosts | grep "^$2"); do
    printf '      %s: {address: %s, vars: {debian: "%s"}}\n' "$host" \
      "$(host_get "$host" address)" "$(host_get "$host" debian)"
  done
}

inventory() { # FLEET_NAME
  cat <<INVENTORY
fleet: $1
known_hosts: $STATE/known_hosts
defaults: {user: root, connect_timeout: 10s}
groups:
INVENTORY
  inventory_group web web cattle
  inventory_group db db pet
}

list_hosts() {
  local name
  for name in $(hosts); do
    printf '%-6s %-14s debian%s %s\n' "$name" "$(host_get "$name" address)" \
      "$(host_get "$name" debian)" "$(host_state "$name")"
  done
}

list_json() {
  local name comma=''
  printf '['
  for name in $(hosts); do
    printf '%s\n  {"name": "%s", "address": "%s", "debian": %s, "state": "%s"}' "$comma" "$name" \
      "$(host_get "$name" address)" "$(host_get "$name" debian)" "$(host_state "$name")"
    comma=,
  done
  printf '\n]\n'
}
