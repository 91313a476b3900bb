# shellcheck shell=bash
# The fleet's network: one bridge, one subnet nobody else has, and the cutting of hosts from it.

# True when this machine has a route of LEN bits or more into 10.X.Y.0/24, or another fleet took it.
subnet_taken() { # X Y LEN
  local net address len
  while read -r net; do
    address=${net%/*} len=32
    case $net in */*) len=${net#*/} ;; esac
    case $address in 10.*) ;; *) continue ;; esac
    [ "$len" -ge "$3" ] || continue
    [ "$len" -le 24 ] || len=24
    same_prefix "$address" "10.$1.$2.0" "$len" && return 0
  done < <(ip -4 route show table all | sed -E 's/^(unicast|local|broadcast|blackhole) //' | cut -d' ' -f1)
  grep -qsx "subnet=10.$1.$2" "$REGISTER"/??????
}

address_number() { # A.B.C.D
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  echo $(((a << 24) + (b << 16) + (${c:-0} << 8) + ${d:-0}))
}

same_prefix() { # ADDRESS ADDRESS LENGTH
  local shift=$((32 - $3))
  [ $(($(address_number "$1") >> shift)) = $(($(address_number "$2") >> shift)) ]
}

# Enters the fleet in the register, with a subnet that is free now. Held under one lock for all
# fleets, so that two that start together do not choose the same.
fleet_register() { # OWNER_PID or empty
  local try x y len=1 seed=$((16#${ID:0:4}))
  mkdir -p "$REGISTER" "$STATE/hosts"
  if [ -e "$ENTRY" ] && [ -e "$STATE/subnet" ]; then
    return
  fi
  (
    lock 7 "$REGISTER/lock" 60
    for ((try = 0; try < 1024; try++)); do
      # Where one wide route takes all of 10/8 (a VPN), a network inside it still goes first.
      [ "$try" -lt 256 ] || len=17
      x=$((64 + (seed + try * 7) % 128)) y=$(((seed / 3 + try / 128) % 254 + 1))
      subnet_taken "$x" "$y" "$len" || break
    done
    [ "$try" -lt 1024 ] || die "no free 10.X.Y.0/24 network was found"
    {
      echo "state=$STATE"
      echo "subnet=10.$x.$y"
      echo "stand=$(stand)"
      [ -z "$1" ] || echo "owner=$(pid_mark "$1")"
    } >"$ENTRY.new"
    echo "10.$x.$y" >"$STATE/subnet"
    mv "$ENTRY.new" "$ENTRY"
  ) || exit 1
}

bridge_up() {
  local subnet
  subnet=$(entry_get subnet)
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip link add "$BRIDGE" type bridge || die "the kernel makes no bridge"
    ip addr add "$subnet.254/24" dev "$BRIDGE" || die "$subnet.254 cannot be set on $BRIDGE"
  fi
  ip link set "$BRIDGE" up
}

bridge_down() {
  local port
  nft delete table bridge "$BRIDGE" 2>/dev/null
  for port in $(ports); do ip link del "$port" 2>/dev/null; done
  ip link del "$BRIDGE" 2>/dev/null
  ! ip link show "$BRIDGE" >/dev/null 2>&1
}

ports() { ip -o link show type veth | grep -oE "vb-$ID-[a-z0-9]+"; }

# The rules stand on the bridge, so neither the host nor its reboot undoes them. ARP passes: what is
# sent to a cut host is lost in silence, as behind a dead switch, not refused by a neighbour table.
cut_table() {
  nft list table bridge "$BRIDGE" >/dev/null 2>&1 && return
  nft -f - <<EOF || die "nft refused the bridge rules"
table bridge $BRIDGE {
  set cut { type ifname; }
  chain from-host { type filter hook prerouting priority 0; iifname @cut ether type { ip, ip6 } drop; }
  chain to-seat { type filter hook output priority 0; oifname @cut ether type { ip, ip6 } drop; }
  chain to-host { type filter hook forward priority 0; oifname @cut ether type { ip, ip6 } drop; }
}
EOF
}

host_partition() { # NAME
  cut_table
  nft add element bridge "$BRIDGE" cut "{ \"vb-$ID-$1\" }" || die "$1 could not be cut off"
}

host_heal() { # NAME
  nft list table bridge "$BRIDGE" >/dev/null 2>&1 || return 0
  nft delete element bridge "$BRIDGE" cut "{ \"vb-$ID-$1\" }" 2>/dev/null
  ! host_is_cut "$1"
}

host_is_cut() { # NAME
  nft list set bridge "$BRIDGE" cut 2>/dev/null | grep -q "\"vb-$ID-$1\""
}
