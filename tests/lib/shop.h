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

/* What of the app has that id; the test fails when nothing has. Lives as long as the arena. */
const struct resource *shop_resource(const struct app *app, struct arena *a, const char *id);

#endif
