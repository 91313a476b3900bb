#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/bidding.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/release.h"
#include "playbooks/request.h"
#include "playbooks/resource.h"
#include "playbooks/wanted.h"
#include "tests/lib/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct manifest_line lines[] = {
	{ "image localhost/a:1", "site", "shop", "r", A, "-", "-", "p", "-" },
	{ "file /etc/drover/apps/shop/files/a", "site", "shop", "r", A, "-", "-", "p", "-" },
	{ "unit shop-10.service", "site", "shop", "r", A, A, "-", "p", "-" },
	{ "unit shop-0.service", "site", "shop", "r", A, A, "-", "p", "-" },
	{ "unit shop-2.service", "site", "shop", "r", A, A, "-", "p", "-" },
	{ "unit cache-0.service", "site", "cache", "r", A, A, "-", "p", "-" },
	{ "unit shop-2-0.service", "site", "shop-2", "r", A, A, "-", "p", "-" },
	{ "unit nginx.service", "site", "-", "r", A, A, "-", "p", "-" },
	{ "unit beat-0.service", "site", "-", "r", A, A, "-", "p", "-" },
};
static const struct observation seen = { .manifest = lines, .manifest_count = countof(lines) };

/* "shop-0.service shop-2.service ..."; *note is what was said of none. */
static const char *
units(struct arena *a, enum bidding_verb verb, const char *name, const char **note)
{
	const struct bidding bidding = { .verb = verb, .name = name };
	const char *text = "";
	size_t n;
	const struct resource *const *r = bidding_wanted(a, &bidding, "web1", &seen, &n, note);

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%s%s", text, i ? " " : "", r[i]->unit);
	return text;
}

static void
a_name_is_a_unit_or_an_app_or_an_instance(void **state)
{
	struct arena *a = arena_new();
	const char *note;

	(void)state;
	assert_string_equal(
	    units(a, BIDDING_STOP, "shop", &note), "shop-0.service shop-2.service shop-10.service");
	assert_null(note);
	assert_string_equal(units(a, BIDDING_STOP, "shop-10", &note), "shop-10.service");
	/* An app goes before an instance of the same name; in full it is the unit. */
	assert_string_equal(units(a, BIDDING_STOP, "shop-2", &note), "shop-2-0.service");
	assert_string_equal(units(a, BIDDING_STOP, "shop-2.service", &note), "shop-2.service");
	assert_string_equal(units(a, BIDDING_STOP, "nginx.service", &note), "nginx.service");
	assert_null(note);
	arena_free(a);
}

static void
what_is_no_app_is_never_guessed_to_be_a_unit(void **state)
{
	struct arena *a = arena_new();
	const char *note;

	(void)state;
	assert_string_equal(units(a, BIDDING_STOP, "nginx", &note), "");
	assert_string_equal(note,
	    "no app and no instance of one is nginx here; apps: shop, cache, shop-2; a unit is "
	    "named in full: nginx.service");
	/* A unit of a task that is named like an instance is none. */
	assert_string_equal(units(a, BIDDING_STOP, "beat-0", &note), "");
	assert_non_null(note);
	assert_true(bidding_name_ok("shop") && bidding_name_ok("shop-0") &&
		    bidding_name_ok("nginx.service") && bidding_name_ok("backup@web.timer"));
	assert_false(bidding_name_ok("Nginx") || bidding_name_ok("-x") || bidding_name_ok("a b") ||
		     bidding_name_ok("shop-*") || bidding_name_ok("") || bidding_name_ok("a.b"));
	assert_true(bidding_names_unit("nginx.service"));
	assert_false(bidding_names_unit("nginx"));
	arena_free(a);
}

static const struct health http = { .kind = HEALTH_HTTP, .path = "/", .port = 8080 };
static const struct host web1 = { .name = "web1" };
static const struct wanted_unit unit = { .app = "shop", .unit = "shop-0.service", .health = &http };
static struct wanted_host wanted_web1 = { .host = &web1, .unit = &unit, .count = 1 };
static const struct wanted wanted = { .host = &wanted_web1, .count = 1 };

