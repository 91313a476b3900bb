#!/bin/sh
# What the kinds that deal with podman and with users' own units count on, in both programs. A user of
# - is root.
# A command with a user's own rights, in an environment that is theirs alone.
as_user() { # USER COMMAND...
	if [ "$1" = - ]; then
		shift
		"$@"
		return
	fi
	u_name=$1
	shift
	u_id=$(id -u -- "$u_name") && u_group=$(id -g -- "$u_name") || return 1
	u_home=$(home_of "$u_name")
	(cd / && exec setpriv --reuid "$u_id" --regid "$u_group" --init-groups env -i \
		HOME="$u_home" USER="$u_name" LOGNAME="$u_name" SHELL=/bin/sh LC_ALL=C \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin \
		XDG_RUNTIME_DIR="/run/user/$u_id" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$u_id/bus" "$@")
}
home_of() { # USER
	{ getent passwd "$1" 2>/dev/null || grep "^$1:" /etc/passwd; } | head -n 1 | cut -d: -f6
}
# Where podman keeps what it has.
store_of() { # USER
	if [ "$1" != - ]; then
		u_home=$(home_of "$1")
		[ -z "$u_home" ] || echo "$u_home/.local/share/containers/storage"
		return
	fi
	u_root=/var/lib/containers/storage
	for u_file in /usr/share/containers/storage.conf /etc/containers/storage.conf; do
		[ -r "$u_file" ] || continue
		u_text=$(sed -n 's/^[ \t]*graphroot[ \t]*=[ \t]*"\(.*\)".*/\1/p' "$u_file")
		[ -z "$u_text" ] || u_root=$u_text
	done
	echo "$u_root"
}
# What podman said of a volume is kept with the directory it was said of, since podman touches its
# store whenever it is asked: only another directory of that name makes us ask again.
volume_record() { # USER NAME
	echo "/var/lib/drover/volumes/$1.$2"
}
volume_mark() { # USER NAME
	stat -c '%d %i %W' -- "$(store_of "$1")/volumes/$2" 2>/dev/null
}
volume_told() { # USER NAME
	as_user "$1" podman volume inspect --format 'driver {{.Driver}}
labels {{json .Labels}}
options {{json .Options}}' -- "$2"
}
# Whether the service manager of a user answers.
manager_of() { # USER
	[ "$1" = - ] || [ -S "/run/user/$(id -u -- "$1")/systemd/private" ]
}
# How many subordinate ids a user has in a file, and where the first range begins that nobody has.
subids_of() { # USER FILE
	awk -F: -v name="$1" -v id="$(id -u -- "$1" 2>/dev/null)" \
		'$1 == name || (id != "" && $1 == id) { n += $3 } END { print n + 0 }' "$2" 2>/dev/null || echo 0
}
# Those of containers begin where useradd gives out none, and where no signed number ends.
subids_next() { # [auto]
	k_least=100000
	[ "${1:-}" != auto ] || k_least=1879048192
	cat /etc/subuid /etc/subgid 2>/dev/null | awk -F: -v auto="${1:-}" -v next_id="$k_least" '
		# What users are given is not to come behind those of containers.
		$1 == "containers" && auto == "" { next }
		{ end = $2 + $3 } end > next_id { next_id = end }
		END { printf "%.0f\n", next_id }'
}
