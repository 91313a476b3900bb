#include "base/mem.h"
#include "playbooks/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Apps: 0 db, 1 cache (needs db), 2 shop (needs cache and db), 3 mail. */
static const size_t db_only[] = { 0 }, cache_and_db[] = { 1, 0 };
static const struct order_app apps[] = {
	{ NULL, 0 },
	{ db_only, 1 },
	{ cache_and_db, 2 },
	{ NULL, 0 },
};

static void
levels_are(const bool *has, size_t hosts, const unsigned *wanted)
{
	unsigned level[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };

	assert_true(order_hosts(apps, countof(apps), has, hosts, level));
	for (size_t i = 0; i < hosts; i++)
		assert_int_equal(level[i], wanted[i]);
}

static void
hosts_wait_for_those_that_have_what_their_apps_need(void **state)
{
	(void)state;
	levels_are((const bool[]){ 0, 0, 1, 0, /* shop */
		       0, 1, 0, 0,             /* cache */
		       1, 0, 0, 0,             /* db */
		       0, 0, 0, 1,             /* mail */
		       0, 0, 1, 0 },           /* shop */
	    5, (const unsigned[]){ 2, 1, 0, 0, 2 });
}

static void
a_host_that_has_what_it_needs_waits_for_nobody(void **state)
{
	(void)state;
	levels_are((const bool[]){ 1, 1, 1, 0, /* all */
		       1, 1, 1, 1, 0, 0, 1, 0 },
	    3, (const unsigned[]){ 0, 0, 1 });
	levels_are((const bool[]){ 0, 0, 1, 0, 0, 0, 1, 0 }, 2, (const unsigned[]){ 0, 0 });
}

static void
hosts_in_a_circle_do_not_wait(void **state)
{
	static const bool has[] = { 1, 0, 1, 0, /* db, and shop which needs the cache */
		0, 1, 0, 0,                     /* the cache, which needs the db */
		0, 0, 0, 1 };
	unsigned level[3] = { 9, 9, 9 };

	(void)state;
	assert_false(order_hosts(apps, countof(apps), has, 3, level));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(level[i], 0);
}

/* Whoever has an app comes behind all that have what it needs, unless they wait for one another. */
static void
the_order_holds_in_a_thousand_random_herds(void **state)
{
	uint64_t seed = 1;
	size_t circles = 0;

	(void)state;
	for (int turn = 0; turn < 1000; turn++) {
		bool has[8 * countof(apps)];
		unsigned level[8];

		for (size_t i = 0; i < countof(has); i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			has[i] = seed >> 62 == 0;
		}
		if (!order_hosts(apps, countof(apps), has, 8, level)) {
			circles++;
			continue;
		}
		for (size_t h = 0; h < 8; h++)
			for (size_t g = 0; g < 8; g++)
				for (size_t a = 0; a < countof(apps); a++)
					for (size_t i = 0; i < apps[a].need_count; i++)
						if (has[h * 4 + a] &&
						    has[g * 4 + apps[a].need[i]] &&
						    !has[h * 4 + apps[a].need[i]])
							assert_true(level[h] > level[g]);
	}
	assert_true(circles > 0 && circles < 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_wait_for_those_that_have_what_their_apps_need),
		cmocka_unit_test(a_host_that_has_what_it_needs_waits_for_nobody),
		cmocka_unit_test(hosts_in_a_circle_do_not_wait),
		cmocka_unit_test(the_order_holds_in_a_thousand_random_herds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
