/* What is wanted against what is found: one look at a host, and the join of many. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/status.h"
#include "inventory/inventory.h"
#include "playbooks/roster.h"
#include "playbooks/sighting.h"
#include "playbooks/wanted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64   "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define RUN1  "01a2026e-628c-7000-a764-5d535e1191b1"
#define RUN2  "01a2026f-628c-7000-a764-5d535e1191b1"
#define UNITS "/etc/systemd/system/"

/* Parts of what a host says: shop-0 as drover put it there, with its image and one file. */
#define HEAD "begin 1\nroot\n"
#define TAIL "end\n"
#define LINES                                                                                      \
	"m\timage localhost/shop:1\tstore\tshop\trel1\t" A64 "\t-\t" RUN1 "\tp\t-\n"               \
	"m\tfile /etc/drover/apps/shop/files/c\tstore\tshop\trel1\t" C64 "\t-\t" RUN1 "\tp\t-\n"   \
	"m\tunit shop-0.service\tstore\tshop\trel1\t" B64 "\t" C64 "\t" RUN1 "\tp\t-\n"
#define UNIT(state)                                                                                \
	"u\tshop-0.service\tloaded\t" state "\tenabled\t0\t90\tno\t" UNITS                         \
	"shop-0.service\t\tsuccess\tshop, replica 0\n"
#define FILES                                                                                      \
	"t\t1767350520\t" UNITS "shop-0.service\n"                                                 \
	"s\t" C64 "  " UNITS "shop-0.service\n"                                                    \
	"s\t" C64 "  /etc/drover/apps/shop/files/c\n"
#define CONTAINER(id)                                                                              \
	"containers\nc\tshop-0\tcafe\t" id "\tlocalhost/shop:1\tUp 2 minutes (healthy)\n"
#define GOOD HEAD LINES UNIT("active\trunning") FILES CONTAINER(A64) TAIL

#define HOSTS 4
struct stand {
	struct sighting sight[HOSTS];
	struct roster_host host[HOSTS];
	struct roster *roster;
};

static void
see(struct stand *s, size_t i, const char *name, const char *text)
{
	struct err err;

	s->host[i] = (struct roster_host){ .name = name, .sight = text ? &s->sight[i] : NULL };
	if (text)
		assert_int_equal(sighting_parse(&s->sight[i], text, strlen(text), &err), 0);
}

static const struct roster_app *
join(struct stand *s, size_t hosts, const struct wanted *wanted, const char *app)
{
	roster_free(s->roster);
	s->roster =
	    roster_new(&(struct roster_input){ .host = s->host, .count = hosts, .wanted = wanted });
	for (size_t i = 0; i < s->roster->count; i++)
		if (str_eq(s->roster->app[i].name, app))
			return &s->roster->app[i];
	return NULL;
}

static void
leave(struct stand *s)
{
	roster_free(s->roster);
	for (size_t i = 0; i < HOSTS; i++)
		sighting_fini(&s->sight[i]);
}

/* shop-0 on hosts web1 to web4, as the playbook `store` would want it. */
struct wish {
	struct host host[HOSTS];
	struct wanted_unit unit;
	struct wanted_host on[HOSTS];
	struct wanted wanted;
};

static struct wanted *
wish(struct wish *w, const char *config)
{
	static const char *const names[HOSTS] = { "web1", "web2", "web3", "web4" };

	*w = (struct wish){ .unit = { .app = "shop",
				.unit = "shop-0.service",
				.digest = C64,
				.config_digest = config,
				.image = "localhost/shop:1",
				.image_id = A64,
				.running = true } };
	for (size_t i = 0; i < HOSTS; i++) {
		w->host[i].name = names[i];
		w->on[i] =
		    (struct wanted_host){ .host = &w->host[i], .unit = &w->unit, .count = 1 };
	}
	w->wanted = (struct wanted){ .playbook = "store", .host = w->on, .count = HOSTS };
	return &w->wanted;
}

