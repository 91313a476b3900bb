#include "cli/pour.h"

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FULL  65536
#define PIECE 4096 /* a pipe that can be written to takes so much without waiting */

struct pour {
	struct loop *loop;
	struct pour_listener listener;
	void *user;
	int fd, own; /* own: -1, or the same file, opened so that it does not wait */
	struct loop_io *io;
	struct buf left;
	bool broken;
};

/* Others share the descriptor, so it is not made non-blocking: a terminal or pipe is opened anew. A
 * file never waits, and must not be: it would begin at its beginning. */
static int
open_anew(int fd)
{
	autofree char *name = xasprintf("/proc/self/fd/%d", fd);
	struct stat st;

	if (fstat(fd, &st) < 0 || !(isatty(fd) || S_ISFIFO(st.st_mode)))
		return -1;
	return open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* As much as it takes now; false when it is broken. */
static bool
push(struct pour *p)
{
	int fd = p->own >= 0 ? p->own : p->fd;
	size_t done = 0;

	while (done < p->left.len) {
		size_t part = p->left.len - done;
		ssize_t n;

		if (p->own < 0 && part > PIECE)
			part = PIECE;
		n = write(fd, p->left.data + done, part);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	buf_drop(&p->left, done);
	return true;
}

static void on_ready(void *user, unsigned events);

static void
watch(struct pour *p)
{
	if (!p->io && p->left.len)
		p->io = loop_io_new(p->loop, p->own >= 0 ? p->own : p->fd, on_ready, p);
	if (p->io)
		loop_io_want(p->io, p->left.len ? LOOP_WRITE : 0);
}

static void
flow(struct pour *p)
{
	bool well = push(p);

	if (!well)
		buf_fini(&p->left);
	watch(p);
	if (well)
		return;
	p->broken = true;
	p->listener.broken(p->user);
}

static void
on_ready(void *user, unsigned events)
{
	struct pour *p = user;

	(void)events;
	flow(p);
	if (p->left.len == 0)
		p->listener.drained(p->user);
}

struct pour *
pour_new(struct loop *loop, int fd, const struct pour_listener *l, void *user)
{
	struct pour *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->listener = *l;
	p->user = user;
	p->fd = fd;
	p->own = open_anew(fd);
	buf_init(&p->left, SIZE_MAX);
	return p;
}

void
pour_free(struct pour *p)
{
	if (!p)
		return;
	loop_io_free(p->io);
	if (p->own >= 0)
		close(p->own);
	buf_fini(&p->left);
	free(p);
}

void
pour_add(struct pour *p, const void *bytes, size_t len)
{
	bool waits = p->left.len > 0;

	if (p->broken)
		return;
	buf_add(&p->left, bytes, len);
	if (!waits)
		flow(p);
}

bool
pour_full(const struct pour *p)
{
	return p->left.len >= FULL;
}

bool
pour_empty(const struct pour *p)
{
	return p->left.len == 0;
}
