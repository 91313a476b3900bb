#include "base/str.h"
#include "playbooks/reply.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static void
note(void *user, const char *kind, const char *payload, size_t len)
{
	struct buf *b = user;

	buf_addf(b, "[%s %zu ", kind, len);
	buf_add(b, payload, len);
	buf_addc(b, ']');
}

/* What frames come of these bytes, fed in pieces of this size. */
static enum reply_state
feed(const char *text, size_t len, size_t piece, struct buf *seen)
{
	struct reply r;
	enum reply_state state;

	reply_init(&r, "n0nce", note, seen);
	for (size_t i = 0; i < len; i += piece)
		reply_feed(&r, text + i, len - i < piece ? len - i : piece);
	state = r.state;
	reply_fini(&r);
	return state;
}

static const char whole[] = "Last login: today\nn0nce end 0\n\n\nn0nce begin 1\n1\n"
			    "n0nce fact 5\na\n\n=b\nn0nce empty 0\n\nn0nce end 0\n\ntrailing";

static void
a_reply_is_read_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(whole); piece++) {
		autobuf seen = BUF_INIT(1000);

		assert_int_equal(feed(whole, sizeof(whole) - 1, piece, &seen), REPLY_AFTER);
		assert_string_equal(buf_text(&seen), "[fact 5 a\n\n=b][empty 0 ]");
	}
}

static void
a_reply_that_is_cut_is_never_whole(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 10; n++) {
		autobuf seen = BUF_INIT(1000);

		assert_int_not_equal(feed(whole, n, n + 1, &seen), REPLY_AFTER);
	}
}

static void
broken(const char *text)
{
	autobuf seen = BUF_INIT(1000);

	assert_int_equal(feed(text, strlen(text), 7, &seen), REPLY_BROKEN);
}

static void
strange_bytes_break_a_reply(void **state)
{
	(void)state;
	broken("n0nce begin 1\n1\nhello\n");
	broken("n0nce begin 1\n1\nn0ncf fact 1\na\n");
	broken("n0nce begin 1\n1\nn0nce fact 1\nabc\n");
	broken("n0nce begin 1\n1\nn0nce fact 99999999999\n");
	broken("n0nce begin 1\n1\nn0nce fact -1\n");
	broken("n0nce begin 1\n2\n");
}

static void
noise_before_a_reply_is_no_answer(void **state)
{
	struct reply r;
	autobuf seen = BUF_INIT(100);

	(void)state;
	reply_init(&r, "n0nce", note, &seen);
	for (int i = 0; i < 10000; i++)
		reply_feed(&r, "other begin 1 ", 14);
	reply_feed(&r, "\nThis account is closed.\n", 25);
	assert_int_equal(r.state, REPLY_BEFORE);
	assert_string_equal(r.broken, "This account is closed.");
	assert_true(r.line.cap < 4096);
	reply_fini(&r);
}

static void
paths_that_tools_would_garble_are_refused(void **state)
{
	(void)state;
	assert_true(reply_is_path("/etc/a b/c'd"));
	assert_false(reply_is_path("etc/motd"));
	assert_false(reply_is_path("/etc/a\\b"));
	assert_false(reply_is_path("/etc/a\nb"));
	assert_false(reply_is_path("/etc/a "));
	assert_false(reply_is_path("/etc/"));
	assert_false(reply_is_path("/"));
	assert_false(reply_is_path("/etc/../x"));
	assert_false(reply_is_path("/etc/.."));
}

static void
a_command_quotes_its_program(void **state)
{
	autofree char *c = reply_command("echo 'a'\n", "b", (const char *const[]){ "12-f", NULL });

	(void)state;
	assert_true(str_ends(c, "\necho '\\''a'\\''\nb' drover 12-f"));
	assert_non_null(strstr(c, "sh -c 'nonce=$1\nput() {"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_read_in_pieces_of_any_size),
		cmocka_unit_test(a_reply_that_is_cut_is_never_whole),
		cmocka_unit_test(strange_bytes_break_a_reply),
		cmocka_unit_test(noise_before_a_reply_is_no_answer),
		cmocka_unit_test(paths_that_tools_would_garble_are_refused),
		cmocka_unit_test(a_command_quotes_its_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
