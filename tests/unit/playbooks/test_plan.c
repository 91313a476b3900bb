#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static const struct host host = { .name = "web1" };

static int
set_up(void **state)
{
	arena = arena_new();
	*state = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct resource
file(const char *content)
{
	struct resource r = { .kind = RESOURCE_FILE,
		.id = "file /etc/motd",
		.path = "/etc/motd",
		.content = content,
		.content_len = strlen(content),
		.mode = 0644 };

	digest_hex(content, strlen(content), r.digest);
	return r;
}

static struct found
found_file(const char *content)
{
	struct found f = { .present = true,
		.kind = 'f',
		.mode = 0644,
		.owner = "root",
		.group = "root",
		.content = content,
		.content_len = strlen(content),
		.is_text = true };

	digest_hex(content, strlen(content), f.digest);
	return f;
}

static struct resource
unit(const char *content, const char *config)
{
	struct resource r = file(content);

	r.kind = RESOURCE_UNIT;
	r.id = "unit shop-0.service";
	r.unit = "shop-0.service";
	r.app = "shop";
	r.path = "/etc/systemd/system/shop-0.service";
	r.state = WANT_STARTED;
	r.enabled = WANT_ENABLED;
	r.config_digest = config;
	return r;
}

static struct found
found_unit(const char *content, const char *config)
{
	struct found f = found_file(content);

	str_copy(f.active, sizeof(f.active), "active");
	str_copy(f.enabled, sizeof(f.enabled), "enabled");
	str_copy(f.config_digest, sizeof(f.config_digest), config);
	f.owned = true;
	return f;
}

static struct plan *
plan(const struct resource *r, const struct found *f)
{
	return plan_make(arena, &host, &r, f, 1);
}

static void
step_is(const struct resource *r, const struct found *f, enum plan_class class, const char *why)
{
	const struct plan_step *s = &plan(r, f)->steps[0];

	assert_string_equal(plan_class_name(s->class), plan_class_name(class));
	if (why)
		assert_string_equal(s->why, why);
	else
		assert_null(s->why);
}

static void
an_equal_file_is_the_same(void **state)
{
	struct resource r = file("hi\n");
	struct found f = found_file("hi\n");

	(void)state;
	f.content = NULL;
	step_is(&r, &f, PLAN_SAME, NULL);
	assert_false(plan_changes(plan(&r, &f)));
}

static void
an_absent_file_is_created_and_shown(void **state)
{
	struct resource r = file("hi\n");
	struct found f = { .kind = '-' };
	struct plan *p = plan(&r, &f);

	(void)state;
	assert_int_equal(p->steps[0].class, PLAN_CREATE);
	assert_string_equal(
	    p->steps[0].diff, "--- /dev/null\n+++ b/etc/motd\n@@ -0,0 +1 @@\n+hi\n");
	assert_int_equal(p->by_class[PLAN_CREATE], 1);
	assert_true(plan_changes(p));
}

static void
a_different_file_has_a_diff(void **state)
{
	struct resource r = file("hi\n");
	struct found f = found_file("ho\n");

	(void)state;
	step_is(&r, &f, PLAN_CHANGE, NULL);
	assert_non_null(strstr(plan(&r, &f)->steps[0].diff, "-ho\n+hi\n"));
}

static void
contents_that_may_not_be_shown_are_not(void **state)
{
	struct resource r = file("token\n");
	struct found f = found_file("other\n");

	(void)state;
	r.secret = true;
	step_is(&r, &f, PLAN_CHANGE, "contents differ (not shown: secret)");
	assert_null(plan(&r, &f)->steps[0].diff);
	f.kind = '-';
	f.present = false;
	assert_null(plan(&r, &f)->steps[0].diff);
	r.secret = false;
	f = found_file("other\n");
	f.content = NULL;
	step_is(&r, &f, PLAN_CHANGE, "contents differ (not shown: binary or too large)");
}

static void
what_was_put_there_as_a_secret_is_not_shown(void **state)
{
	struct resource r = file("open\n");
	struct found f = found_file("token\n");

	(void)state;
	f.hidden = true;
	step_is(&r, &f, PLAN_CHANGE, "contents differ (not shown: secret)");
	assert_null(plan(&r, &f)->steps[0].diff);
	r.absent = true;
	step_is(&r, &f, PLAN_REMOVE, NULL);
	assert_null(plan(&r, &f)->steps[0].diff);
}

static void
mode_and_owner_are_compared(void **state)
{
	struct resource r = file("hi\n");
	struct found f = found_file("hi\n");

	(void)state;
	f.mode = 0100600;
	str_copy(f.owner, sizeof(f.owner), "www-data");
	step_is(&r, &f, PLAN_CHANGE, "mode 0600 -> 0644, owner www-data -> root");
	r.owner = "www-data";
	r.mode = 0600;
	step_is(&r, &f, PLAN_SAME, NULL);
}

static void
what_is_no_file_is_named(void **state)
{
	struct resource r = file("hi\n");
	struct found f = { .present = true, .kind = 'd' };

	(void)state;
	step_is(&r, &f, PLAN_CHANGE, "a directory stands there");
	assert_string_equal(plan(&r, &f)->refused, "file /etc/motd: a directory stands there");
	f.kind = 'l';
	f.target = "../motd";
	step_is(&r, &f, PLAN_CHANGE, "a link stands there, to ../motd");
	assert_null(plan(&r, &f)->refused);
}

static void
a_running_unit_with_the_same_configuration_is_the_same(void **state)
{
	struct resource r = unit("[Service]\n", "c1");
	struct found f = found_unit("[Service]\n", "c1");

	(void)state;
	step_is(&r, &f, PLAN_SAME, NULL);
}

static void
a_unit_restarts_when_its_files_or_image_changed(void **state)
{
	struct resource r = unit("[Service]\n", "c2");
	struct found f = found_unit("[Service]\n", "c1");

	(void)state;
	step_is(&r, &f, PLAN_CHANGE, "its files or its image changed, restart");
	assert_true(plan(&r, &f)->steps[0].restart);
	r.on_change = ON_CHANGE_RELOAD;
	step_is(&r, &f, PLAN_CHANGE, "its files or its image changed, reload");
	assert_true(plan(&r, &f)->steps[0].reload);
	assert_false(plan(&r, &f)->steps[0].restart);
	r.on_change = ON_CHANGE_NONE;
	step_is(
	    &r, &f, PLAN_CHANGE, "its files or its image changed, no restart (on_change: none)");
	assert_false(plan(&r, &f)->steps[0].restart);
}

static void
a_unit_restarts_when_its_text_changed(void **state)
{
	struct resource r = unit("[Service]\nA=2\n", "c2");
	struct found f = found_unit("[Service]\nA=1\n", "c1");

	(void)state;
	step_is(&r, &f, PLAN_CHANGE, "restart");
	assert_true(plan(&r, &f)->steps[0].restart);
	assert_non_null(plan(&r, &f)->steps[0].diff);
}

static void
a_unit_that_does_not_run_is_started_not_restarted(void **state)
{
	struct resource r = unit("[Service]\n", "c2");
	struct found f = found_unit("[Service]\n", "c1");

	(void)state;
	str_copy(f.active, sizeof(f.active), "failed");
	str_copy(f.enabled, sizeof(f.enabled), "disabled");
	step_is(&r, &f, PLAN_CHANGE,
	    "disabled -> enabled, not running (failed), its files or its image changed");
	assert_false(plan(&r, &f)->steps[0].restart);
}

static void
a_unit_of_somebody_else_stops_the_plan_of_an_app(void **state)
{
	struct resource r = unit(APP_UNIT_MARK " x\n", "c1");
	struct found f = found_unit("[Service]\nExecStart=/bin/true\n", "");

	(void)state;
	f.owned = false;
	assert_non_null(strstr(plan(&r, &f)->refused, "shop-0.service exists"));
	r.app = NULL;
	assert_null(plan(&r, &f)->refused);
	r.app = "shop";
	f.owned = true;
	assert_null(plan(&r, &f)->refused);
}

static void
a_unit_of_ours_that_the_manifest_forgot_is_taken_up_again(void **state)
{
	struct resource r = unit(APP_UNIT_MARK " x\n", "c1");
	struct found f = found_unit(APP_UNIT_MARK " y\n", "");

	(void)state;
	f.owned = false;
	assert_null(plan(&r, &f)->refused);
	f = found_unit(APP_UNIT_MARK " x\n", "");
	f.owned = false;
	f.content = NULL;
	step_is(&r, &f, PLAN_CHANGE, "not yet in drover's manifest, restart");
}

static void
services_have_states(void **state)
{
	struct resource r = { .kind = RESOURCE_SERVICE,
		.id = "service cron.service",
		.unit = "cron.service",
		.state = WANT_STOPPED,
		.enabled = WANT_DISABLED };
	struct found f = { .present = true, .active = "active", .enabled = "enabled" };
	struct found none = { 0 };

	(void)state;
	step_is(&r, &f, PLAN_CHANGE, "enabled -> disabled, running -> stopped");
	step_is(&r, &none, PLAN_SAME, NULL);
	r.state = WANT_STARTED;
	r.enabled = WANT_ENABLED;
	step_is(&r, &f, PLAN_SAME, NULL);
	step_is(&r, &none, PLAN_CHANGE, "the host has no such unit");
	assert_non_null(plan(&r, &none)->refused);
	str_copy(f.enabled, sizeof(f.enabled), "static");
	step_is(&r, &f, PLAN_SAME, NULL);
	r.state = WANT_RESTARTED;
	assert_true(plan(&r, &f)->steps[0].restart);
	assert_int_equal(plan(&r, &f)->steps[0].class, PLAN_CHANGE);
}

static void
a_unit_or_an_owner_that_a_step_before_may_bring_is_no_obstacle(void **state)
{
	const struct resource package = { .kind = RESOURCE_RUN, .id = "run 1", .parts = true };
	const struct resource service = { .kind = RESOURCE_SERVICE,
		.id = "service cron.service",
		.unit = "cron.service",
		.state = WANT_STARTED };
	const struct resource file = { .kind = RESOURCE_FILE,
		.id = "file /x",
		.path = "/x",
		.owner = "ops",
		.digest = "00",
		.content = "x",
		.content_len = 1 };
	const struct found none[3] = { { 0 }, { 0 }, { .kind = '-', .lacks = "user ops" } };
	struct plan *p;

	(void)state;
	p = plan_make(
	    arena, &host, (const struct resource *const[]){ &package, &service, &file }, none, 3);
	assert_null(p->refused);
	assert_string_equal(p->steps[1].why, "no such unit yet");
	assert_string_equal(p->steps[2].why, "the host has no user ops");
	p = plan_make(arena, &host, (const struct resource *const[]){ &file }, &none[2], 1);
	assert_string_equal(p->refused, "file /x: the host has no user ops");
}

static void
images_are_compared_by_id_where_it_is_known(void **state)
{
	struct resource r = { .kind = RESOURCE_IMAGE, .image = "localhost/a:1" };
	struct found f = { .present = true, .image_id = "sha256:aaaa" };
	struct found none = { 0 };

	(void)state;
	step_is(&r, &f, PLAN_SAME, NULL);
	step_is(&r, &none, PLAN_CREATE, "pulled");
	r.archive = "/x/site.tar";
	str_copy(r.image_id, sizeof(r.image_id), "aaaa");
	step_is(&r, &f, PLAN_SAME, NULL);
	str_copy(r.image_id, sizeof(r.image_id), "bbbb");
	step_is(&r, &f, PLAN_CHANGE,
	    "another image of this name is there (aaaa), loaded from site.tar");
}

static void
runs_are_unpredicted_unless_the_host_says_they_are_not_needed(void **state)
{
	struct resource r = { .kind = RESOURCE_RUN, .shell = "x" };
	struct found f = { .created = true, .unless_held = true };
	struct found none = { 0 };

	(void)state;
	step_is(&r, &f, PLAN_UNPREDICTED, NULL);
	r.creates = "/x";
	step_is(&r, &f, PLAN_SAME, NULL);
	step_is(&r, &none, PLAN_UNPREDICTED, "/x is absent");
	r.creates = NULL;
	r.unless = "test";
	step_is(&r, &f, PLAN_SAME, NULL);
	step_is(&r, &none, PLAN_UNPREDICTED, "unless: does not hold");
}

static void
follow_ups_and_notes_come_once_and_only_from_what_changes(void **state)
{
	static const char *const argv[] = { "a", "b", NULL };
	static const char *const notes[] = { "publishes 0.0.0.0:8080 (http)", NULL };
	struct resource one = file("1"), two = file("2"), three = file("3"), same = file("4");
	struct found f[] = { { .kind = '-' }, { .kind = '-' }, { .kind = '-' }, found_file("4") };
	const struct resource *const wanted[] = { &one, &two, &three, &same };

	(void)state;
	one.then = two.then = (struct follow_up){ .kind = FOLLOW_RELOAD, .unit = "x.service" };
	three.then = (struct follow_up){ .kind = FOLLOW_RUN, .argv = argv };
	same.then = (struct follow_up){ .kind = FOLLOW_RESTART, .unit = "y.service" };
	one.notes = two.notes = same.notes = notes;
	struct plan *p = plan_make(arena, &host, wanted, f, 4);
	assert_int_equal(p->then_count, 2);
	assert_int_equal(p->then[0].kind, FOLLOW_RELOAD);
	assert_int_equal(p->then[1].kind, FOLLOW_RUN);
	assert_int_equal(p->note_count, 1);
	assert_int_equal(p->by_class[PLAN_CREATE], 3);
	assert_int_equal(p->by_class[PLAN_SAME], 1);
}

/* A plan made by hand: each resource as its class says. */
static struct plan *
by_hand(const struct resource *r, const enum plan_class *class, size_t count)
{
	struct plan *p = arena_alloc(arena, sizeof(*p));
	struct found *found = arena_alloc(arena, count * sizeof(*found));

	p->steps = arena_alloc(arena, count * sizeof(*p->steps));
	p->then = arena_alloc(arena, count * sizeof(*p->then));
	p->count = count;
	for (size_t i = 0; i < count; i++) {
		p->steps[i] =
		    (struct plan_step){ .resource = &r[i], .found = &found[i], .class = class[i] };
		p->by_class[class[i]]++;
		if (class[i] != PLAN_SAME && r[i].then.kind != FOLLOW_NONE && !p->then_count)
			p->then[p->then_count++] = r[i].then;
	}
	return p;
}

static void
a_step_that_others_rely_on_is_not_left_out(void **state)
{
	const struct resource r[] = {
		{ .kind = RESOURCE_DIR, .id = "dir /srv/a", .title = "/srv/a", .path = "/srv/a" },
		{ .kind = RESOURCE_FILE, .id = "file /srv/a/b", .title = "b", .path = "/srv/a/b" },
		{ .kind = RESOURCE_USER, .id = "user deploy", .title = "deploy", .parts = true },
		{ .kind = RESOURCE_FILE, .id = "file /c", .title = "c", .path = "/c" },
		{ .kind = RESOURCE_IMAGE, .id = "image x", .title = "image x" },
		{ .kind = RESOURCE_UNIT, .id = "unit x", .title = "unit x", .path = "/x.service" },
		{ .kind = RESOURCE_FILE,
		    .id = "file /d",
		    .title = "d",
		    .path = "/d",
		    .app = "shop" },
	};
	const enum plan_class class[] = { PLAN_CREATE, PLAN_CREATE, PLAN_CREATE, PLAN_CREATE,
		PLAN_CREATE, PLAN_CREATE, PLAN_SAME };
	struct plan *p = by_hand(r, class, countof(r));

	(void)state;
	assert_string_equal(plan_bound(arena, p, &p->steps[0]), "b lies in it");
	p->steps[1].out = true;
	assert_null(plan_bound(arena, p, &p->steps[0]));
	assert_null(plan_bound(arena, p, &p->steps[2]));
	p->steps[3].relies = true;
	p->steps[3].why = "the host has no user deploy";
	assert_string_equal(plan_bound(arena, p, &p->steps[2]),
	    "c relies on what it does: the host has no user deploy");
	assert_string_equal(plan_bound(arena, p, &p->steps[4]), "unit x may run on it");
	assert_null(plan_bound(arena, p, &p->steps[5]));
	assert_non_null(plan_bound(arena, p, &p->steps[6]));
	p->steps[6].class = PLAN_CHANGE;
	assert_string_equal(plan_bound(arena, p, &p->steps[6]), "it is a part of the app shop");
}

static void
what_follows_a_step_goes_with_the_last_that_asks_for_it(void **state)
{
	const struct follow_up reload = { .kind = FOLLOW_RELOAD, .unit = "x.service" };
	const struct resource r[] = {
		{ .kind = RESOURCE_FILE, .id = "file /a", .title = "a", .then = reload },
		{ .kind = RESOURCE_FILE, .id = "file /b", .title = "b", .then = reload },
		{ .kind = RESOURCE_FILE, .id = "file /c", .title = "c" },
	};
	const enum plan_class class[] = { PLAN_CHANGE, PLAN_CREATE, PLAN_CHANGE };
	struct plan *p = by_hand(r, class, countof(r));

	(void)state;
	p->steps[0].out = true;
	plan_drop_out(p);
	assert_int_equal(p->count, 2);
	assert_string_equal(p->steps[0].resource->id, "file /b");
	assert_int_equal(p->by_class[PLAN_CHANGE], 1);
	assert_int_equal(p->then_count, 1);
	p->steps[0].out = true;
	plan_drop_out(p);
	assert_int_equal(p->count, 1);
	assert_int_equal(p->then_count, 0);
	assert_true(plan_changes(p));
}

#define with_arena(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_arena(an_equal_file_is_the_same),
		with_arena(an_absent_file_is_created_and_shown),
		with_arena(a_different_file_has_a_diff),
		with_arena(contents_that_may_not_be_shown_are_not),
		with_arena(what_was_put_there_as_a_secret_is_not_shown),
		with_arena(mode_and_owner_are_compared),
		with_arena(what_is_no_file_is_named),
		with_arena(a_running_unit_with_the_same_configuration_is_the_same),
		with_arena(a_unit_restarts_when_its_files_or_image_changed),
		with_arena(a_unit_restarts_when_its_text_changed),
		with_arena(a_unit_that_does_not_run_is_started_not_restarted),
		with_arena(a_unit_of_somebody_else_stops_the_plan_of_an_app),
		with_arena(a_unit_of_ours_that_the_manifest_forgot_is_taken_up_again),
		with_arena(services_have_states),
		with_arena(a_unit_or_an_owner_that_a_step_before_may_bring_is_no_obstacle),
		with_arena(images_are_compared_by_id_where_it_is_known),
		with_arena(runs_are_unpredicted_unless_the_host_says_they_are_not_needed),
		with_arena(follow_ups_and_notes_come_once_and_only_from_what_changes),
		with_arena(a_step_that_others_rely_on_is_not_left_out),
		with_arena(what_follows_a_step_goes_with_the_last_that_asks_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
