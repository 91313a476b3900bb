#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/payload.h"
#include "engine/put.h"
#include "engine/talk.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define RING (4U << 20)

struct reader {
	struct payload_reader *r;
	struct digest *digest;
	uint64_t got, stop_at; /* takes nothing behind that */
	bool ended;
};

static void
pull(void *user)
{
	struct reader *r = user;
	const char *p;
	struct err err;
	ssize_t n;

	while (r->got < r->stop_at) {
		n = payload_peek(r->r, 100000, &p, &err);
		if (n == PAYLOAD_WAIT)
			return;
		assert_true(n >= 0);
		if (n == 0) {
			r->ended = true;
			return;
		}
		digest_add(r->digest, p, (size_t)n);
		payload_took(r->r, (size_t)n);
		r->got += (uint64_t)n;
	}
}

static void
join(struct reader *r, struct payload *p, uint64_t stop_at)
{
	*r = (struct reader){ .digest = digest_new(), .stop_at = stop_at };
	r->r = payload_join(p, pull, r);
}

static void
leave(struct reader *r, char hex[DIGEST_HEX])
{
	payload_leave(r->r);
	digest_end(r->digest, hex);
}

/* Some bytes that do not repeat, in a pipe as far as it takes them; gives how many. */
static size_t
feed(int fd, const char *bytes, size_t n)
{
	ssize_t put = write(fd, bytes, n);

	return put > 0 ? (size_t)put : 0;
}

static void
a_stream_goes_as_fast_as_its_slowest_reader_and_no_faster(void **state)
{
	size_t total = 3 * RING + 12345, fed = 0;
	autofree char *bytes = xcalloc(1, total);
	char wanted[DIGEST_HEX], hex[2][DIGEST_HEX];
	struct err err;
	struct loop *loop = loop_new(&err);
	struct reader fast, slow;
	uint64_t length;
	int ends[2];

	(void)state;
	digest_random(bytes, total);
	digest_hex(bytes, total, wanted);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	struct payload *p = payload_stream(loop, ends[0], 2, true);
	join(&fast, p, UINT64_MAX);
	join(&slow, p, 1000000);
	for (int i = 0; i < 20000 && fast.got < slow.got + RING; i++) {
		fed += feed(ends[1], bytes + fed, total - fed);
		pull(&fast);
		pull(&slow);
		loop_pass(loop, 0);
	}
	/* What the slow one has not taken stands in the ring, and no more of it is read. */
	assert_int_equal(fast.got, slow.got + RING);
	for (int i = 0; i < 100; i++) {
		fed += feed(ends[1], bytes + fed, total - fed);
		loop_pass(loop, 0);
	}
	pull(&fast);
	assert_int_equal(fast.got, slow.got + RING);
	/* It is dropped: the other goes on alone. */
	leave(&slow, hex[1]);
	while (!fast.ended) {
		fed += feed(ends[1], bytes + fed, total - fed);
		if (fed == total && ends[1] >= 0) {
			close(ends[1]);
			ends[1] = -1;
		}
		pull(&fast);
		loop_pass(loop, 0);
	}
	assert_string_equal(payload_stream_digest(p, &length), wanted);
	assert_int_equal(length, total);
	leave(&fast, hex[0]);
	assert_string_equal(hex[0], wanted);
	payload_free(p);
	close(ends[0]);
	loop_free(loop);
}

static void
a_stream_waits_until_all_have_joined_or_left(void **state)
{
	struct err err;
	struct loop *loop = loop_new(&err);
	char hex[DIGEST_HEX];
	struct reader r;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "hello", 5), 5);
	struct payload *p = payload_stream(loop, ends[0], 2, false);
	join(&r, p, UINT64_MAX);
	pull(&r);
	loop_pass(loop, 0);
	loop_pass(loop, 0);
	assert_int_equal(r.got, 0);
	payload_absent(p);
	while (r.got < 5)
		loop_pass(loop, 100);
	leave(&r, hex);
	payload_free(p);
	close(ends[0]);
	close(ends[1]);
	loop_free(loop);
}

