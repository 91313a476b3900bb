#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "inventory/bits.h"
#include "inventory/nodeset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int
count_name(void *user, const char *name, struct err *err)
{
	size_t *count = user;

	(void)name;
	if (*count == 5)
		return err_set(err, OUTCOME_USAGE, "enough");
	++*count;
	return 0;
}

static void
an_expansion_stops_when_it_is_told(void **state)
{
	struct err err;
	size_t count = 0;

	(void)state;
	assert_int_equal(nodeset_expand("n[1-100]", 8, count_name, &count, &err), -1);
	assert_string_equal(err.text, "enough");
	assert_int_equal(count, 5);
}

static void
refuses(const char *pattern, const char *why)
{
	struct err err = { 0 };
	size_t count = 0;

	assert_int_equal(nodeset_expand(pattern, strlen(pattern), count_name, &count, &err), -1);
	assert_int_equal(err.kind, OUTCOME_USAGE);
	assert_string_equal(err.text, why);
	assert_int_equal(count, 0);
}

static void
wrong_patterns_are_refused_before_any_name(void **state)
{
	autofree char *longer = xcalloc(600, 1);

	(void)state;
	refuses("n[1-3", "a [ without its ]");
	refuses("n1-3]", "a ] without its [");
	refuses("n[]", "\"\" is no range: brackets hold numbers, as in [01-20] or [1,3-5]");
	refuses("n[1,]", "\"\" is no range: brackets hold numbers, as in [01-20] or [1,3-5]");
	refuses("n[1-9/0]", "\"1-9/0\" is no range");
	refuses("n[1-]", "\"1-\" is no range");
	refuses("n[1x]", "\"1x\" is no range");
	refuses("[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]",
	    "more than 16 ranges in one name");
	memset(longer, 'a', 599);
	refuses(longer, "a name is longer than 488 bytes");
}

static void
a_term_ends_at_an_operator_outside_brackets(void **state)
{
	(void)state;
	assert_string_equal(nodeset_term_end("web[1,3]!db"), "!db");
	assert_string_equal(nodeset_term_end("web"), "");
	assert_null(nodeset_term_end("web[1"));
	assert_null(nodeset_term_end("web]"));
	assert_null(nodeset_term_end("web[[1]]"));
}

static int
compare(const void *a, const void *b)
{
	return str_natural(a, b);
}

static void
sorting_is_right_whatever_the_runs(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (size_t n = 0; n < 200; n++) {
		autofree void **item = xcalloc(n + 1, sizeof(*item));
		size_t total = 0, sum = 0;

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			item[i] = xasprintf("n%u", seed >> 16 & (n % 3 ? 0xff : 3));
			total += strlen(item[i]);
		}
		nodeset_sort(item, n, compare);
		for (size_t i = 0; i < n; i++) {
			sum += strlen(item[i]);
			if (i)
				assert_true(str_natural(item[i - 1], item[i]) <= 0);
		}
		assert_int_equal(sum, total);
		for (size_t i = 0; i < n; i++)
			free(item[i]);
	}
}

static void
the_algebra_works_on_sets_of_any_length(void **state)
{
	autobits a = { 0 }, b = { 0 };

	(void)state;
	bits_add(&a, 1);
	bits_add(&b, 1);
	bits_add(&b, 5000);
	bits_apply(&a, ',', &b);
	assert_int_equal(bits_count(&a), 2);
	assert_true(bits_has(&a, 5000));
	assert_false(bits_has(&a, 1 << 20));
	bits_apply(&b, '!', &a);
	assert_int_equal(bits_count(&b), 0);
	bits_add(&b, 7);
	bits_apply(&b, '^', &a);
	assert_int_equal(bits_count(&b), 3);
	bits_apply(&b, '&', &a);
	assert_int_equal(bits_count(&b), 2);
}

static void
a_map_keeps_the_first_of_two(void **state)
{
	autostrmap m = STRMAP_INIT;
	char *key[1000];
	size_t value = 0;

	(void)state;
	assert_false(strmap_find(&m, "a", NULL));
	for (size_t i = 0; i < countof(key); i++) {
		key[i] = xasprintf("k%zu", i);
		assert_true(strmap_add(&m, key[i], i, NULL));
	}
	assert_false(strmap_add(&m, "k7", 9, &value));
	assert_int_equal(value, 7);
	for (size_t i = 0; i < countof(key); i++) {
		assert_true(strmap_find(&m, key[i], &value));
		assert_int_equal(value, i);
	}
	assert_false(strmap_find(&m, "k1000", NULL));
	for (size_t i = 0; i < countof(key); i++)
		free(key[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expansion_stops_when_it_is_told),
		cmocka_unit_test(wrong_patterns_are_refused_before_any_name),
		cmocka_unit_test(a_term_ends_at_an_operator_outside_brackets),
		cmocka_unit_test(sorting_is_right_whatever_the_runs),
		cmocka_unit_test(the_algebra_works_on_sets_of_any_length),
		cmocka_unit_test(a_map_keeps_the_first_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