/* The plan for shop-0, which runs or not, and of which its host said this. */
static struct plan *
plan_said(struct arena *a, struct bidding bidding, bool runs, const char *said)
{
	struct found *f = arena_alloc(a, 8 * sizeof(*f));
	const char *note;
	size_t n;
	const struct resource *const *r;

	bidding.name = "shop-0";
	r = bidding_wanted(a, &bidding, "web1", &seen, &n, &note);
	assert_int_equal(n, 1);
	f->present = true;
	str_copy(f->active, sizeof(f->active), runs ? "active" : "inactive");
	f->said = said;
	return plan_make(a, &web1, bidding_learn(a, &bidding, r, f, n), f, n);
}

static struct plan *
plan_of(struct arena *a, struct bidding bidding, bool runs)
{
	return plan_said(a, bidding, runs, NULL);
}

static void
what_is_so_already_is_no_change_but_a_restart_is_one(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_false(plan_changes(plan_of(a, (struct bidding){ .verb = BIDDING_START }, true)));
	assert_true(plan_changes(plan_of(a, (struct bidding){ .verb = BIDDING_START }, false)));
	assert_true(plan_changes(plan_of(a, (struct bidding){ .verb = BIDDING_STOP }, true)));
	assert_false(plan_changes(plan_of(a, (struct bidding){ .verb = BIDDING_STOP }, false)));
	assert_true(plan_changes(plan_of(a, (struct bidding){ .verb = BIDDING_RESTART }, true)));
	assert_true(plan_changes(plan_of(a, (struct bidding){ .verb = BIDDING_RESTART }, false)));
	arena_free(a);
}

static void
an_instance_is_proved_well_as_the_playbook_says(void **state)
{
	struct arena *a = arena_new();
	struct bidding bidding = { .verb = BIDDING_RESTART, .wanted = &wanted };
	const struct plan *p = plan_of(a, bidding, true);

	(void)state;
	assert_int_equal(p->steps[0].resource->health.kind, HEALTH_HTTP);
	assert_int_equal(p->note_count, 1);
	assert_string_equal(
	    p->notes[0], "each instance of shop must pass its health check (http) before the next");
	bidding.at_once = true;
	p = plan_of(a, bidding, true);
	assert_int_equal(p->steps[0].resource->health.kind, HEALTH_NONE);
	assert_string_equal(
	    p->notes[0], "at once: no instance of shop waits for another to be well");
	bidding = (struct bidding){ .verb = BIDDING_RESTART };
	p = plan_of(a, bidding, true);
	assert_int_equal(p->steps[0].resource->health.kind, HEALTH_NONE);
	assert_string_equal(p->notes[0],
	    "no health check of shop is known here: an instance whose unit runs is well");
	arena_free(a);
}

/* What a host says that keeps a release of the shop, with a drain and a check of its own. */
static const char *
kept(struct arena *a, const char *app)
{
	static const char *const before[] = { "lb", "out", NULL }, *const after[] = { "lb", "in",
		NULL };
	static const char *const about[] = { "DROVER_APP=shop", NULL };
	static const struct drain drain = {
		.env = about, .before = before, .after = after, .limit_ms = 5000
	};
	const struct resource shop = { .kind = RESOURCE_UNIT,
		.id = "unit shop-0.service",
		.title = "shop-0.service",
		.app = app,
		.path = "/etc/systemd/system/shop-0.service",
		.unit = "shop-0.service",
		.digest = A,
		.drain = &drain,
		.health = { .kind = HEALTH_TCP, .address = "127.0.0.1", .port = 1 } };
	const struct resource *const item[] = { &shop };
	const struct release release = {
		.app = app, .id = "0123456789ab", .item = (const struct resource **)item, .count = 1
	};
	autobuf b = BUF_INIT(1U << 20);

	release_write(&release, &b);
	return arena_printf(a, "kept %s", buf_text(&b));
}

static void
is_carried_out(const struct plan *p, const char *steps, const char *first)
{
	const struct request r = { .run = "r",
		.seat = "s",
		.who = "w",
		.host = "h",
		.playbook = "-",
		.release = "-",
		.plan = p };
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct err err;

	assert_int_equal(request_build(&r, &b, &err), 0);
	autofree char *told = parcel_member(&b, "steps"),
		      *drained = parcel_member(&b, "drain.first");
	assert_string_equal(told, steps);
	assert_string_equal(drained ? drained : "", first);
}

