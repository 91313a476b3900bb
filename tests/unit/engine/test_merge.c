#include "base/buf.h"
#include "base/mem.h"
#include "engine/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
add(struct merge *m, size_t source, int64_t time, int64_t now, const char *text)
{
	merge_add(m, source, time, now, text, strlen(text));
}

/* All that may go out, joined; caller frees. */
static char *
out(struct merge *m, int64_t now)
{
	struct buf b = BUF_INIT(1 << 20);
	struct merge_line l;

	while (merge_next(m, now, &l)) {
		assert_int_equal(strlen(l.text), l.len);
		buf_addf(&b, "%zu%s ", l.source, l.text);
	}
	return b.len ? buf_detach(&b, NULL) : xstrdup("");
}

#define OUT(m, now, want)                                                                          \
	do {                                                                                       \
		autofree char *got_ = out(m, now);                                                 \
		assert_string_equal(got_, want);                                                   \
	} while (0)

static void
a_line_waits_until_no_source_can_bring_an_earlier_one(void **state)
{
	struct merge *m = merge_new(2, -1, 0);

	(void)state;
	add(m, 0, 10, 0, "a");
	add(m, 0, 30, 0, "b");
	OUT(m, 1000000, "");
	add(m, 1, 20, 0, "c");
	OUT(m, 0, "0a 1c ");
	add(m, 1, 25, 0, "d");
	OUT(m, 0, "1d ");
	merge_quiet(m, 1, true);
	OUT(m, 0, "0b ");
	assert_true(merge_is_empty(m));
	merge_free(m);
}

static void
who_follows_waits_only_so_long(void **state)
{
	struct merge *m = merge_new(3, 250, 0);

	(void)state;
	add(m, 1, 50, 1000, "a");
	OUT(m, 1249, "");
	add(m, 0, 40, 1249, "b"); /* earlier, and so it waits in front */
	OUT(m, 1250, "");
	OUT(m, 1499, "0b 1a ");
	merge_free(m);
}

static void
equal_times_keep_the_order_of_sources_and_each_its_own(void **state)
{
	struct merge *m = merge_new(2, -1, 0);

	(void)state;
	add(m, 1, 5, 0, "x");
	add(m, 1, 5, 0, "y");
	add(m, 0, 5, 0, "z");
	merge_quiet(m, 0, true);
	merge_quiet(m, 1, true);
	OUT(m, 0, "0z 1x 1y ");
	merge_free(m);
}

static void
the_last_lines_are_known_when_a_source_has_ended(void **state)
{
	struct merge *m = merge_new(2, -1, 2);

	(void)state;
	for (int i = 0; i < 5; i++)
		add(m, 0, i, 0, (const char *[]){ "a", "b", "c", "d", "e" }[i]);
	add(m, 1, 0, 0, "f");
	assert_int_equal(merge_bytes(m, 0), 2);
	OUT(m, 0, "");
	merge_quiet(m, 0, true);
	OUT(m, 0, "");
	merge_quiet(m, 1, true);
	OUT(m, 0, "1f 0d 0e ");
	merge_free(m);
}

static void
many_sources_come_out_sorted(void **state)
{
	enum { SOURCES = 50, LINES = 200 };
	struct merge *m = merge_new(SOURCES, -1, 0);
	int64_t last = -1, time;
	size_t n = 0;
	struct merge_line l;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		for (size_t s = 0; s < SOURCES; s++) {
			char text[24];

			snprintf(text, sizeof(text), "%d", i * 100 + (int)(s * 37 % 100));
			merge_add(m, s, i * 100 + (int)(s * 37 % 100), 0, text, strlen(text));
		}
	}
	for (size_t s = 0; s < SOURCES; s++)
		merge_quiet(m, s, true);
	for (; merge_next(m, 0, &l); n++) {
		time = atoll(l.text);
		assert_true(time >= last);
		last = time;
	}
	assert_int_equal(n, SOURCES * LINES);
	merge_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_waits_until_no_source_can_bring_an_earlier_one),
		cmocka_unit_test(who_follows_waits_only_so_long),
		cmocka_unit_test(equal_times_keep_the_order_of_sources_and_each_its_own),
		cmocka_unit_test(the_last_lines_are_known_when_a_source_has_ended),
		cmocka_unit_test(many_sources_come_out_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
