#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "tests/lib/shop.h"
#include "tests/lib/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static const char *const anywhere[] = { "0.0.0.0", NULL };
static const char *const here[] = { "::1", NULL };
static const struct app_port ports[] = {
	{ .name = "http", .container = 80, .host = 8080, .span = 1, .bind = anywhere },
	{ .name = "admin-ui", .container = 9000, .host = 9000, .span = 1, .bind = here },
};
static const struct app_env env[] = {
	{ "LOG", "info" },
	{ "GREETING", "50% of \"$HOME\"\nExecStartPre=/bin/false" },
};
static const struct app_file files[] = {
	{ .path = "/etc/shop.toml", .content = "a = 1\n", .len = 6, .mode = 0640 },
	{ .path = "/data", .volume = "shop-data", .writable = true },
};
static const char *const command[] = { "/bin/shop", "serve", NULL };
static const char *const args[] = { "--name", "a b", NULL };

static const struct app shop = {
	SHOP_MEMBERS(ports, env, files, args),
	.image = "localhost/shop:1",
	.image_id = "1111",
	.command = command,
	.sandbox.read_only = true,
	.health = { .kind = HEALTH_HTTP, .port = 8080, .address = "127.0.0.1", .path = "/" },
};

static const char golden[] = SHOP_UNIT
    "CPUQuota=50%\n"
    "MemoryMax=268435456\n"
    "TasksMax=100\n" SHOP_STARTS
    "  --cap-drop=all --security-opt=no-new-privileges --read-only \\\n"
    "  --publish=0.0.0.0:8081:80/tcp \\\n"
    "  \"--publish=[::1]:9001:9000/tcp\" \\\n"
    "  --volume=/etc/drover/apps/shop/files/etc/shop.toml:/etc/shop.toml:ro \\\n" SHOP_TOLD
    "  --env=DROVER_READS=/etc/shop.toml \\\n"
    "  --env=DROVER_WRITES=/data \\\n"
    "  --env=DROVER_CPU=0.50 \\\n"
    "  --env=DROVER_MEMORY=268435456 \\\n"
    "  --env=DROVER_TASKS=100 \\\n"
    "  --env=PORT_HTTP=80 \\\n"
    "  --env=PORT_ADMIN_UI=9000 \\\n"
    "  --env=LOG=info \\\n"
    "  \"--env=GREETING=50%% of \\\"$$HOME\\\"\\nExecStartPre=/bin/false\" \\\n"
    "  --entrypoint=/bin/shop \\\n"
    "  localhost/shop:1 serve --name \"a b\"\n" SHOP_STOPS "\n"
    "[Install]\n"
    "WantedBy=multi-user.target\n";

static void
a_replica_is_a_unit_a_person_can_read(void **state)
{
	struct arena *a = arena_new();
	struct resource_list l = { 0 };

	(void)state;
	app_resources(&shop, a, &l);
	assert_int_equal(l.count, 5);
	const struct resource *r = shop_resource(&shop, a, "unit shop-1.service");
	assert_string_equal(r->content, golden);
	assert_string_equal(r->path, "/etc/systemd/system/shop-1.service");
	assert_int_equal(r->mode, 0644);
	assert_int_equal(r->health.port, 8081);
	assert_string_equal(r->notes[0], "publishes 0.0.0.0:8081 (http of shop)");
	assert_string_equal(r->notes[1], "publishes [::1]:9001 (admin-ui of shop)");
	assert_non_null(strstr(r->notes[2], "stop-first"));
	assert_null(r->notes[3]);
	free(l.item);
	arena_free(a);
}

static void
a_replica_is_told_its_ports_and_paths(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(
	    shop_resource(&shop, a, "file /etc/drover/apps/shop/resources-0.json")->content,
	    "{\"app\":\"shop\",\"replica\":0,\"host\":\"web1\",\"log\":{\"write\":\"stdout\","
	    "\"sink\":\"journal\"},\"ports\":{\"http\":{\"protocol\":\"tcp\",\"container\":80,"
	    "\"host\":8080,\"count\":1,\"bind\":[\"0.0.0.0\"]},\"admin-ui\":{\"protocol\":"
	    "\"tcp\",\"container\":9000,\"host\":9000,\"count\":1,\"bind\":[\"::1\"]}},\"paths\":{"
	    "\"/etc/shop.toml\":{\"kind\":\"file\",\"writable\":false},\"/data\":{\"kind\":"
	    "\"volume\",\"writable\":true}},\"limits\":{\"cpu_percent\":50,\"memory\":268435456,"
	    "\"tasks\":100}}\n");
	const struct resource *f =
	    shop_resource(&shop, a, "file /etc/drover/apps/shop/files/etc/shop.toml");
	assert_string_equal(f->content, "a = 1\n");
	assert_int_equal(f->mode, 0640);
	arena_free(a);
}

