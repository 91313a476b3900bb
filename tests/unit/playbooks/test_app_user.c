/* Apps that are a user's own. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/bidding.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/release.h"
#include "playbooks/request.h"
#include "playbooks/unit.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SHOP                                                                                       \
	"apps:\n"                                                                                  \
	"  shop:\n"                                                                                \
	"    image: localhost/shop:1\n"                                                            \
	"    as: ops\n"                                                                            \
	"    ports: {http: 8080}\n"                                                                \
	"    files: {/etc/shop.conf: {content: x, mode: 0600}, /data: {volume: data}}\n"

static size_t
place_of(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->want[i]->id, id))
			return i;
	fail_msg("nobody wants %s", id);
	return 0;
}

static void
what_the_user_needs_stands_in_front_of_a_unit_of_their_own(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, SHOP));
	const struct resource *unit = desk_wanted(d, "userunit shop-0.service of ops");
	assert_true(place_of(d, "image localhost/shop:1") < place_of(d, "linger ops"));
	assert_true(place_of(d, "linger ops") < place_of(d, "subids ops"));
	assert_true(place_of(d, "subids ops") < place_of(d, "userimage localhost/shop:1 of ops"));
	assert_true(place_of(d, "userimage localhost/shop:1 of ops") < place_of(d, unit->id));
	assert_string_equal(unit->app, "shop");
	assert_string_equal(unit->user, "ops");
	assert_null(unit->unit);
	assert_string_equal(kind_userunit_word(unit), "ops/shop-0.service");
	assert_non_null(strstr(unit->content, "\nWantedBy=default.target\n"));
	assert_non_null(strstr(unit->content, "--log-driver=journald"));
	assert_null(strstr(unit->content, "network-online.target"));
	assert_int_equal(unit->health.kind, HEALTH_UNIT);
	assert_string_equal(unit->data[0], "volume data of ops");
	desk_words_are(unit->look, "ops | shop-0.service | shop-0 | - | 8080");
	assert_string_equal(
	    desk_wanted(d, "file /etc/drover/apps/shop/files/etc/shop.conf")->owner, "ops");
	assert_null(desk_wanted(d, "file /etc/drover/apps/shop/resources-0.json")->owner);
}

static void
root_is_as_who_says_nothing(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "apps: {shop: {image: localhost/shop:1, as: root}}"));
	assert_non_null(desk_wanted(d, "unit shop-0.service"));
}

static void
a_task_may_make_the_user_before_the_app(void **state)
{
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, SHOP "tasks:\n  - dir: {path: /srv/x}\n  - user: {name: ops}\n"));
	assert_true(place_of(d, "user ops") < place_of(d, "linger ops"));
	assert_true(place_of(d, "dir /srv/x") > place_of(d, "userunit shop-0.service of ops"));
}

static void
what_it_needs_of_another_user_is_ordered_in_a_run_alone(void **state)
{
	struct desk *d = *state;

	assert_true(
	    desk_desire(d, "apps:\n"
			   "  db: {image: localhost/db:1}\n"
			   "  cache: {image: localhost/c:1, as: ops}\n"
			   "  shop: {image: localhost/s:1, as: ops, needs: [db, cache]}\n"));
	const struct resource *unit = desk_wanted(d, "userunit shop-0.service of ops");
	assert_non_null(strstr(unit->content, "\nWants=cache-0.service\nAfter=cache-0.service\n"));
	assert_non_null(
	    strstr(unit->notes[0], "not enforced: shop starts behind db in a run only"));
}

static void
what_no_user_can_have_is_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_desire(
	    d, "apps: {shop: {image: localhost/shop:1, as: ops, sandbox: {apparmor: mine}}}\n"));
	assert_non_null(strstr(buf_text(&d->said),
	    "as: podman gives no AppArmor profile to a container of ops: apparmor: "
	    "mine cannot be kept"));
	assert_false(desk_load(d, "apps: {shop: {image: localhost/shop:1, as: Not A User}}\n"));
	assert_non_null(strstr(buf_text(&d->said), "as: a user or group name is wanted here"));
}

/* The plan of its unit where the host says this of it. */
static const struct plan *
plan_of(struct desk *d, const char *said)
{
	const struct resource *r = desk_wanted(d, "userunit shop-0.service of ops");
	struct found *f = arena_alloc(d->arena, sizeof(*f));

	f->said = said;
	f->owned = strstr(said, "digest ") != NULL;
	return plan_make(d->arena, &d->host, &r, f, 1);
}

static void
a_host_that_cannot_is_refused_with_why(void **state)
{
	struct desk *d = *state;
	const struct plan *p;

	assert_true(desk_desire(d,
	    "apps: {shop: {image: localhost/shop:1, as: ops, ports: {http: 80}, network: own}}\n"));
	desk_words_are(desk_wanted(d, "userunit shop-0.service of ops")->look,
	    "ops | shop-0.service | shop-0 | own | 80");
	p = plan_of(d, "lowport 1024\n");
	assert_non_null(strstr(p->refused, "port 80: "));
	assert_non_null(strstr(p->refused, "from port 1024 on there"));
	p = plan_of(d, "nonetwork\n");
	assert_non_null(strstr(p->refused, "ops has no network own"));
	p = plan_of(d, "container\n");
	assert_non_null(strstr(p->refused, "a container of this name is there"));
	p = plan_of(d, "");
	assert_null(p->refused);
	desk_words_are(p->steps[0].back, "ops | shop-0.service | remove | - | -");
}

