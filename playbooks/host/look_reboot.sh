#!/bin/sh
# Whether something that was installed asks for a reboot, and for whose sake.
look_reboot() {
	[ ! -e /run/reboot-required ] || echo "required $(sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 8 | tr '\n' ' ')"
}
