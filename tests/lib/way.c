#include "tests/lib/way.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 120000

static void
on_done(void *user, int port, const struct err *err)
{
	struct way *w = user;

	assert_false(w->done);
	w->done = true;
	w->port = port;
	if (err)
		w->err = *err;
}

static void
on_failed(void *user, const char *text)
{
	struct way *w = user;

	w->failures++;
	str_copy(w->failed, sizeof(w->failed), text);
}

static struct sockaddr_in
at_port(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int
listen_here(int *ret_port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in at = at_port(0);
	socklen_t len = sizeof(at);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 512), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

void
way_turn(const struct way *w, int64_t until)
{
	if (clock_mono_ms() > until)
		fail_msg("nothing came of it: %s %s", w->err.text, w->failed);
	loop_pass(w->f->loop, 5);
}

int64_t
way_deadline(void)
{
	return clock_mono_ms() + DEADLINE_MS;
}

void
way_begin(struct way *w, struct fixture *f, const struct target *t, const char *command)
{
	*w = (struct way){ .f = f };
	w->here = listen_here(&w->to);
	w->probe = probe_open(f, t, command);
	probe_wait(f, &w->probe->up, &w->probe->down);
	if (w->probe->down)
		fail_msg("%s", w->probe->err.text);
}

void
way_listen(struct way *w, const struct backway_spec *like)
{
	struct backway_spec spec = *like;
	struct err err;

	spec.host = "127.0.0.1";
	if (!spec.to)
		spec.to = w->to;
	spec.done = on_done;
	spec.failed = on_failed;
	spec.user = w;
	w->backway = backway_open(w->probe->session, &spec, &err);
	assert_non_null(w->backway);
	assert_false(w->done);
	probe_wait(w->f, &w->done, NULL);
}

struct backway *
way_another(struct way *w)
{
	struct backway_spec spec = {
		.host = "127.0.0.1", .to = w->to, .done = on_done, .failed = on_failed, .user = w
	};
	struct err err;
	struct backway *b;

	w->done = false;
	b = backway_open(w->probe->session, &spec, &err);
	assert_non_null(b);
	return b;
}

void
way_open(struct way *w, struct fixture *f, const struct target *t, const struct backway_spec *like)
{
	way_begin(w, f, t, NULL);
	way_listen(w, like);
}

void
way_close(struct way *w)
{
	backway_free(w->backway);
	probe_close(w->probe);
	close(w->here);
}

int
way_connect_there(const struct way *w)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = at_port(w->port);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

bool
way_is_there(const struct way *w)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = at_port(w->port);
	int rc = connect(fd, (struct sockaddr *)&at, sizeof(at));

	close(fd);
	return rc == 0;
}

int
way_accept(const struct way *w)
{
	int64_t until = way_deadline();
	int fd = -1;

	while ((fd = accept4(w->here, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
		way_turn(w, until);
	return fd;
}

size_t
way_receive(const struct way *w, int fd, char *to, size_t n)
{
	int64_t until = way_deadline();
	size_t have = 0;

	while (have < n) {
		ssize_t got = recv(fd, to + have, n - have, 0);

		if (got == 0 || (got < 0 && errno == ECONNRESET))
			break;
		if (got > 0)
			have += (size_t)got;
		else
			way_turn(w, until);
	}
	return have;
}

void
way_expect(const struct way *w, int fd, const char *words)
{
	char got[200] = "";

	assert_int_equal(way_receive(w, fd, got, strlen(words)), strlen(words));
	assert_string_equal(got, words);
}

void
way_expect_end(const struct way *w, int fd)
{
	char byte;

	assert_int_equal(way_receive(w, fd, &byte, 1), 0);
}

void
way_say(int fd, const char *words)
{
	assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL), strlen(words));
}

int
way_free_port(void)
{
	int port, fd = listen_here(&port);

	close(fd);
	return port;
}