/* The steps of an act by this plan. */
static char *
steps_of(const struct plan *p)
{
	const struct request request = { .run = "run",
		.seat = "me@here",
		.who = "me",
		.host = "web1",
		.playbook = "shop",
		.release = "r1",
		.plan = p };
	autobuf b = BUF_INIT(REQUEST_MAX);
	struct err err;
	const char *at;

	assert_int_equal(request_build(&request, &b, &err), 0);
	at = memmem(b.data, b.len, "start 1\n", strlen("start 1\n"));
	assert_non_null(at);
	return xstrdup(at);
}

static void
it_is_started_watched_and_gated_as_any_other(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, SHOP "    health: {exec: [/bin/true]}\n"));
	autofree char *steps = steps_of(plan_of(d, ""));
	assert_string_equal(steps,
	    "start 1\ndo 1 userunit ops/shop-0.service\nwatch ops/shop-0.service\n"
	    "gate ops/shop-0.service exec - 0 2000 2000 10 ../gate/1\nsteady\ndone 1\n");
	assert_true(desk_desire(d, SHOP "    drain: {before: [out], after: [in]}\n"));
	autofree char *again = steps_of(plan_of(d, "ActiveState active\nUnitFileState enabled\n"
						   "digest old\n"));
	assert_non_null(strstr(again, "do 1 userunit ops/shop-0.service\n"));
	assert_non_null(strstr(again, "steady\nundrain ops/shop-0.service\ndone 1\n"));
}

static void
a_release_of_it_is_read_as_it_was_written(void **state)
{
	struct desk *d = *state;
	autobuf text = BUF_INIT(1U << 20);
	struct err err;
	size_t n;

	assert_true(desk_desire(d, SHOP));
	const struct release *made = release_made(d->arena, &d->host, d->want, d->count, &n);
	assert_int_equal(n, 1);
	release_write(&made[0], &text);
	const struct release *r = release_read(d->arena, buf_text(&text), text.len, &err);
	assert_non_null(r);
	assert_int_equal(r->count, made->count);
	for (size_t i = 0; i < r->count; i++) {
		const struct resource *was = made->item[i], *is = r->item[i];

		assert_string_equal(is->id, was->id);
		if (was->user)
			assert_string_equal(is->user, was->user);
	}
	const struct resource *was = desk_wanted(d, "userunit shop-0.service of ops");
	struct resource unit = *r->item[r->count - 1];
	assert_string_equal(unit.digest, was->digest);
	assert_string_equal(request_digest(&unit), was->config_digest);
	unit.content = was->content;
	kind_userunit_again(d->arena, &unit);
	desk_words_are(unit.look, "ops | shop-0.service | shop-0 | - | 8080");
	assert_string_equal(kind_userunit_word(&unit), "ops/shop-0.service");
}

static void
names_of_units_go_to_the_manifest_and_back(void **state)
{
	struct desk *d = *state;
	struct arena *a = d->arena;

	assert_string_equal(unit_to_id(a, "a.service"), "unit a.service");
	assert_string_equal(unit_to_id(a, "ops/a.service"), "userunit a.service of ops");
	assert_string_equal(unit_of_id(a, "unit a.service"), "a.service");
	assert_string_equal(unit_of_id(a, "userunit a.service of ops"), "ops/a.service");
	assert_null(unit_of_id(a, "file /a"));
	assert_null(unit_of_id(a, "userunit a.service"));
	assert_null(unit_of_id(a, "userunit a.service of ../x"));
	assert_true(unit_call_ok("ops/a.service"));
	assert_true(unit_call_ok("a.service"));
	assert_false(unit_call_ok("/a.service"));
	assert_false(unit_call_ok("-x/a.service"));
	assert_false(unit_call_ok("a b/a.service"));
	assert_false(unit_call_ok("ops/"));
}

static void
start_and_stop_find_it_by_the_name_of_the_app(void **state)
{
	static const struct manifest_line lines[] = {
		{ "userunit shop-0.service of ops", "site", "shop", "r", "-", "-", "-", "p", "-" },
		{ "userunit tick.service of ops", "site", "-", "r", "-", "-", "-", "p", "-" },
	};
	const struct observation seen = { .manifest = lines, .manifest_count = countof(lines) };
	static const char *const names[] = { "shop", "shop-0", "ops/shop-0.service" };
	struct desk *d = *state;

	for (size_t i = 0; i < countof(names); i++) {
		const struct bidding bidding = { .verb = BIDDING_STOP, .name = names[i] };
		const char *note;
		size_t n;
		const struct resource *const *r =
		    bidding_wanted(d->arena, &bidding, "web1", &seen, &n, &note);

		assert_int_equal(n, 1);
		assert_string_equal(r[0]->id, "userservice shop-0.service of ops");
		assert_int_equal(r[0]->kind, RESOURCE_USERUNIT);
		assert_int_equal(r[0]->state, WANT_STOPPED);
	}
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(what_the_user_needs_stands_in_front_of_a_unit_of_their_own),
		with_desk(root_is_as_who_says_nothing),
		with_desk(a_task_may_make_the_user_before_the_app),
		with_desk(what_it_needs_of_another_user_is_ordered_in_a_run_alone),
		with_desk(what_no_user_can_have_is_refused),
		with_desk(a_host_that_cannot_is_refused_with_why),
		with_desk(it_is_started_watched_and_gated_as_any_other),
		with_desk(a_release_of_it_is_read_as_it_was_written),
		with_desk(names_of_units_go_to_the_manifest_and_back),
		with_desk(start_and_stop_find_it_by_the_name_of_the_app),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
