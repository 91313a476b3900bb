#include "base/err.h"
#include "base/loop.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct reader {
	struct loop *loop;
	struct loop_io *io;
	int fd, calls;
	bool ended;
};

/* A little a call, as libraries with a buffer of their own do. */
static void
read_a_little(void *user, unsigned events)
{
	struct reader *r = user;
	char piece[4];
	ssize_t n = recv(r->fd, piece, sizeof(piece), MSG_DONTWAIT);

	(void)events;
	r->calls++;
	if (n > 0)
		return;
	r->ended = true;
	loop_io_want(r->io, 0);
	loop_stop(r->loop);
}

static void
give_up(void *user)
{
	struct reader *r = user;

	loop_stop(r->loop);
}

static void
connected(int *ret_near, int *ret_far)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&a, &len);
	*ret_near = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*ret_near, (struct sockaddr *)&a, len), 0);
	*ret_far = accept(listener, NULL, NULL);
	assert_true(*ret_far >= 0);
	close(listener);
}

static void
what_came_before_a_reset_is_still_told(void **state)
{
	struct err err;
	struct reader r = { .loop = loop_new(&err) };
	struct loop_timer *limit = loop_timer_new(r.loop, give_up, &r);
	int far;

	(void)state;
	connected(&r.fd, &far);
	/* Closing with something unread resets the connection. */
	assert_int_equal(send(r.fd, "unread", 6, 0), 6);
	assert_int_equal(send(far, "0123456789", 10, 0), 10);
	close(far);
	r.io = loop_io_new(r.loop, r.fd, read_a_little, &r);
	loop_io_want(r.io, LOOP_READ);
	loop_timer_start(limit, 5000);
	loop_run(r.loop);
	loop_timer_free(limit);
	loop_io_free(r.io);
	loop_free(r.loop);
	close(r.fd);
	assert_true(r.ended);
	assert_true(r.calls >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_before_a_reset_is_still_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
