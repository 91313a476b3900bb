#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "tui/logbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ALL_THE_TIME 100000000

static void
add(struct logbook *b, size_t source, int64_t time, const char *text)
{
	logbook_add(b,
	    &(struct logbook_add){
		.time_us = time, .source = source, .level = 6, .text = text, .len = strlen(text) });
}

/* The texts from the first or the last on, joined; caller frees. */
static char *
walk(struct logbook *b, bool back, bool hit)
{
	struct logbook_step step = { .from = { INT64_MIN, 0 }, .back = back, .hit = hit };
	struct logbook_line l;
	struct buf all = BUF_INIT(1 << 20);

	step.us = ALL_THE_TIME;
	if (back)
		step.from = logbook_end;
	while (logbook_next(b, &step, &l) == LOGBOOK_FOUND) {
		buf_add(&all, l.text, l.len);
		buf_addc(&all, ' ');
		step.from = l.place;
	}
	return all.len ? buf_detach(&all, NULL) : xstrdup("");
}

#define WALK(b, back, hit, want)                                                                   \
	do {                                                                                       \
		autofree char *got_ = walk(b, back, hit);                                          \
		assert_string_equal(got_, want);                                                   \
	} while (0)

static void
late_lines_go_to_their_place_and_equal_times_keep_their_order(void **state)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);

	(void)state;
	add(b, 0, 10, "a");
	add(b, 0, 30, "d\n");
	add(b, 1, 20, "b");
	add(b, 2, 20, "c");
	add(b, 2, 5, "first");
	WALK(b, false, false, "first a b c d ");
	WALK(b, true, false, "d c b a first ");
	assert_int_equal(logbook_count(b), 5);
	assert_int_equal(logbook_bytes(b), 9);
	logbook_free(b);
}

static void
any_order_of_arrival_is_one_order_of_time(void **state)
{
	enum { LINES = 30000 };
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);
	struct logbook_step step = { .from = { INT64_MIN, 0 }, .us = ALL_THE_TIME };
	struct logbook_line l;
	uint32_t noise = 1;
	int n = 0;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		char text[32];

		noise = noise * 1664525U + 1013904223U;
		/* In bursts of one time, far apart, backwards and forwards. */
		int64_t time = (noise >> 20) * 10;
		snprintf(text, sizeof(text), "%lld %d", (long long)time, i);
		add(b, (size_t)i % 7, time, text);
	}
	long long last_time = -1;
	int last = -1;
	for (; logbook_next(b, &step, &l) == LOGBOOK_FOUND; n++) {
		autofree char *text = xmemdup0(l.text, l.len);
		long long time;
		int i;

		assert_int_equal(sscanf(text, "%lld %d", &time, &i), 2);
		assert_int_equal(time, l.place.time_us);
		assert_true(time > last_time || (time == last_time && i > last));
		last_time = time;
		last = i;
		step.from = l.place;
	}
	assert_int_equal(n, LINES);
	logbook_free(b);
}

static void
a_filter_hides_and_a_search_finds_among_what_is_left(void **state)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);
	struct logbook_counts n;
	bool hidden[3] = { false, false, true };

	(void)state;
	add(b, 0, 1, "get/200");
	add(b, 1, 2, "Get/502");
	add(b, 0, 3, "put/200");
	add(b, 2, 4, "get/503");
	logbook_filter(b, &(struct logbook_filter){ .typed = "get", .level = -1 });
	WALK(b, false, false, "get/200 Get/502 get/503 ");
	logbook_search(b, "/50[0-9]");
	WALK(b, false, true, "Get/502 get/503 ");
	WALK(b, true, true, "get/503 Get/502 ");
	add(b, 0, 5, "get/504");
	add(b, 0, 6, "put/505");
	WALK(b, false, true, "Get/502 get/503 get/504 ");
	logbook_counts(b, (struct logbook_place){ 4, UINT32_MAX }, &n);
	assert_int_equal(n.seen, 4);
	assert_int_equal(n.hits, 3);
	assert_int_equal(n.hits_before, 2);
	logbook_filter(b, &(struct logbook_filter){ .typed = "!get", .level = -1 });
	WALK(b, false, false, "put/200 put/505 ");
	logbook_filter(b, &(struct logbook_filter){ .level = -1, .hidden = hidden, .sources = 3 });
	WALK(b, false, false, "get/200 Get/502 put/200 get/504 put/505 ");
	logbook_filter(b, &(struct logbook_filter){ .level = 5 });
	WALK(b, false, false, "");
	logbook_free(b);
}

static void
context_is_shown_around_what_is_kept(void **state)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s%d", i == 1023 || i == 2500 ? "X" : "", i);
		add(b, 0, i, text);
	}
	logbook_filter(b, &(struct logbook_filter){ .typed = "X", .level = -1, .context = 2 });
	WALK(b, false, false, "1021 1022 X1023 1024 1025 2498 2499 X2500 2501 2502 ");
	WALK(b, true, false, "2502 2501 X2500 2499 2498 1025 1024 X1023 1022 1021 ");
	logbook_free(b);
}

