#include "cli/ask.h"

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>

#define LINE_MAX_BYTES 1024

struct question {
	struct question *next;
	char *prompt, *subject;
	void (*answer)(void *user, const char *subject, const char *line);
	void *user;
};

struct ask {
	struct loop *loop;
	struct loop_io *io;
	int fd;
	struct termios before;
	struct question *first, **tail;
	char line[LINE_MAX_BYTES];
	size_t len;
	bool open; /* the first question is on the terminal */
};

struct ask *
ask_new(struct loop *loop)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return NULL;
	struct ask *a = xcalloc(1, sizeof(*a));
	a->loop = loop;
	a->fd = fd;
	a->tail = &a->first;
	return a;
}

static void
put(const struct ask *a, const char *text)
{
	if (write(a->fd, text, strlen(text)) < 0)
		return; /* a terminal that takes nothing answers nothing either */
}

static void
close_question(struct ask *a)
{
	loop_io_free(a->io);
	a->io = NULL;
	if (a->open) {
		tcsetattr(a->fd, TCSANOW, &a->before);
		put(a, "\n");
	}
	a->open = false;
	explicit_bzero(a->line, sizeof(a->line));
	a->len = 0;
}

static void
free_question(struct question *q)
{
	free(q->prompt);
	free(q->subject);
	free(q);
}

void
ask_free(struct ask *a)
{
	if (!a)
		return;
	close_question(a);
	while (a->first) {
		struct question *q = a->first;

		a->first = q->next;
		free_question(q);
	}
	close(a->fd);
	free(a);
}

static void open_question(struct ask *a);

static void
give(struct ask *a, bool any)
{
	struct question *q = a->first;
	char line[LINE_MAX_BYTES];

	memcpy(line, a->line, sizeof(line));
	line[a->len < sizeof(line) ? a->len : sizeof(line) - 1] = '\0';
	close_question(a);
	a->first = q->next;
	if (!a->first)
		a->tail = &a->first;
	q->answer(q->user, q->subject, any ? line : NULL);
	explicit_bzero(line, sizeof(line));
	free_question(q);
	if (a->first && !a->open)
		open_question(a);
}

static void
on_ready(void *user, unsigned events)
{
	struct ask *a = user;
	ssize_t got = read(a->fd, a->line + a->len, sizeof(a->line) - 1 - a->len);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		give(a, false);
		return;
	}
	a->len += (size_t)got;
	char *end = memchr(a->line, '\n', a->len);
	if (!end && a->len < sizeof(a->line) - 1)
		return;
	if (end)
		a->len = (size_t)(end - a->line);
	give(a, a->len > 0);
}

static void
open_question(struct ask *a)
{
	struct termios quiet;

	if (tcgetattr(a->fd, &a->before) == 0) {
		quiet = a->before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(a->fd, TCSANOW, &quiet);
	}
	a->open = true;
	put(a, a->first->prompt);
	a->io = loop_io_new(a->loop, a->fd, on_ready, a);
	loop_io_want(a->io, LOOP_READ);
}

void
ask_secret(struct ask *a, const char *prompt,
    void (*answer)(void *user, const char *subject, const char *line), void *user,
    const char *subject)
{
	struct question *q = xcalloc(1, sizeof(*q));
	autobuf clean = BUF_INIT(4096);

	utf8_clean_line(&clean, prompt, strlen(prompt));
	q->prompt = buf_detach(&clean, NULL);
	q->subject = xstrdup(subject);
	q->answer = answer;
	q->user = user;
	*a->tail = q;
	a->tail = &q->next;
	if (!a->open)
		open_question(a);
}