static void
what_the_host_keeps_of_the_app_says_how_it_is_drained_and_proved(void **state)
{
	struct arena *a = arena_new();
	const struct plan *p;

	(void)state;
	p = plan_said(a, (struct bidding){ .verb = BIDDING_RESTART }, true, kept(a, "shop"));
	assert_int_equal(p->note_count, 3);
	assert_string_equal(
	    p->notes[0], "each instance of shop must pass its health check (tcp) before the next");
	assert_string_equal(
	    p->notes[1], "drain: before a replica of shop stops, lb runs on the host");
	assert_string_equal(
	    p->notes[2], "drain: when a replica of shop is well again, lb runs on the host");
	is_carried_out(p,
	    "start 1\nunit restart shop-0.service\n"
	    "gate shop-0.service tcp 127.0.0.1 1 5000 2000 3 -\nsteady\n"
	    "undrain shop-0.service\ndone 1\n",
	    "shop-0.service\n");

	p = plan_said(a, (struct bidding){ .verb = BIDDING_STOP }, true, kept(a, "shop"));
	assert_int_equal(p->note_count, 1);
	is_carried_out(
	    p, "start 1\nunit stop shop-0.service\nsteady\ndone 1\n", "shop-0.service\n");

	p = plan_said(a, (struct bidding){ .verb = BIDDING_START }, false, kept(a, "shop"));
	assert_int_equal(p->note_count, 2);
	is_carried_out(p,
	    "start 1\nunit start shop-0.service\n"
	    "gate shop-0.service tcp 127.0.0.1 1 5000 2000 3 -\nsteady\n"
	    "undrain shop-0.service\ndone 1\n",
	    "");
	/* The playbook at hand has the first word on health. */
	p = plan_said(a, (struct bidding){ .verb = BIDDING_RESTART, .wanted = &wanted }, true,
	    kept(a, "shop"));
	assert_int_equal(p->steps[0].resource->health.kind, HEALTH_HTTP);
	assert_non_null(p->steps[0].resource->drain);
	arena_free(a);
}

static void
what_is_not_of_the_app_is_not_believed(void **state)
{
	static const char *const said[] = { "kept", "kept {", "kept {\"v\":1}", "wanted", "" };
	struct arena *a = arena_new();
	const struct plan *p;

	(void)state;
	p = plan_said(a, (struct bidding){ .verb = BIDDING_STOP }, true, kept(a, "cache"));
	assert_null(p->steps[0].resource->drain);
	for (size_t i = 0; i < countof(said); i++) {
		p = plan_said(a, (struct bidding){ .verb = BIDDING_RESTART }, true, said[i]);
		assert_null(p->steps[0].resource->drain);
	}
	arena_free(a);
}

static void
who_needs_what_stops_is_named(void **state)
{
	struct arena *a = arena_new();
	const struct plan *p = plan_said(a, (struct bidding){ .verb = BIDDING_STOP }, true,
	    "wanted front-0.service\nwanted front-1.service");

	(void)state;
	assert_int_equal(p->note_count, 2);
	assert_string_equal(
	    p->notes[0], "front-0.service needs shop-0.service and goes on without it");
	arena_free(a);
}

static void
the_journal_names_the_order(void **state)
{
	struct arena *a = arena_new();
	const struct bidding bidding = { .verb = BIDDING_RESTART, .name = "shop" };

	(void)state;
	assert_string_equal(bidding_release(a, &bidding), "restart of shop");
	assert_string_equal(bidding_verb_of("restart of shop"), "restart");
	assert_string_equal(bidding_verb_of("start of shop"), "start");
	assert_null(bidding_verb_of("undo of 01900000-0000-7000-8000-000000000001"));
	assert_null(bidding_verb_of("0123456789ab"));
	assert_null(bidding_verb_of("startled"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_a_unit_or_an_app_or_an_instance),
		cmocka_unit_test(what_is_no_app_is_never_guessed_to_be_a_unit),
		cmocka_unit_test(what_is_so_already_is_no_change_but_a_restart_is_one),
		cmocka_unit_test(an_instance_is_proved_well_as_the_playbook_says),
		cmocka_unit_test(what_the_host_keeps_of_the_app_says_how_it_is_drained_and_proved),
		cmocka_unit_test(what_is_not_of_the_app_is_not_believed),
		cmocka_unit_test(who_needs_what_stops_is_named),
		cmocka_unit_test(the_journal_names_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
