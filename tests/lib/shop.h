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

/* How its second replica starts, from what precedes it to where its own options begin. */
#define SHOP_STARTS                                                                                \
	"ExecStartPre=-rm -f %t/%N.cid\n"                                                          \
	"ExecStart=/bin/sh -c 'stop=; trap stop=y TERM; \"$$@\" & run=$$!; wait $$run; rc=$$?; "   \
	"\\\n"                                                                                     \
	"  [ -z \"$$stop\" ] || { wait $$run; rc=$$?; \\\n"                                        \
	"  /usr/bin/podman stop -i --time=10 --cidfile=%t/%N.cid; }; exit $$rc' sh \\\n"           \
	"  /usr/bin/podman run --name=shop-1 --cidfile=%t/%N.cid --replace --rm \\\n"              \
	"  --cgroups=split --sdnotify=conmon -d --pull=never \\\n"

/* What of the app has that id; the test fails when nothing has. Lives as long as the arena. */
const struct resource *shop_resource(const struct app *app, struct arena *a, const char *id);

#endif
