#include "playbooks/read_rollout.h"

#include "base/mem.h"
#include "playbooks/playbook.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
counts_are_numbers_or_shares(void **state)
{
	struct desk *d = *state;

	assert_true(desk_load(
	    d, "rollout: {canary: 2, batch: 25%, max_fail: 10%, max_unreachable: 1, soak: 10s}\n"));
	const struct rollout *r = playbook_rollout(d->playbook);
	assert_true(r->said && r->canary.said && r->batch.percent && !r->canary.percent);
	assert_true(r->max_fail.percent && !r->max_unreachable.percent);
	assert_null(r->domain);
	assert_false(r->rollback);
	assert_int_equal(r->canary.n, 2);
	assert_int_equal(r->batch.n, 25);
	assert_int_equal(r->max_fail.n, 10);
	assert_int_equal(r->max_unreachable.n, 1);
	assert_int_equal(r->soak_ms, 10000);
}

static void
what_failed_may_be_rolled_back_and_what_fails_together_named(void **state)
{
	struct desk *d = *state;

	assert_true(desk_load(d, "rollout: {on_failure: rollback, domain: rack}\n"));
	assert_true(playbook_rollout(d->playbook)->rollback);
	assert_string_equal(playbook_rollout(d->playbook)->domain, "rack");
	assert_int_equal(playbook_rollout(d->playbook)->domain_mark.col, 41);
	assert_true(desk_load(d, "rollout: {on_failure: stop}\n"));
	assert_false(playbook_rollout(d->playbook)->rollback);
}

static void
mistakes_are_told_at_their_place(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "on_failure: undo",
		    "1:23: on_failure: stop or rollback is wanted here, not \"undo\"" },
		{ "canary: 101%",
		    "1:19: canary: a number of hosts (3) or a share of them (25%) is wanted here" },
		{ "max_fail: [1]", "1:21: max_fail: a number of hosts (3) or a share of them (25%) "
				   "is wanted here" },
		{ "batch: 0", "1:10: batch: at least one host at a time" },
		{ "batch: 0%", "1:10: batch: at least one host at a time" },
		{ "domain: a b", "1:19: domain: the name of a variable or fact is wanted here "
				 "(rack), not \"a b\"" },
	};
	struct desk *d = *state;

	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *text = xasprintf("rollout: {%s}\n", cases[i].text);
		autofree char *said = xasprintf("shop.yaml:%s\n", cases[i].said);

		assert_false(desk_load(d, text));
		assert_string_equal(buf_text(&d->said), said);
	}
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(counts_are_numbers_or_shares),
		with_desk(what_failed_may_be_rolled_back_and_what_fails_together_named),
		with_desk(mistakes_are_told_at_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
