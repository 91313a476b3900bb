/* App shop of playbook shop on web1: what tests of an app's files and units begin with. */
#ifndef DROVER_TESTS_LIB_SHOP_H
#define DROVER_TESTS_LIB_SHOP_H

#include "base/mem.h"
#include "playbooks/app.h"

/* Members of its struct app: two replicas with limits, and these tables. What runs is the test's. */
#define SHOP_MEMBERS(ports, variables, files, arguments)                                           \
	.name = "shop", .playbook = "shop", .host = "web1", .replicas = 2, .port = (ports),        \
	.port_count = countof(ports), .env = (variables), .env_count = countof(variables),         \
	.file = (files), .file_count = countof(files), .args = (arguments),                        \
	.limits = { .cpu_percent = 50, .memory = 256 << 20, .tasks = 100 }

/* The unit of its second replica, as far as every container's is the same. */
#define SHOP_UNIT                                                                                  \
	"# Made by drover from playbook shop, app shop: the next apply undoes what is changed "    \
	"here.\n"                                                                                  \
	"[Unit]\n"                                                                                 \
	"Description=shop, replica 1\n"                                                            \
	"Wants=network-online.target\n"                                                            \
	"After=network-online.target\n"                                                            \
	"RequiresMountsFor=%t/containers\n"                                                        \
	"StartLimitIntervalSec=60\n"                                                               \
	"StartLimitBurst=5\n"                                                                      \
	"\n"                                                                                       \
	"[Service]\n"                                                                              \
	"Type=notify\n"                                                                            \
	"NotifyAccess=all\n"                                                                       \
	"Delegate=yes\n"                                                                           \
	"KillMode=mixed\n"                                                                         \
	"SyslogIdentifier=%N\n"                                                                    \
	"Environment=PODMAN_SYSTEMD_UNIT=%n\n"                                                     \
	"Restart=on-failure\n"                                                                     \
	"RestartSec=1\n"                                                                           \
	"TimeoutStartSec=60\n"                                                                     \
	"TimeoutStopSec=40\n"

/* How its second replica starts, from what precedes it to where its own options begin; and how it ends. */
#define SHOP_STARTS                                                                                \
	"ExecStartPre=-rm -f %t/%N.cid %t/%N.pid\n"                                                \
	"ExecStart=/bin/sh -c 'stop=; trap stop=y TERM; \"$$@\" & run=$$!; wait $$run; rc=$$?; "   \
	"\\\n"                                                                                     \
	"  [ \"$$stop$$rc\" != 0 ] || systemd-notify --ready --pid=\"$$(cat %t/%N.pid)\" || "      \
	"rc=$$?; "                                                                                 \
	"\\\n"                                                                                     \
	"  [ -z \"$$stop\" ] || { wait $$run; rc=143; \\\n"                                        \
	"  /usr/bin/podman rm -f -i --time=10 --cidfile=%t/%N.cid; }; exit $$rc' sh \\\n"          \
	"  /usr/bin/podman run --name=shop-1 --cidfile=%t/%N.cid --conmon-pidfile=%t/%N.pid \\\n"  \
	"  --replace --rm --cgroups=split --sdnotify=ignore -d --pull=never \\\n"
#define SHOP_STOPS                                                                                 \
	"ExecStop=/usr/bin/podman rm -f -i --time=10 --cidfile=%t/%N.cid\n"                        \
	"ExecStopPost=-/usr/bin/podman rm -f -i --time=10 --cidfile=%t/%N.cid\n"                   \
	"ExecStopPost=-rm -f %t/%N.cid %t/%N.pid\n"

/* Among its options: its volume and what it is told of itself. */
#define SHOP_TOLD                                                                                  \
	"  --volume=shop-data:/data \\\n"                                                          \
	"  --volume=/etc/drover/apps/shop/resources-1.json:/run/drover/resources.json:ro \\\n"     \
	"  --env=DROVER_APP=shop \\\n"                                                             \
	"  --env=DROVER_HOST=web1 \\\n"                                                            \
	"  --env=DROVER_REPLICA=1 \\\n"                                                            \
	"  --env=DROVER_RESOURCES=/run/drover/resources.json \\\n"                                 \
	"  --env=DROVER_LOG=stdout \\\n"

/* What of the app has that id; the test fails when nothing has. Lives as long as the arena. */
const struct resource *shop_resource(const struct app *app, struct arena *a, const char *id);

#endif
