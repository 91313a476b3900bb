#include "engine/socks.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Feed it byte by byte, keeping what was not used, as whoever listens does. */
static enum socks_step
feed(struct socks *s, const void *bytes, size_t n, struct socks_reply *ret)
{
	const uint8_t *p = bytes;
	size_t used = 0;

	for (size_t i = 1; i <= n; i++) {
		enum socks_step got = socks_feed(s, p, i, &used, ret);

		if (got == SOCKS_MORE) {
			assert_int_equal(used, 0); /* it is to come again, with more behind it */
			continue;
		}
		if (got != SOCKS_REFUSED)
			assert_int_equal(used, n);
		return got;
	}
	return SOCKS_MORE;
}

static void
version_5_greets_and_asks(void **state)
{
	static const uint8_t greeting[] = { 5, 2, 2, 0 };
	static const uint8_t name[] = { 5, 1, 0, 3, 4, 'd', 'b', '.', 'x', 0x15, 0x38 };
	static const uint8_t four[] = { 5, 1, 0, 1, 10, 0, 0, 7, 0, 80 };
	static const uint8_t six[] = { 5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0, 80 };
	struct socks s = { 0 };
	struct socks_reply r;

	(void)state;
	assert_int_equal(feed(&s, greeting, sizeof(greeting), &r), SOCKS_GREET);
	assert_int_equal(r.len, 2);
	assert_memory_equal(r.bytes, "\5\0", 2);
	struct socks asked = s;
	assert_int_equal(feed(&asked, name, sizeof(name), &r), SOCKS_ASKED);
	assert_string_equal(asked.host, "db.x");
	assert_int_equal(asked.port, 5432);
	r = socks_answer(&asked, true);
	assert_memory_equal(r.bytes, "\5\0\0\1\0\0\0\0\0\0", r.len);
	assert_int_equal(r.len, 10);
	asked = s;
	assert_int_equal(feed(&asked, four, sizeof(four), &r), SOCKS_ASKED);
	assert_string_equal(asked.host, "10.0.0.7");
	asked = s;
	assert_int_equal(feed(&asked, six, sizeof(six), &r), SOCKS_ASKED);
	assert_string_equal(asked.host, "::1");
}

static void
version_4_asks_by_address_or_name(void **state)
{
	struct socks s = { 0 };
	struct socks_reply r;

	(void)state;
	assert_int_equal(feed(&s, "\4\1\0\120\177\0\0\1me", 11, &r), SOCKS_ASKED);
	assert_string_equal(s.host, "127.0.0.1");
	assert_int_equal(s.port, 80);
	assert_int_equal(socks_answer(&s, true).bytes[1], 90);
	assert_int_equal(socks_answer(&s, false).bytes[1], 91);
	s = (struct socks){ 0 };
	assert_int_equal(feed(&s, "\4\1\0\120\0\0\0\1\0web.x", 15, &r), SOCKS_ASKED);
	assert_string_equal(s.host, "web.x");
}

static void
what_is_not_to_connect_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool greeted;
	} cases[] = {
		{ "GET / HTTP/1.1", 14, false },         /* no SOCKS */
		{ "\5\1\2", 3, false },                  /* with a password only */
		{ "\5\2\0\1\1\1\1\1\0\1", 10, true },    /* to listen */
		{ "\5\1\0\2xxxxxxxx", 12, true },        /* no kind of address */
		{ "\5\1\0\3\3a b\0\1", 10, true },       /* no name */
		{ "\5\1\0\3\1a\0\0", 8, true },          /* no port */
		{ "\4\2\0\120\177\0\0\1", 9, false },    /* to listen */
		{ "\4\1\0\120\0\0\0\1\0\0", 10, false }, /* an empty name */
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct socks s = { .version = cases[i].greeted ? 5 : 0,
			.greeted = cases[i].greeted };
		struct socks_reply r = { .len = 0 };

		assert_int_equal(feed(&s, cases[i].bytes, cases[i].n, &r), SOCKS_REFUSED);
		assert_true(r.len > 0);
	}
}

static void
words_without_end_are_refused(void **state)
{
	uint8_t bytes[SOCKS_MAX];
	struct socks s = { 0 };
	struct socks_reply r;
	size_t used;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "\4\1\0\120\177\0\0\1", 8);
	assert_int_equal(socks_feed(&s, bytes, sizeof(bytes), &used, &r), SOCKS_REFUSED);
	s = (struct socks){ 0 };
	memcpy(bytes, "\4\1\0\120\0\0\0\1\0", 9);
	assert_int_equal(socks_feed(&s, bytes, sizeof(bytes), &used, &r), SOCKS_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_5_greets_and_asks),
		cmocka_unit_test(version_4_asks_by_address_or_name),
		cmocka_unit_test(what_is_not_to_connect_is_refused),
		cmocka_unit_test(words_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