static void
a_host_as_it_was_left_is_ok(void **state)
{
	struct stand s = { 0 };
	struct wish w;
	const struct roster_app *app;

	(void)state;
	see(&s, 0, "web1", GOOD);
	see(&s, 1, "web2", GOOD);
	app = join(&s, 2, wish(&w, B64), "shop");
	assert_int_equal(app->state, ROSTER_OK);
	assert_int_equal(app->want, 2);
	assert_int_equal(app->have, 2);
	assert_int_equal(app->differs, 0);
	assert_string_equal(app->where, "web[1-2]");
	assert_string_equal(app->run, RUN1);
	assert_string_equal(app->image_id, A64);
	assert_string_equal(app->item[1].health, "healthy");
	assert_int_equal(app->item[0].since_s, 90);
	assert_false(roster_differs(s.roster));
	app = join(&s, 2, NULL, "shop");
	assert_int_equal(app->want, 2);
	assert_int_equal(app->state, ROSTER_OK);
	assert_int_equal(s.roster->containers, 2);
	assert_int_equal(s.roster->running, 2);
	leave(&s);
}

static void
who_was_not_asked_is_unknown(void **state)
{
	struct stand s = { 0 };
	struct wish w;
	const struct roster_app *app;

	(void)state;
	see(&s, 0, "web1", GOOD);
	see(&s, 1, "web2", NULL);
	s.host[1].why = "unreachable";
	app = join(&s, 2, wish(&w, B64), "shop");
	assert_int_equal(app->state, ROSTER_UNKNOWN);
	assert_int_equal(app->want, 2);
	assert_int_equal(app->have, 1);
	assert_int_equal(app->unknown, 1);
	assert_string_equal(app->item[1].why, "unreachable");
	assert_string_equal(s.roster->unseen, "web2");
	assert_false(roster_differs(s.roster));
	leave(&s);
}

static void
a_poll_tells_of_a_host_that_was_not_looked_at(void **state)
{
	static const char text[] =
	    "begin 1\nunit shop-0.service loaded failed failed 20 1 x\nend\n";
	struct stand s = { 0 };
	struct status status;
	struct wish w;
	struct err err;
	const struct roster_app *app;

	(void)state;
	status_init(&status);
	assert_int_equal(status_parse(&status, text, strlen(text), NULL, &err), 0);
	see(&s, 0, "web1", NULL);
	s.host[0].status = &status;
	app = join(&s, 1, wish(&w, B64), "shop");
	assert_int_equal(app->state, ROSTER_FAILED);
	assert_int_equal(app->have, 0);
	see(&s, 0, "web1", GOOD);
	s.host[0].status = &status;
	assert_int_equal(join(&s, 1, wish(&w, B64), "shop")->state, ROSTER_OK);
	s.host[0].status_newer = true;
	assert_int_equal(join(&s, 1, wish(&w, B64), "shop")->state, ROSTER_FAILED);
	status_fini(&status);
	leave(&s);
}

static void
a_rollout_halfway_is_pending(void **state)
{
	struct stand s = { 0 };
	struct wish w;
	const struct roster_app *app;

	(void)state;
	see(&s, 0, "web1", GOOD);
	see(&s, 1, "web2", HEAD TAIL);
	app = join(&s, 2, wish(&w, A64), "shop");
	assert_int_equal(app->state, ROSTER_PENDING);
	assert_int_equal(app->have, 1);
	assert_int_equal(app->item[0].differs, DIFFERS_CONFIG);
	assert_int_equal(app->item[1].differs, DIFFERS_MISSING);
	assert_int_equal(app->drifted, 0);
	assert_true(roster_differs(s.roster));
	w.on[0].unsure = true;
	app = join(&s, 1, &w.wanted, "shop");
	assert_int_equal(app->state, ROSTER_OK);
	w.on[0].unsure = false;
	w.on[0].count = 0;
	app = join(&s, 1, &w.wanted, "shop");
	assert_int_equal(app->differs, DIFFERS_EXTRA);
	assert_int_equal(app->want, 0);
	leave(&s);
}

