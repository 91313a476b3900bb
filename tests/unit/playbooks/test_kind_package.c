#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "playbooks/plan.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct plan *
planned(struct desk *d, const char *task, const char *said)
{
	autofree char *text = xasprintf("tasks: [{package: %s}]\n", task);

	return desk_plan_one(d, text, said);
}

static void
what_is_asked_of_the_host(void **state)
{
	struct desk *d = *state;

	planned(d, "curl", "");
	desk_words_are(d->want[0]->look, "present | - | - | curl");
	assert_string_equal(d->want[0]->id, "package curl");
	planned(d, "{name: [bb=1:2-3, \"aa:i386 cc\"], update: 1h, recommends: false}", "");
	desk_words_are(d->want[0]->look, "present | 3600 | no | bb=1:2-3 | aa:i386 | cc");
	assert_string_equal(d->want[0]->id, "package bb aa:i386 cc");
	planned(d, "{name: [aa], state: absent, purge: true, recommends: true}", "");
	desk_words_are(d->want[0]->look, "purged | - | yes | aa");
	assert_true(d->want[0]->absent);
	planned(d, "{name: aa, state: latest}", "");
	desk_words_are(d->want[0]->look, "latest | - | - | aa");
	assert_string_equal(d->want[0]->digest, "");
}

static void
what_is_so_already_is_left_alone(void **state)
{
	assert_false(plan_changes(planned(*state, "curl", "")));
	/* Another package stands for the name. */
	assert_false(plan_changes(planned(*state, "awk", "todo awk")));
	assert_false(plan_changes(planned(*state, "{name: curl, state: latest}", "todo curl")));
	assert_false(plan_changes(planned(*state, "{name: curl, state: absent}", "")));
}

static void
what_comes_is_named_and_can_go_again(void **state)
{
	const struct plan *p = planned(*state, "{name: [tiny, other], recommends: false}",
	    "todo tiny\ninst tinylib (1.0 Debian:12/stable [all])\ninst tiny (1.1 here [amd64])\n");
	const struct plan_step *s = &p->steps[0];

	assert_int_equal(s->class, PLAN_CREATE);
	assert_string_equal(s->why, "installs tinylib 1.0, tiny 1.1");
	desk_words_are(s->doing, "install | - | no | tiny");
	desk_words_are(
	    s->back, "remove | - | no | may-remove=tinylib | may-remove=tiny | tinylib | tiny");
}

static void
what_changes_and_what_must_go_is_named(void **state)
{
	const struct plan_step *s = planned(*state, "{name: rude, state: latest}",
	    "todo rude\nremv tiny [1.0]\ninst lib [1.0] (1.1 here [all])\ninst rude (2 here [all])")
					->steps;

	assert_int_equal(s->class, PLAN_CHANGE);
	assert_string_equal(s->why, "installs rude 2, changes lib 1.0 -> 1.1, removes tiny 1.0");
	desk_words_are(s->doing, "install | - | - | may-remove=tiny | rude");
	assert_null(s->back);
}

static void
a_removal_names_all_that_goes(void **state)
{
	const char *said = "todo lib\nremv tiny [1.0]\nremv lib [1.1]";
	const struct plan_step *s = planned(*state, "{name: lib, state: absent}", said)->steps;

	assert_int_equal(s->class, PLAN_REMOVE);
	assert_string_equal(s->why, "removes tiny 1.0, lib 1.1");
	desk_words_are(s->doing, "remove | - | - | may-remove=tiny | may-remove=lib | lib");
	desk_words_are(s->back, "install | - | no | tiny=1.0 | lib=1.1");
	s = planned(*state, "{name: lib, state: absent, purge: true}", said)->steps;
	assert_string_equal(s->why, "purges tiny 1.0, lib 1.1");
	assert_null(s->back);
}

static void
lists_that_are_fetched_first_leave_the_outcome_open(void **state)
{
	const struct plan_step *s = planned(*state, "{name: tiny, update: 1h}",
	    "todo tiny\nstale\nerror Unable to locate package tiny")
					->steps;

	assert_int_equal(s->class, PLAN_CREATE);
	assert_string_equal(s->why, "the package lists are fetched first, now apt says: Unable to "
				    "locate package tiny");
	desk_words_are(s->doing, "install | 3600 | - | tiny");
	assert_null(s->back);
	s = planned(*state, "{name: tiny, update: 1h, state: latest}", "todo tiny\nstale")->steps;
	assert_int_equal(s->class, PLAN_UNPREDICTED);
}

static void
many_names_are_cut(void **state)
{
	autobuf said = BUF_INIT(10000);

	buf_adds(&said, "todo aa\n");
	for (int i = 10; i < 40; i++)
		buf_addf(&said, "inst p%d (%d x [all])\n", i, i);
	const char *why = planned(*state, "aa", buf_text(&said))->steps[0].why;
	assert_non_null(strstr(why, "p21 21 and 18 more"));
}

static void
what_cannot_be_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "lacks apt-get", "the host has no apt-get: only Debian's packages" },
		{ "interrupted\ntodo aa", "`dpkg --configure -a` on the host mends it" },
		{ "todo aa\nerror Unable to locate package aa", "Unable to locate package aa" },
		{ "todo aa\nnever\nerror E", "E; the host never fetched package lists" },
		{ "todo aa\nessential\nremv dpkg [1]", "the host cannot be without" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *refused = planned(*state, "aa", cases[i][0])->refused;

		if (!refused || !strstr(refused, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], refused ? refused : "not refused");
	}
}

static void
what_was_left_half_done_is_done_again(void **state)
{
	const struct plan_step *s =
	    planned(*state, "bad", "half bad is half-configured\ntodo bad")->steps;

	assert_int_equal(s->class, PLAN_CHANGE);
	assert_string_equal(s->why, "bad is half-configured");
	desk_words_are(s->doing, "install | - | - | bad");
}

static void
mistakes_are_told_at_their_place(void **state)
{
	static const char *const cases[][2] = {
		{ "-o", ":1:19: package: a package (name, name:arch or name=version)" },
		{ "A1", "a package" },
		{ "a", "a package" },
		{ "a-", "a package" },
		{ "\"a1:\"", "a package" },
		{ "\"aa=\"", "a version (1.2-3)" },
		{ "\"aa=1 -o\"", "a package" },
		{ "\"aa=$(id)\"", "a version" },
		{ "aa/testing", "a package" },
		{ "[]", "a name is missing" },
		{ "[aa, aa=1]", "aa=1 is there twice" },
		{ "{name: aa=1, state: latest}", "a version cannot be latest" },
		{ "{name: aa, purge: true}", "purge: only with state: absent" },
		{ "{name: aa, update: sometimes}", "update: a duration" },
		{ "{name: {a: b}}", "a text or a list" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *task = xasprintf("[{package: %s}]", cases[i][0]);

		desk_refuses(*state, task, cases[i][1]);
	}
}

#define WITH_DESK(f) cmocka_unit_test_setup_teardown(f, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(what_is_asked_of_the_host),
		WITH_DESK(what_is_so_already_is_left_alone),
		WITH_DESK(what_comes_is_named_and_can_go_again),
		WITH_DESK(what_changes_and_what_must_go_is_named),
		WITH_DESK(a_removal_names_all_that_goes),
		WITH_DESK(lists_that_are_fetched_first_leave_the_outcome_open),
		WITH_DESK(many_names_are_cut),
		WITH_DESK(what_cannot_be_is_refused),
		WITH_DESK(what_was_left_half_done_is_done_again),
		WITH_DESK(mistakes_are_told_at_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
