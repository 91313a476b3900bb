#include "base/event_json.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
an_event_is_one_line_in_table_order(void **state)
{
	autobuf b = BUF_INIT(1000);
	autoevent e = { .count = 0 };

	(void)state;
	event_init(&e, EVENT_HOST_END);
	e.time_ms = 1767323045678;
	e.seq = 7;
	memcpy(e.run, "01890a5d-ac96-774b-bcce-b302099a8057", UUID_TEXT);
	event_set_int(&e, FIELD_MS, 12);
	event_set_text(&e, FIELD_STATE, "failed");
	event_set_text(&e, FIELD_HOST, "web1");
	event_set_text(&e, FIELD_TEXT, NULL);
	event_to_json(&e, &b);
	assert_string_equal(buf_text(&b), "{\"v\":1,\"event\":\"host.end\",\"run\":\"01890a5d-ac96-"
					  "774b-bcce-b302099a8057\",\"seq\":7,"
					  "\"time\":\"2026-01-02T03:04:05.678Z\",\"host\":\"web1\","
					  "\"state\":\"failed\",\"ms\":12}");
}

static void
data_that_is_not_utf8_is_kept(void **state)
{
	autobuf b = BUF_INIT(1000);
	autoevent e = { .count = 0 };
	autoevent back = { .count = 0 };
	struct err err;
	size_t n = 0;

	(void)state;
	event_init(&e, EVENT_HOST_OUT);
	event_set_text(&e, FIELD_HOST, "a\xc3\xa9\xffz");
	event_set_data(&e, FIELD_DATA, "\0\xfe", 2);
	event_to_json(&e, &b);
	assert_non_null(strstr(buf_text(&b), "\"data_b64\":\"AP4=\""));
	assert_int_equal(event_from_json(&back, buf_text(&b), b.len, &err), 0);
	assert_string_equal(event_text(&back, FIELD_HOST), "a\xc3\xa9\xef\xbf\xbdz");
	assert_memory_equal(event_data(&back, FIELD_DATA, &n), "\0\xfe", 2);
	assert_int_equal(n, 2);
}

/* Small, fixed and the same everywhere. */
static unsigned
dice(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245U + 12345U;
	return (*seed >> 8) % sides;
}

static void
random_bytes(unsigned *seed, char *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)(1 + dice(seed, dice(seed, 3) ? 126 : 255));
	to[n] = '\0';
}

static void
set_random(struct event *e, enum event_field f, unsigned *seed)
{
	char s[40], t[10];
	size_t n = dice(seed, sizeof(s));
	const char *list[2] = { s, t };

	random_bytes(seed, s, n);
	random_bytes(seed, t, dice(seed, sizeof(t)));
	switch (event_field_type(f)) {
	case FIELD_TYPE_TEXT:
		event_set_text(e, f, s);
		break;
	case FIELD_TYPE_INT:
	case FIELD_TYPE_BOOL:
		event_set_int(e, f, (int64_t)dice(seed, 1U << 24) - (1 << 23));
		break;
	case FIELD_TYPE_DATA:
		event_set_data(e, f, s, n);
		break;
	case FIELD_TYPE_LIST:
		event_set_list(e, f, list, dice(seed, 3));
		break;
	case FIELD_TYPE_MAP:
		event_map_text(e, f, t, s);
		event_map_int(e, f, "n", dice(seed, 100));
		break;
	}
}

static void
any_event_reads_back_from_its_json_as_it_was(void **state)
{
	unsigned seed = 1;
	struct err err;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		autobuf one = BUF_INIT(1U << 20), two = BUF_INIT(1U << 20);
		autoevent e = { .count = 0 };
		autoevent back = { .count = 0 };

		event_init(&e, (enum event_kind)dice(&seed, EVENT_COUNT));
		e.seq = dice(&seed, 1000);
		for (int i = 0; i < 8; i++)
			set_random(&e,
			    (enum event_field)(FIELD_SEAT + dice(&seed, FIELD_COUNT - FIELD_SEAT)),
			    &seed);
		event_to_json(&e, &one);
		assert_true(utf8_valid(one.data, one.len));
		assert_null(memchr(one.data, '\n', one.len));
		assert_int_equal(event_from_json(&back, one.data, one.len, &err), 0);
		assert_int_equal(back.count, e.count);
		event_to_json(&back, &two);
		assert_string_equal(buf_text(&one), buf_text(&two));
	}
}

static void
what_is_no_event_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{\"v\":2,\"event\":\"warn\"}",
		"{\"v\":1,\"event\":\"nonsense\",\"time\":\"2026-01-02T03:04:05.678Z\"}",
		"{\"v\":1,\"event\":\"warn\",\"time\":\"yesterday\"}",
		"{\"v\":1,\"event\":\"warn\",\"time\":\"2026-01-02T03:04:05.678Z\",\"rc\":\"one\"}",
		"{\"v\":1,\"event\":\"warn\",\"time\":\"2026-01-02T03:04:05.678Z\",\"text\":3}",
		"{\"v\":1,\"event\":\"warn\",\"time\":\"2026-01-02T03:04:05.678Z\",\"run\":\"x\"}"
	};
	struct err err;
	struct event e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(event_from_json(&e, bad[i], strlen(bad[i]), &err), -1);
		assert_int_equal(err.kind, OUTCOME_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line_in_table_order),
		cmocka_unit_test(data_that_is_not_utf8_is_kept),
		cmocka_unit_test(any_event_reads_back_from_its_json_as_it_was),
		cmocka_unit_test(what_is_no_event_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