static void
expect(const char *text, enum roster_state state, unsigned differs, const char *why)
{
	struct stand s = { 0 };
	struct wish w;
	const struct roster_app *app;

	see(&s, 0, "web1", text);
	app = join(&s, 1, wish(&w, B64), "shop");
	assert_non_null(app);
	assert_int_equal(app->item[0].differs, differs);
	assert_int_equal(app->state, state);
	assert_non_null(strstr(app->item[0].why, why));
	leave(&s);
}

static void
what_was_changed_by_hand_is_named(void **state)
{
	(void)state;
	expect(HEAD LINES UNIT("active\trunning") "t\t1767350520\t" UNITS "shop-0.service\ns\t" A64
						  "  " UNITS "shop-0.service\n" TAIL,
	    ROSTER_DRIFT, DIFFERS_TEXT, "its unit file was changed by hand on 2026-01-02 10:42");
	expect(HEAD LINES UNIT("active\trunning") "f\t-\t0\t-\t" UNITS "shop-0.service\n" TAIL,
	    ROSTER_DRIFT, DIFFERS_GONE, "its unit file was removed by hand");
	expect(HEAD LINES UNIT("active\trunning") "s\t" A64
						  "  /etc/drover/apps/shop/files/c\n" TAIL,
	    ROSTER_DRIFT, DIFFERS_FILE, "/etc/drover/apps/shop/files/c was changed by hand");
	expect(HEAD LINES UNIT("active\trunning") FILES CONTAINER(B64) TAIL, ROSTER_DRIFT,
	    DIFFERS_IMAGE, "it runs the image bbbbbbbbbbbb, and localhost/shop:1 is aaaaaaaaaaaa");
	expect(HEAD LINES
	    "u\tshop-0.service\tloaded\tactive\trunning\tdisabled\t0\t9\tyes\t/x\t/etc/"
	    "systemd/system/shop-0.service.d/o.conf\tsuccess\tx\n" FILES TAIL,
	    ROSTER_DRIFT, DIFFERS_BOOT | DIFFERS_DROPIN | DIFFERS_RELOAD, "o.conf changes it");
}

static void
what_does_not_run_is_down_or_failed(void **state)
{
	(void)state;
	expect(HEAD LINES UNIT("inactive\tdead") FILES TAIL, ROSTER_DOWN, DIFFERS_STOPPED,
	    "not running");
	expect(HEAD LINES UNIT("failed\tfailed") FILES TAIL, ROSTER_FAILED, DIFFERS_STOPPED,
	    "failed (success)");
	expect(HEAD LINES UNIT("activating\tauto-restart") FILES TAIL, ROSTER_WAIT, 0, "");
}

static void
what_others_made_is_no_app_of_ours(void **state)
{
	struct stand s = { 0 };
	struct wish w;
	const struct roster_app *app;

	(void)state;
	expect(
	    HEAD UNIT("active\trunning") TAIL, ROSTER_DOWN, DIFFERS_FOREIGN, "a unit of this name");
	see(&s, 0, "web1", HEAD CONTAINER(B64) "c\tother\t1\t2\tx\tExited (1) 3 days ago\n" TAIL);
	app = join(&s, 1, wish(&w, B64), "shop");
	assert_int_equal(app->item[0].differs, DIFFERS_FOREIGN);
	assert_int_equal(app->have, 0);
	assert_null(app->image_id);
	assert_int_equal(s.roster->foreign_count, 2);
	assert_string_equal(s.roster->foreign[1].name, "other");
	assert_string_equal(s.roster->foreign[1].state, "exited");
	leave(&s);
}

