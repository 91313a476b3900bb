#include "remote/alive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Let time pass in steps as the owner's timer would, in silence; when it was given up. */
static int64_t
given_up_at(struct alive *a, int64_t now, int *ret_asked)
{
	enum alive_answer got = ALIVE_WAIT;
	int64_t after = 0;

	*ret_asked = 0;
	while (got != ALIVE_GONE && now < 10000000) {
		got = alive_check(a, now, &after);
		*ret_asked += got == ALIVE_ASK;
		if (got != ALIVE_GONE)
			now += after;
	}
	return now;
}

static void
silence_is_noticed_within_fifteen_seconds(void **state)
{
	struct alive a;
	int asked;

	(void)state;
	alive_init(&a, 0, 0);
	alive_begin(&a, 100, 7000);
	assert_int_equal(given_up_at(&a, 7000, &asked), 22000);
	assert_int_equal(asked, 2);
}

static void
ssh_config_decides_how_long(void **state)
{
	static const struct {
		int64_t interval, count, gone;
		int asked;
	} cases[] = { { 30000, 4, 120000, 3 }, { 1000, 2, 2000, 1 }, { 10000, 1, 20000, 1 } };
	struct alive a;
	int asked;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		alive_init(&a, cases[i].interval, cases[i].count);
		alive_begin(&a, 0, 0);
		assert_int_equal(given_up_at(&a, 0, &asked), cases[i].gone);
		assert_int_equal(asked, cases[i].asked);
	}
}

static void
any_byte_is_a_sign_of_life(void **state)
{
	struct alive a;
	int64_t now, after;

	(void)state;
	alive_init(&a, 0, 0);
	alive_begin(&a, 0, 0);
	for (now = 0; now < 1000000; now += 4000) {
		alive_note(&a, (uint64_t)now / 8000, now);
		assert_int_not_equal(alive_check(&a, now, &after), ALIVE_GONE);
		assert_in_range(after, 1, 5000);
	}
	assert_true(alive_silence_ms(&a, now) <= 8000);
}

/* The owner was not run for an hour: nobody asked the host meanwhile, so nobody knows. */
static void
who_did_not_ask_does_not_give_up(void **state)
{
	struct alive a;
	int64_t after;

	(void)state;
	alive_init(&a, 0, 0);
	alive_begin(&a, 0, 0);
	assert_int_equal(alive_check(&a, 3600000, &after), ALIVE_ASK);
	assert_int_equal(alive_check(&a, 3605000, &after), ALIVE_ASK);
	assert_int_equal(alive_check(&a, 3610000, &after), ALIVE_GONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_noticed_within_fifteen_seconds),
		cmocka_unit_test(ssh_config_decides_how_long),
		cmocka_unit_test(any_byte_is_a_sign_of_life),
		cmocka_unit_test(who_did_not_ask_does_not_give_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