static void
a_mark_stays_through_filters_and_lines_that_come(void **state)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);
	struct logbook_line l;

	(void)state;
	add(b, 0, 10, "a");
	add(b, 0, 20, "b");
	logbook_mark(b, (struct logbook_place){ 20, 2 }, true);
	logbook_filter(b, &(struct logbook_filter){ .typed = "b", .level = -1 });
	add(b, 0, 15, "between");
	assert_true(logbook_get(b, (struct logbook_place){ 20, 2 }, &l));
	assert_true(l.marked);
	assert_false(logbook_get(b, (struct logbook_place){ 20, 9 }, &l));
	logbook_free(b);
}

static void
a_line_of_a_megabyte_is_a_line_like_any(void **state)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);
	struct logbook_step step = { .from = logbook_end, .back = true, .us = ALL_THE_TIME };
	struct logbook_line l;
	size_t size = 1U << 20;
	char *text = xcalloc(size + 1, 1);

	(void)state;
	memset(text, 'x', size);
	memcpy(text + size - 6, "needle", 6);
	add(b, 0, 1, "before");
	add(b, 0, 2, text);
	add(b, 0, 3, "after");
	logbook_search(b, "NEEDLE");
	step.hit = true;
	assert_int_equal(logbook_next(b, &step, &l), LOGBOOK_FOUND);
	assert_int_equal(l.len, size);
	assert_memory_equal(l.text, text, size);
	free(text);
	logbook_free(b);
}

static void
fill(struct logbook *b, int lines)
{
	for (int i = 0; i < lines; i++) {
		char text[160];

		snprintf(text, sizeof(text),
		    "GET /api/v1/items/%d 200 %dms upstream app-%d request id %08x served from "
		    "cache",
		    i, i % 97, i % 13, (unsigned)i * 2654435761U);
		add(b, (size_t)i % 15, (int64_t)i * 100,
		    i % 99991 == 7 ? "a timeout is rare" : text);
	}
}

static void
a_million_lines_stay_within_the_memory_and_are_all_there(void **state)
{
	const size_t memory = 16U << 20;
	struct logbook *b = logbook_new(memory);
	struct logbook_step step = { .from = { INT64_MIN, 0 }, .us = ALL_THE_TIME };
	struct logbook_line l;
	struct logbook_counts n;
	int64_t time = 0;

	(void)state;
	fill(b, 1000000);
	assert_int_equal(logbook_count(b), 1000000);
	assert_true(logbook_memory(b) < memory + (2U << 20));
	assert_int_equal(logbook_err(b)->kind, OUTCOME_OK);
	for (; logbook_next(b, &step, &l) == LOGBOOK_FOUND; time += 100) {
		assert_int_equal(l.place.time_us, time);
		step.from = l.place;
	}
	assert_int_equal(time, 100000000);
	logbook_search(b, "timeout");
	assert_false(logbook_is_done(b));
	while (logbook_work(b, 4000))
		;
	logbook_counts(b, logbook_end, &n);
	assert_int_equal(n.hits, 11);
	assert_int_equal(n.seen, 1000000);
	add(b, 3, 50, "late by far");
	step.from = (struct logbook_place){ 0, UINT32_MAX };
	assert_int_equal(logbook_next(b, &step, &l), LOGBOOK_FOUND);
	assert_int_equal(l.len, strlen("late by far"));
	logbook_free(b);
}

static void
what_was_not_looked_at_in_the_time_is_said(void **state)
{
	struct logbook *b = logbook_new(LOGBOOK_MEMORY);
	struct logbook_step step = { .from = logbook_end, .back = true, .hit = true };
	struct logbook_line l;

	(void)state;
	fill(b, 200000);
	logbook_search(b, "nowhere to be found");
	assert_int_equal(logbook_next(b, &step, &l), LOGBOOK_LATER);
	while (logbook_work(b, 1000))
		;
	assert_int_equal(logbook_next(b, &step, &l), LOGBOOK_NONE);
	logbook_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_lines_go_to_their_place_and_equal_times_keep_their_order),
		cmocka_unit_test(any_order_of_arrival_is_one_order_of_time),
		cmocka_unit_test(a_filter_hides_and_a_search_finds_among_what_is_left),
		cmocka_unit_test(context_is_shown_around_what_is_kept),
		cmocka_unit_test(a_mark_stays_through_filters_and_lines_that_come),
		cmocka_unit_test(a_line_of_a_megabyte_is_a_line_like_any),
		cmocka_unit_test(a_million_lines_stay_within_the_memory_and_are_all_there),
		cmocka_unit_test(what_was_not_looked_at_in_the_time_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
