#include "remote/sitting.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/hand.h"
#include "remote/message.h"
#include "remote/mux.h"
#include "remote/porter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#define AGAIN_MS 10  /* the master accepts others first */
#define LAST_MS  300 /* when a command ends without a word the master may have, too */
#define ASK_MAX  ((size_t)MESSAGE_COMMAND + (size_t)4 * MESSAGE_ENV + 1024)

struct sitting {
	struct sitting_place place;
	struct porter_task *task;
	char *socket;
	int fd, give[3]; /* theirs */
	int given, give_count;
	struct loop_io *io;
	struct loop_timer *timer;
	struct buf out, in;
	size_t sent;
	bool terminal, opened, resized, ended, over;
};

static void
release(void *user)
{
	free(user);
}

static void
let_go(struct sitting *s)
{
	for (int i = 0; i < 3; i++) {
		if (s->give[i] >= 0)
			close(s->give[i]);
		s->give[i] = -1;
	}
}

void
sitting_free(struct sitting *s)
{
	s->over = true;
	loop_io_free(take(s->io));
	loop_timer_free(s->timer);
	if (s->fd >= 0)
		close(s->fd);
	let_go(s);
	buf_fini(&s->out);
	buf_fini(&s->in);
	free(s->socket);
	loop_soon(s->place.loop, release, s);
}

__attribute__((format(printf, 4, 5))) static void
fail(struct sitting *s, enum outcome kind, const char *phase, const char *fmt, ...)
{
	struct err err;
	struct porter_end e = { .err = &err };
	char text[300];
	va_list ap;

	if (s->ended)
		return;
	s->ended = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, kind, "%s", text);
	str_copy(err.phase, sizeof(err.phase), phase);
	porter_ended(s->task, &e);
}

static void
on_opened(struct sitting *s)
{
	struct termios raw;

	s->opened = true;
	/* The server's terminal was made after this one as it was; this one only passes bytes on. */
	if (s->terminal && tcgetattr(s->give[0], &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(s->give[0], TCSANOW, &raw);
	}
	let_go(s);
	if (s->resized)
		sitting_resized(s);
	porter_started(s->task);
}

static bool
on_reply(void *user, const struct mux_reply *r)
{
	struct sitting *s = user;
	struct porter_end e = { .have_status = true, .status = (int)r->status };

	switch (r->word) {
	case MUX_OPENED:
		on_opened(s);
		break;
	case MUX_REFUSED:
		fail(s, OUTCOME_UNREACHABLE, "channel", "the server opens no channel: %s", r->text);
		break;
	case MUX_NO_TERMINAL:
		fail(s, OUTCOME_FAILED, "channel", "the server gives no terminal");
		break;
	case MUX_EXIT:
		if (s->ended)
			break;
		s->ended = true;
		porter_ended(s->task, &e);
		break;
	case MUX_HELLO:
	case MUX_DONE:
	case MUX_PORT:
	case MUX_OTHER:
		break;
	}
	return true;
}

static void
on_replies(struct sitting *s)
{
	switch (mux_hear(s->fd, &s->in, on_reply, s)) {
	case MUX_GOES_ON:
		break;
	case MUX_GONE:
		loop_io_want(s->io, 0);
		if (!s->ended)
			loop_timer_start(s->timer, LAST_MS);
		break;
	case MUX_GARBLED:
		loop_io_want(s->io, 0);
		fail(s, OUTCOME_UNKNOWN, "channel", "ssh's master speaks another language");
		break;
	}
}

/* What it is asked, then each descriptor beside a byte. */
static void
say(struct sitting *s)
{
	size_t left = s->out.len - s->sent;
	ssize_t n = left ? send(s->fd, s->out.data + s->sent, left, MSG_NOSIGNAL) : 0;

	if (n > 0)
		s->sent += (size_t)n;
	while (s->sent == s->out.len && s->given < s->give_count &&
	       hand_give(s->fd, s->give[s->given]) == 0)
		s->given++;
	/* A broken socket shows when it is read. */
	if (s->given == s->give_count || (errno != EAGAIN && errno != EINTR))
		loop_io_want(s->io, LOOP_READ);
}

static void
on_ready(void *user, unsigned events)
{
	struct sitting *s = user;

	if ((events & LOOP_WRITE) && s->given < s->give_count)
		say(s);
	else if (!s->over)
		on_replies(s);
}

static int
sit(struct sitting *s)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	str_copy(at.sun_path, sizeof(at.sun_path), s->socket);
	if (connect(s->fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		if (errno != EAGAIN)
			return -1;
		loop_timer_start(s->timer, AGAIN_MS);
		return 0;
	}
	s->io = loop_io_new(s->place.loop, s->fd, on_ready, s);
	loop_io_want(s->io, LOOP_WRITE);
	return 0;
}

static void
on_timer(void *user)
{
	struct sitting *s = user;

	if (!s->io) {
		if (sit(s) < 0)
			fail(s, OUTCOME_UNREACHABLE, "channel", "ssh's master does not listen: %s",
			    strerror(errno));
		return;
	}
	if (s->opened)
		fail(s, OUTCOME_UNKNOWN, "command",
		    "no exit status came: a signal ended it, which ssh(1) does not name, or the "
		    "server said nothing");
	else
		fail(s, OUTCOME_UNREACHABLE, "channel", "the server opens no channel");
}

static struct sitting *
prepare(const struct sitting_place *place, struct porter_task *t)
{
	struct sitting *s = xcalloc(1, sizeof(*s));

	s->place = *place;
	s->task = t;
	s->socket = xstrdup(place->socket);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	s->timer = loop_timer_new(place->loop, on_timer, s);
	s->give[0] = s->give[1] = s->give[2] = -1;
	buf_init(&s->out, ASK_MAX);
	buf_init(&s->in, 65536 + 4);
	return s;
}

/* Takes s when it fails. */
static struct sitting *
begin(struct sitting *s, const int *fd, int count, struct err *err)
{
	bool well = s->fd >= 0;

	s->give_count = count;
	for (int i = 0; i < count && well; i++) {
		s->give[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 0);
		well = s->give[i] >= 0;
	}
	if (well && sit(s) == 0)
		return s;
	err_errno(err, "ssh's master cannot be asked");
	sitting_free(s);
	return NULL;
}

struct sitting *
sitting_new(const struct sitting_place *place, struct porter_task *t, const struct porter_order *o,
    const int fd[3], struct err *err)
{
	struct sitting *s = prepare(place, t);

	s->terminal = o->terminal != NULL;
	mux_ask(&s->out, o);
	return begin(s, fd, 3, err);
}

struct sitting *
sitting_new_forward(const struct sitting_place *place, struct porter_task *t,
    const struct porter_forward *f, struct err *err)
{
	struct sitting *s = prepare(place, t);
	int fd[2] = { f->fd, f->fd };

	mux_ask_forward(&s->out, f->host, f->port);
	return begin(s, fd, 2, err);
}

void
sitting_resized(struct sitting *s)
{
	s->resized = !s->opened;
	if (s->opened)
		kill(s->place.master, SIGWINCH);
}
