#include "engine/factbook.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
what_is_said_again_replaces_what_was(void **state)
{
	struct factbook b = { .item = NULL };

	(void)state;
	factbook_begin(&b, 1000);
	factbook_set(&b, "os", "debian-12");
	factbook_set(&b, "arch", "x86_64");
	factbook_set(&b, "os", "debian-13");
	assert_int_equal(b.count, 2);
	assert_string_equal(factbook_find(&b, "os"), "debian-13");
	assert_string_equal(factbook_find(&b, "arch"), "x86_64");
	assert_null(factbook_find(&b, "o"));
	factbook_fini(&b);
}

static void
who_is_asked_anew_has_said_nothing(void **state)
{
	struct factbook b = { .item = NULL };

	(void)state;
	assert_int_equal(b.asked_ms, 0);
	factbook_begin(&b, 1000);
	factbook_set(&b, "os", "debian-12");
	factbook_begin(&b, 2000);
	assert_null(factbook_find(&b, "os"));
	assert_int_equal(b.asked_ms, 2000);
	factbook_fini(&b);
	assert_int_equal(b.asked_ms, 0);
}

static void
what_an_operator_gives_is_not_taken_from_a_host(void **state)
{
	static const char *const given[] = { "strayed", "cordoned", "replacing" };
	struct factbook b = { .item = NULL };

	(void)state;
	for (size_t i = 0; i < countof(given); i++) {
		assert_true(factbook_is_given(given[i]));
		factbook_set(&b, given[i], "yes");
		assert_null(factbook_find(&b, given[i]));
	}
	assert_false(factbook_is_given("os"));
	factbook_fini(&b);
}

static void
a_host_that_talks_without_end_fills_no_memory(void **state)
{
	struct factbook b = { .item = NULL };
	char key[32];

	(void)state;
	for (int i = 0; i < 2 * FACTBOOK_MAX; i++) {
		snprintf(key, sizeof(key), "fact-%d", i);
		factbook_set(&b, key, "x");
	}
	assert_int_equal(b.count, FACTBOOK_MAX);
	assert_non_null(factbook_find(&b, "fact-255"));
	assert_null(factbook_find(&b, "fact-256"));
	factbook_set(&b, "fact-7", "y");
	assert_string_equal(factbook_find(&b, "fact-7"), "y");
	factbook_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_again_replaces_what_was),
		cmocka_unit_test(who_is_asked_anew_has_said_nothing),
		cmocka_unit_test(what_an_operator_gives_is_not_taken_from_a_host),
		cmocka_unit_test(a_host_that_talks_without_end_fills_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
