#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct told {
	struct buf text; /* TIME PRIORITY IDENTIFIER MESSAGE cut N; a line an entry */
};

static void
on_entry(void *user, const struct journal_entry *e)
{
	struct told *t = user;

	buf_addf(&t->text, "%lld %d ", (long long)e->time_us, e->priority);
	buf_add(&t->text, e->identifier.p, e->identifier.n);
	buf_addc(&t->text, ' ');
	buf_add(&t->text, e->message.p, e->message.n);
	buf_addf(&t->text, " cut %zu\n", e->cut);
}

/* Fed in pieces of that many bytes; what was told, caller frees. NULL: refused. */
static char *
feed(const void *p, size_t n, size_t piece)
{
	struct told t = { BUF_INIT(64U << 20) };
	struct journal j;
	struct err err;
	int failed = 0;

	journal_init(&j);
	for (size_t at = 0; at < n && !failed; at += piece)
		failed = journal_feed(
		    &j, (const char *)p + at, n - at < piece ? n - at : piece, on_entry, &t, &err);
	journal_fini(&j);
	if (failed) {
		assert_int_equal(err.kind, OUTCOME_FAILED);
		buf_fini(&t.text);
		return NULL;
	}
	return t.text.len ? buf_detach(&t.text, NULL) : xstrdup("");
}

static const char plain[] = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=17\nPRIORITY=3\n"
			    "SYSLOG_IDENTIFIER=app\nMESSAGE=it=works\nOTHER=x\n\n"
			    "__REALTIME_TIMESTAMP=18\n_COMM=tool\n"
			    "MESSAGE\n\x05\0\0\0\0\0\0\0a\nb\nc\n_PID=7\n\n";

static void
entries_are_the_same_however_they_come_in_pieces(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(plain); piece++) {
		autofree char *got = feed(plain, sizeof(plain) - 1, piece);

		assert_string_equal(got, "17 3 app it=works cut 0\n18 6 tool a\nb\nc cut 0\n");
	}
}

static void
half_an_entry_is_not_told(void **state)
{
	autofree char *got = feed(plain, sizeof(plain) - 2, 7);

	(void)state;
	assert_string_equal(got, "17 3 app it=works cut 0\n");
}

static void
a_line_of_a_megabyte_is_whole_and_a_longer_value_is_cut_and_counted(void **state)
{
	const size_t sizes[] = { 1U << 20, JOURNAL_VALUE_MAX + 1000 };

	(void)state;
	for (size_t i = 0; i < countof(sizes); i++) {
		autobuf b = BUF_INIT(64U << 20);
		size_t cut = sizes[i] > JOURNAL_VALUE_MAX ? sizes[i] - JOURNAL_VALUE_MAX : 0;

		buf_adds(&b, "MESSAGE=");
		for (size_t k = 0; k < sizes[i]; k++)
			buf_addc(&b, 'x');
		buf_adds(&b, "\nPRIORITY=4\n\nMESSAGE=next\n\n");
		autofree char *got = feed(b.data, b.len, 65536);
		autofree char *end = xasprintf("x cut %zu\n-1 6  next cut 0\n", cut);
		assert_int_equal(strncmp(got, "-1 4  x", 7), 0);
		assert_string_equal(got + strlen(got) - strlen(end), end);
		assert_int_equal(strlen(got), sizes[i] - cut + 6 + strlen(end) - 1);
	}
}

static void
a_counted_value_beyond_the_ceiling_is_cut_and_counted(void **state)
{
	autobuf b = BUF_INIT(64U << 20);
	uint64_t n = JOURNAL_VALUE_MAX + 77;

	(void)state;
	buf_adds(&b, "MESSAGE\n");
	buf_add(&b, &n, sizeof(n));
	for (uint64_t k = 0; k < n; k++)
		buf_addc(&b, k % 50 ? 'y' : '\n');
	buf_adds(&b, "\n\nMESSAGE=next\n\n");
	autofree char *got = feed(b.data, b.len, 65536);
	assert_non_null(strstr(got, " cut 77\n-1 6  next cut 0\n"));
}

static void
what_is_no_journal_is_refused(void **state)
{
	static const char *const wrong[] = {
		"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff", /* counted beyond all measure */
		"MESSAGE\n\1\0\0\0\0\0\0\0ab",               /* no line end behind it */
	};
	autobuf endless = BUF_INIT(1 << 20);

	(void)state;
	assert_null(feed(wrong[0], 16, 3));
	assert_null(feed(wrong[1], 18, 3));
	for (int i = 0; i < 300; i++)
		buf_addc(&endless, 'a');
	assert_null(feed(endless.data, endless.len, 10));
}

static void
numbers_that_are_none_have_their_defaults(void **state)
{
	static const char odd[] = "__REALTIME_TIMESTAMP=12x\nPRIORITY=9\nMESSAGE=a\n\n"
				  "__REALTIME_TIMESTAMP=99999999999999999999\nPRIORITY=\n\n";
	autofree char *got = feed(odd, sizeof(odd) - 1, 11);

	(void)state;
	assert_string_equal(got, "-1 6  a cut 0\n-1 6   cut 0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_the_same_however_they_come_in_pieces),
		cmocka_unit_test(half_an_entry_is_not_told),
		cmocka_unit_test(
		    a_line_of_a_megabyte_is_whole_and_a_longer_value_is_cut_and_counted),
		cmocka_unit_test(a_counted_value_beyond_the_ceiling_is_cut_and_counted),
		cmocka_unit_test(what_is_no_journal_is_refused),
		cmocka_unit_test(numbers_that_are_none_have_their_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