static void
note_digest(void *user, const char *hex, const struct err *err)
{
	(void)err;
	str_copy(user, DIGEST_HEX, hex ? hex : "none");
}

static void
a_file_is_read_by_each_at_its_own_place(void **state)
{
	char path[] = "/tmp/drover-payload.XXXXXX", bytes[5000];
	char wanted[DIGEST_HEX], hex[DIGEST_HEX], told[DIGEST_HEX] = "";
	struct err err;
	struct loop *loop = loop_new(&err);
	int fd = mkostemp(path, O_CLOEXEC);
	struct reader ahead, behind;
	const char *p;

	(void)state;
	unlink(path);
	digest_random(bytes, sizeof(bytes));
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
	struct payload *file = payload_file(loop, fd, 4000);
	digest_hex(bytes + 1000, 4000, wanted);
	join(&ahead, file, UINT64_MAX);
	pull(&ahead);
	assert_true(ahead.ended);
	join(&behind, file, UINT64_MAX);
	payload_seek(behind.r, 3999);
	assert_int_equal(payload_peek(behind.r, 10, &p, &err), 1);
	assert_int_equal(*p, bytes[4999]);
	payload_digest(file, 4000, note_digest, told);
	for (int i = 0; i < 1000 && !told[0]; i++)
		loop_pass(loop, 10);
	assert_string_equal(told, wanted);
	/* Cut meanwhile: an error, not an end. */
	assert_int_equal(ftruncate(fd, 2000), 0);
	assert_int_equal(payload_peek(behind.r, 10, &p, &err), -1);
	assert_non_null(strstr(err.text, "shorter"));
	leave(&ahead, hex);
	assert_string_equal(hex, wanted);
	leave(&behind, hex);
	payload_free(file);
	close(fd);
	loop_free(loop);
}

static void
only_lines_with_the_nonce_are_heard(void **state)
{
	struct talk t;
	const char *line;
	struct err err;
	struct buf errors = BUF_INIT(100);

	(void)state;
	talk_init(&t);
	autofree char *said =
	    xasprintf("Welcome\nhave fake\n%s have 1\nraw %s x\n", t.nonce, t.nonce);
	size_t used = talk_feed(&t, said, 20, &line);
	assert_int_equal(used, 20);
	assert_null(line);
	size_t more = talk_feed(&t, said + 20, strlen(said) - 20, &line);
	assert_string_equal(line, "have 1");
	/* What follows is left for who knows what it is. */
	assert_int_equal(strncmp(said + 20 + more, "raw ", 4), 0);
	talk_fini(&t);
	talk_init(&t);
	talk_feed(&t, "This account is \033[1mclosed.\n", 28, &line);
	assert_int_equal(talk_silent(&t, &errors, &err), -1);
	assert_non_null(strstr(err.text, "host ran no helper (got: This account is ^[[1mclosed."));
	talk_fini(&t);
}

static void
paths_are_below_the_login_s_home_or_absolute(void **state)
{
	static const char *const pairs[][2] = { { "/etc/x", "/etc/x" }, { "x", "./x" },
		{ "~/x", "./x" }, { "~", "./" }, { "", "./" }, { "-rf", "./-rf" } };
	struct err err;

	(void)state;
	for (size_t i = 0; i < countof(pairs); i++) {
		autofree char *path = put_path(pairs[i][0], &err);

		assert_string_equal(path, pairs[i][1]);
	}
	assert_null(put_path("~root/x", &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_goes_as_fast_as_its_slowest_reader_and_no_faster),
		cmocka_unit_test(a_stream_waits_until_all_have_joined_or_left),
		cmocka_unit_test(a_file_is_read_by_each_at_its_own_place),
		cmocka_unit_test(only_lines_with_the_nonce_are_heard),
		cmocka_unit_test(paths_are_below_the_login_s_home_or_absolute),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
