#include "remote/deal.h"

#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 1000

static char names[HOSTS][16];

/* Hosts on workers as a fleet would have them: all of one group share one. */
struct fleet {
	struct deal *deal;
	size_t count;
	bool bad[HOSTS], done[HOSTS];
	int tries[HOSTS];
	int deaths;
};

/* Let the group of the first host that is not done try; its worker dies if a bad host is there. */
static bool
try_a_group(struct fleet *f)
{
	const char *held[HOSTS];
	size_t n = 0, first = 0, who[HOSTS];
	bool dies = false;

	while (first < f->count && f->done[first])
		first++;
	if (first == f->count)
		return false;
	uint32_t group = deal_group(f->deal, names[first]);
	for (size_t i = first; i < f->count; i++) {
		if (f->done[i] || deal_group(f->deal, names[i]) != group)
			continue;
		who[n] = i;
		held[n++] = names[i];
		f->tries[i]++;
		dies |= f->bad[i];
	}
	if (dies) {
		f->deaths++;
		deal_died(f->deal, held, n);
	}
	for (size_t i = 0; i < n; i++) {
		f->done[who[i]] = !dies || deal_is_culprit(f->deal, held[i]);
		if (!dies)
			deal_clear(f->deal, held[i]);
	}
	return true;
}

static void
hunt(struct fleet *f)
{
	f->deal = deal_new();
	while (try_a_group(f))
		assert_true(f->deaths <= 4 * HOSTS);
	for (size_t i = 0; i < f->count; i++)
		assert_int_equal(deal_is_culprit(f->deal, names[i]), f->bad[i]);
	deal_free(f->deal);
}

static void
one_among_a_thousand_is_found_by_halves(void **state)
{
	(void)state;
	for (size_t bad = 0; bad < HOSTS; bad += 199) {
		autofree struct fleet *f = xcalloc(1, sizeof(*f));

		f->count = HOSTS;
		f->bad[bad] = true;
		hunt(f);
		assert_in_range(f->deaths, 2, 11); /* the first, and ten halvings */
		for (size_t i = 0; i < HOSTS; i++)
			assert_true(f->tries[i] <= 11);
	}
}

static void
all_culprits_are_found_and_only_they(void **state)
{
	static const size_t counts[] = { 2, 3, 7, 64, 500, HOSTS };

	(void)state;
	for (size_t round = 0; round < countof(counts); round++) {
		autofree struct fleet *f = xcalloc(1, sizeof(*f));

		f->count = HOSTS;
		for (size_t i = 0; i < counts[round]; i++)
			f->bad[i * 7919 % HOSTS] = true;
		hunt(f);
	}
}

static void
a_host_alone_has_a_second_try(void **state)
{
	struct deal *d = deal_new();
	const char *host[] = { "web-1", "web-1" };

	(void)state;
	assert_int_equal(deal_group(d, "web-1"), 0);
	deal_died(d, host, 1);
	assert_false(deal_is_culprit(d, "web-1"));
	assert_int_not_equal(deal_group(d, "web-1"), 0);
	/* Two sessions of one host are one host. */
	deal_died(d, host, 2);
	assert_true(deal_is_culprit(d, "web-1"));
	deal_clear(d, "web-1");
	assert_true(deal_is_culprit(d, "web-1"));
	deal_free(d);
}

static void
who_did_its_work_is_no_suspect(void **state)
{
	struct deal *d = deal_new();
	const char *hosts[] = { "a", "b", "c" };

	(void)state;
	deal_died(d, hosts, countof(hosts));
	assert_int_equal(deal_group(d, "a"), deal_group(d, "b"));
	assert_int_not_equal(deal_group(d, "a"), deal_group(d, "c"));
	deal_clear(d, "a");
	assert_int_equal(deal_group(d, "a"), 0);
	deal_clear(d, "never seen");
	/* Its first death again, and not yet a culprit. */
	deal_died(d, hosts, 1);
	assert_false(deal_is_culprit(d, "a"));
	deal_free(d);
}

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTS; i++)
		snprintf(names[i], sizeof(names[i]), "host-%zu", i);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_among_a_thousand_is_found_by_halves),
		cmocka_unit_test(all_culprits_are_found_and_only_they),
		cmocka_unit_test(a_host_alone_has_a_second_try),
		cmocka_unit_test(who_did_its_work_is_no_suspect),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