static void
nobody_vouches_for_what_cannot_be_read(void **state)
{
	(void)state;
	expect("begin 1\n" UNIT("active\trunning") TAIL, ROSTER_UNKNOWN, 0, "not root");
	expect(HEAD "damaged\n" LINES UNIT("active\trunning") FILES TAIL, ROSTER_UNKNOWN, 0,
	    "damaged");
	expect(HEAD "m\tunit shop-0.service\tx\n" UNIT("active\trunning") TAIL, ROSTER_UNKNOWN, 0,
	    "damaged");
}

static void
an_image_cannot_speak_for_the_manifest(void **state)
{
	struct stand s = { 0 };

	(void)state;
	see(&s, 0, "web1",
	    HEAD "containers\nc\tx\t1\t2\tevil\nm\tunit evil.service\tp\t-\tr\t" A64
		 "\t-\t-\tp\t-\n" TAIL);
	assert_null(join(&s, 1, NULL, "evil.service"));
	assert_int_equal(s.roster->count, 0);
	leave(&s);
}

static void
wide_and_hostile_names_are_only_names(void **state)
{
	struct stand s = { 0 };
	const struct roster_app *app;

	(void)state;
	see(&s, 0, "数据",
	    HEAD "m\tunit 商店-0.service\t剧本\t商店\trel\t" A64 "\t" A64 "\t-\tp\t-\n"
		 "u\t商店-0.service\tloaded\tactive\trunning\tenabled\t0\t9\tno\t/x\t\tsuccess\tx\n"
		 "containers\nc\t\033]0;x\007\t1\t2\t\302\233\342\200\256\tUp\n" TAIL);
	app = join(&s, 1, NULL, "商店");
	assert_int_equal(app->have, 1);
	assert_string_equal(app->where, "数据");
	assert_int_equal(app->item[0].replica, 0);
	assert_int_equal(s.roster->foreign_count, 1);
	leave(&s);
}

static void
the_odd_image_is_told_from_the_others(void **state)
{
	struct stand s = { 0 };
	const struct roster_app *app;

	(void)state;
	see(&s, 0, "web1",
	    HEAD "m\tunit shop-0.service\tstore\tshop\trel2\t" B64 "\t" C64 "\t" RUN2
		 "\tp\t-\n" UNIT("active\trunning") CONTAINER(B64) TAIL);
	see(&s, 1, "web2", GOOD);
	see(&s, 2, "web3", GOOD);
	app = join(&s, 3, NULL, "shop");
	assert_true(app->mixed);
	assert_string_equal(app->image_id, A64);
	assert_string_equal(app->run, RUN2);
	assert_false(roster_alike(&app->item[0], &app->item[1]));
	assert_true(roster_alike(&app->item[1], &app->item[2]));
	leave(&s);
}

static void
an_answer_without_its_end_is_none(void **state)
{
	struct sighting s;
	struct err err;

	(void)state;
	assert_int_equal(sighting_parse(&s, "begin 1\nroot\n", 13, &err), -1);
	assert_int_equal(err.kind, OUTCOME_FAILED);
	sighting_fini(&s);
	assert_int_equal(sighting_parse(&s, "hello\n", 6, &err), -1);
	sighting_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_as_it_was_left_is_ok),
		cmocka_unit_test(who_was_not_asked_is_unknown),
		cmocka_unit_test(a_poll_tells_of_a_host_that_was_not_looked_at),
		cmocka_unit_test(a_rollout_halfway_is_pending),
		cmocka_unit_test(what_was_changed_by_hand_is_named),
		cmocka_unit_test(what_does_not_run_is_down_or_failed),
		cmocka_unit_test(what_others_made_is_no_app_of_ours),
		cmocka_unit_test(nobody_vouches_for_what_cannot_be_read),
		cmocka_unit_test(an_image_cannot_speak_for_the_manifest),
		cmocka_unit_test(wide_and_hostile_names_are_only_names),
		cmocka_unit_test(the_odd_image_is_told_from_the_others),
		cmocka_unit_test(an_answer_without_its_end_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
