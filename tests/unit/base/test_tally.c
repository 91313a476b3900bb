#include "base/tally.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void
each_value_has_a_number_of_its_own(void **state)
{
	struct tally t;
	char text[32];
	bool added;

	(void)state;
	tally_init(&t, 1000);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 1000; i++) {
			snprintf(text, sizeof(text), "host-%u", i);
			size_t *n = tally_at(&t, tally_text(TALLY_SEED, text) | 1, &added);

			assert_int_equal(added, round == 0);
			assert_int_equal(*n, round * i);
			*n += i;
		}
	}
	tally_fini(&t);
}

/* All in one place of the table, and around its end. */
static void
keys_that_meet_are_told_apart(void **state)
{
	struct tally t;
	bool added;

	(void)state;
	tally_init(&t, 8);
	for (uint64_t i = 1; i <= 8; i++)
		*tally_at(&t, i << 32 | 15, &added) = (size_t)i;
	for (uint64_t i = 1; i <= 8; i++) {
		assert_int_equal(*tally_at(&t, i << 32 | 15, &added), i);
		assert_false(added);
	}
	tally_fini(&t);
}

static void
texts_side_by_side_do_not_run_together(void **state)
{
	uint64_t one = tally_text(tally_text(TALLY_SEED, "ab"), "c");
	uint64_t other = tally_text(tally_text(TALLY_SEED, "a"), "bc");

	(void)state;
	assert_true(one != other);
	assert_true(one == tally_text(tally_text(TALLY_SEED, "ab"), "c"));
	assert_true(tally_text(TALLY_SEED, "") != TALLY_SEED);
	assert_true(tally_number(TALLY_SEED, 1) != tally_number(TALLY_SEED, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_has_a_number_of_its_own),
		cmocka_unit_test(keys_that_meet_are_told_apart),
		cmocka_unit_test(texts_side_by_side_do_not_run_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
