#include "cli/out.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/out_inner.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define GATHER (64 * 1024)

static bool
wants_colour(const char *choice, int fd)
{
	const char *no = getenv("NO_COLOR"), *clicolor = getenv("CLICOLOR");
	const char *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");

	if (choice && !str_eq(choice, "auto"))
		return str_eq(choice, "always");
	if (no && *no)
		return false;
	if (!force || !*force)
		force = getenv("FORCE_COLOR");
	if (force && *force && !str_eq(force, "0"))
		return true;
	if (clicolor && str_eq(clicolor, "0"))
		return false;
	return isatty(fd) && term && !str_eq(term, "dumb");
}

static enum progress_mode
progress_of(const struct out_config *config)
{
	const char *how = config->progress, *term = getenv("TERM"), *ci = getenv("CI");
	bool smart = isatty(STDERR_FILENO) && term && !str_eq(term, "dumb") && !(ci && *ci);

	if (config->quiet || (how && str_eq(how, "none")))
		return PROGRESS_NONE;
	if (how && str_eq(how, "plain"))
		return PROGRESS_PLAIN;
	return smart ? PROGRESS_BAR : PROGRESS_PLAIN;
}

struct out *
out_new(const struct out_config *config)
{
	struct out *o = xcalloc(1, sizeof(*o));

	o->json = config->json;
	o->quiet = config->quiet;
	o->verbose = config->verbose;
	o->colour = !config->json && wants_colour(config->color, STDOUT_FILENO);
	o->notes_colour = wants_colour(config->color, STDERR_FILENO);
	o->mode = progress_of(config);
	buf_init(&o->pending, SIZE_MAX);
	return o;
}

bool
out_json(const struct out *o)
{
	return o->json;
}

bool
out_colour(const struct out *o)
{
	return o->colour;
}

/* All of it, also to a descriptor that somebody made non-blocking; 0 or errno. */
static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t did = write(fd, p, n);

		if (did >= 0) {
			p += did;
			n -= (size_t)did;
		} else if (errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

void
out_flush(struct out *o)
{
	int failed;

	if (o->pending.len == 0)
		return;
	if (o->erase)
		o->erase(o);
	failed =
	    o->closed || o->failed ? 0 : write_all(STDOUT_FILENO, o->pending.data, o->pending.len);
	buf_clear(&o->pending);
	if (failed == EPIPE)
		o->closed = true;
	else if (failed)
		o->failed = failed;
}

bool
out_free(struct out *o)
{
	int failed;

	if (!o)
		return true;
	if (o->table)
		out_table_end(o);
	out_flush(o);
	/* A network file system may keep the bad news until the last moment. */
	if (!o->failed && !o->closed && fsync(STDOUT_FILENO) < 0 &&
	    (errno == EIO || errno == ENOSPC || errno == EDQUOT))
		o->failed = errno;
	failed = o->failed;
	if (failed)
		out_note(o, "drover: standard output: %s", strerror(failed));
	buf_fini(&o->pending);
	free(o);
	return !failed;
}

void
out_text(struct out *o, const char *text, size_t len)
{
	buf_add(&o->pending, text, len);
	if (o->pending.len >= GATHER)
		out_flush(o);
}

__attribute__((format(printf, 2, 0))) static void
add_formatted(struct buf *to, const char *fmt, va_list ap)
{
	autofree char *text = NULL;
	int n = vasprintf(&text, fmt, ap);

	if (n < 0)
		mem_abort("out of memory");
	buf_add(to, text, (size_t)n);
	buf_addc(to, '\n');
}

void
out_line(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_formatted(&o->pending, fmt, ap);
	va_end(ap);
	out_text(o, "", 0);
}

void
out_remote(struct out *o, const char *prefix, const char *text, size_t len)
{
	if (prefix)
		buf_adds(&o->pending, prefix);
	utf8_clean(&o->pending, text, len);
	if (len == 0 || text[len - 1] != '\n')
		buf_addc(&o->pending, '\n');
	out_text(o, "", 0);
}

void
out_note(struct out *o, const char *fmt, ...)
{
	autobuf line = BUF_INIT(SIZE_MAX);
	va_list ap;

	va_start(ap, fmt);
	add_formatted(&line, fmt, ap);
	va_end(ap);
	out_flush(o);
	if (o->erase)
		o->erase(o);
	/* When standard error is gone too there is nobody left to tell. */
	(void)write_all(STDERR_FILENO, line.data, line.len);
}