static const char *
config_of(const struct app *app, struct arena *a, const char *unit)
{
	return shop_resource(app, a, unit)->config_digest;
}

static void
whatever_a_restart_would_pick_up_changes_the_config_digest(void **state)
{
	struct arena *a = arena_new();
	const char *before = config_of(&shop, a, "unit shop-0.service");
	struct app_file other_files[] = { files[0], files[1] };
	struct app_env other_env[] = { env[0], { "GREETING", "x" } };
	struct app changed = shop;

	(void)state;
	assert_string_equal(before, config_of(&shop, a, "unit shop-0.service"));
	changed.image_id = "2222";
	assert_string_not_equal(before, config_of(&changed, a, "unit shop-0.service"));
	changed = shop;
	other_files[0].content = "a = 2\n";
	changed.file = other_files;
	assert_string_not_equal(before, config_of(&changed, a, "unit shop-0.service"));
	other_files[0] = files[0];
	other_files[0].mode = 0644;
	assert_string_not_equal(before, config_of(&changed, a, "unit shop-0.service"));
	changed = shop;
	changed.env = other_env;
	assert_string_not_equal(before, config_of(&changed, a, "unit shop-0.service"));
	changed = shop;
	changed.replicas = 3;
	assert_string_equal(before, config_of(&changed, a, "unit shop-0.service"));
	arena_free(a);
}

static const char *
unit_text(const struct app *app, struct arena *a)
{
	return shop_resource(app, a, "unit shop-0.service")->content;
}

static void
one_port_is_also_just_port_and_the_user_has_the_last_word(void **state)
{
	static const struct app_env own[] = { { "PORT", "81" } };
	struct arena *a = arena_new();
	struct app app = shop;

	(void)state;
	app.port_count = 1;
	assert_non_null(strstr(unit_text(&app, a), "--env=PORT=80 "));
	app.env = own;
	app.env_count = 1;
	assert_null(strstr(unit_text(&app, a), "--env=PORT=80 "));
	assert_non_null(strstr(unit_text(&app, a), "--env=PORT=81 "));
	arena_free(a);
}

static void
holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

static void
how_it_is_started_and_stopped_stands_in_the_unit(void **state)
{
	static const char *const labels[] = { "a.b/c=100% $x", "tier=front", NULL };
	struct arena *a = arena_new();
	struct app app = shop;

	(void)state;
	app.life = (struct app_life){ .restart = "always",
		.stop_signal = "SIGINT",
		.stop_ms = 60500,
		.user = "1000:1000",
		.workdir = "/srv/my shop",
		.label = labels };
	const char *text = unit_text(&app, a);

	holds(text, "\nRestart=always\n");
	holds(text, "\nTimeoutStopSec=91\n");
	holds(text, "  --user=1000:1000 \\\n");
	holds(text, "  \"--workdir=/srv/my shop\" \\\n");
	holds(text, "  \"--label=a.b/c=100%% $$x\" \\\n  --label=tier=front \\\n");
	holds(text, "  --stop-signal=SIGINT \\\n  --stop-timeout=61 \\\n");
	holds(text, "ExecStop=/usr/bin/podman rm -f -i --time=61 ");
	holds(text, "ExecStopPost=-/usr/bin/podman rm -f -i --time=61 ");
	assert_true(shop_resource(&app, a, "unit shop-0.service")->limit_ms > 60500);
	arena_free(a);
}

static void
app_names_are_plain(void **state)
{
	(void)state;
	assert_true(app_name_ok("shop"));
	assert_true(app_name_ok("a-1"));
	assert_false(app_name_ok(""));
	assert_false(app_name_ok("-a"));
	assert_false(app_name_ok("a-"));
	assert_false(app_name_ok("A"));
	assert_false(app_name_ok("a/b"));
	assert_false(app_name_ok("a.service"));
}

/* podman need not be here: what systemd thinks of the text is the question. */
static void
systemd_accepts_the_unit_without_a_word(void **state)
{
	(void)state;
	verify_unit(golden, "/usr/bin/podman", "/usr/bin/env");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replica_is_a_unit_a_person_can_read),
		cmocka_unit_test(a_replica_is_told_its_ports_and_paths),
		cmocka_unit_test(whatever_a_restart_would_pick_up_changes_the_config_digest),
		cmocka_unit_test(one_port_is_also_just_port_and_the_user_has_the_last_word),
		cmocka_unit_test(how_it_is_started_and_stopped_stands_in_the_unit),
		cmocka_unit_test(app_names_are_plain),
		cmocka_unit_test(systemd_accepts_the_unit_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
