#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agentgate.h"
#include "remote/keys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

/* An agent that answers whatever it is asked with "yes", and remembers what that was. */
struct fixture {
	struct loop *loop;
	struct agentgate *gate;
	char path[64];
	int listener, agent, worker;
	struct buf asked;
};

static const struct key held = { .blob = (const uint8_t *)"held-key", .blob_len = 8 };
static const struct key mine = {
	.blob = (const uint8_t *)"my-key", .blob_len = 6, .private_text = "x"
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const struct key *keys[] = { &mine, &held };
	struct err err;

	str_copy(f->path, sizeof(f->path), "/tmp/drover-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", f->path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(f->listener, 2), 0);
	f->agent = -1;
	buf_init(&f->asked, 9999);
	f->loop = loop_new(&err);
	f->gate = agentgate_new(f->loop, a.sun_path, keys, 2, &f->worker);
	assert_non_null(f->gate);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	char path[80];

	agentgate_free(f->gate);
	loop_free(f->loop);
	close(f->worker);
	close(f->listener);
	if (f->agent >= 0)
		close(f->agent);
	snprintf(path, sizeof(path), "%s/s", f->path);
	assert_int_equal(unlink(path) + rmdir(f->path), 0);
	buf_fini(&f->asked);
	free(f);
	return 0;
}

static void
serve(struct fixture *f, bool answers)
{
	char piece[512];

	if (f->agent < 0)
		f->agent = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (f->agent < 0)
		return;
	ssize_t n = recv(f->agent, piece, sizeof(piece), 0);
	if (n <= 0)
		return;
	buf_add(&f->asked, piece, (size_t)n);
	if (answers)
		assert_int_equal(send(f->agent, "\0\0\0\3yes", 7, MSG_NOSIGNAL), 7);
}

/* Send a request as a worker does; the answer with its length in front. */
static size_t
ask(struct fixture *f, const void *request, size_t n, bool answers, char answer[64])
{
	ssize_t got = -1;

	assert_int_equal(send(f->worker, request, n, MSG_NOSIGNAL), n);
	while (got < 0) {
		loop_pass(f->loop, 5);
		serve(f, answers);
		got = recv(f->worker, answer, 64, 0);
		if (got < 0)
			assert_int_equal(errno, EAGAIN);
	}
	return (size_t)got;
}

#define ASK(f, text, answers, answer) ask(f, text, sizeof(text) - 1, answers, answer)
#define DENIED                        "\0\0\0\1\5"
#define LISTED                        "\0\0\0\x15\x0c\0\0\0\1\0\0\0\x8held-key\0\0\0"

static void
only_keys_that_the_agent_holds_for_this_host_are_listed(void **state)
{
	struct fixture *f = *state;
	char answer[64];

	assert_int_equal(ASK(f, "\0\0\0\1\x0b", true, answer), sizeof(LISTED));
	assert_memory_equal(answer, LISTED, sizeof(LISTED));
	assert_int_equal(f->asked.len, 0);
}

static void
a_signature_by_such_a_key_comes_from_the_agent(void **state)
{
	static const char request[] = "\0\0\0\x17\x0d\0\0\0\x8held-key\0\0\0\2ab\0\0\0\0";
	struct fixture *f = *state;
	char answer[64];

	for (int i = 0; i < 2; i++) {
		buf_clear(&f->asked);
		assert_int_equal(ASK(f, request, true, answer), 7);
		assert_memory_equal(answer, "\0\0\0\3yes", 7);
		assert_int_equal(f->asked.len, sizeof(request) - 1);
		assert_memory_equal(f->asked.data, request, sizeof(request) - 1);
	}
}

static void
everything_else_is_denied_and_never_reaches_the_agent(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} requests[] = {
		{ "\0\0\0\x15\x0d\0\0\0\x6my-key\0\0\0\2ab\0\0\0\0", 25 },
		{ "\0\0\0\x5\x0d\0\0\0\x8", 9 },
		{ "\0\0\0\1\x13", 5 },  /* remove all keys */
		{ "\0\0\0\2\x0b!", 6 }, /* a list with something behind */
		{ "\0\0\0\0", 4 },
	};
	struct fixture *f = *state;
	char answer[64];

	for (size_t i = 0; i < countof(requests); i++) {
		assert_int_equal(ask(f, requests[i].text, requests[i].len, true, answer), 5);
		assert_memory_equal(answer, DENIED, 5);
	}
	assert_int_equal(f->asked.len, 0);
}

static void
an_agent_that_does_not_sign_is_a_denial_in_time(void **state)
{
	struct fixture *f = *state;
	char answer[64];

	agentgate_limit(f->gate, 100);
	assert_int_equal(
	    ASK(f, "\0\0\0\x17\x0d\0\0\0\x8held-key\0\0\0\2ab\0\0\0\0", false, answer), 5);
	assert_memory_equal(answer, DENIED, 5);
}

static void
a_message_without_end_closes_the_way(void **state)
{
	struct fixture *f = *state;
	char answer[64];

	assert_int_equal(ASK(f, "\xff\xff\xff\xff\x0b", true, answer), 0);
}

static void
without_such_a_key_there_is_no_gate(void **state)
{
	const struct key *keys[] = { &mine };
	struct err err;
	struct loop *loop = loop_new(&err);
	int fd;

	(void)state;
	assert_null(agentgate_new(loop, "/nonexistent/agent", keys, 1, &fd));
	assert_int_equal(fd, -1);
	keys[0] = &held;
	assert_null(agentgate_new(loop, "none", keys, 1, &fd));
	loop_free(loop);
}

#define WITH_GATE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GATE(only_keys_that_the_agent_holds_for_this_host_are_listed),
		WITH_GATE(a_signature_by_such_a_key_comes_from_the_agent),
		WITH_GATE(everything_else_is_denied_and_never_reaches_the_agent),
		WITH_GATE(an_agent_that_does_not_sign_is_a_denial_in_time),
		WITH_GATE(a_message_without_end_closes_the_way),
		cmocka_unit_test(without_such_a_key_there_is_no_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
