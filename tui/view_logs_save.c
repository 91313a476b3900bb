/* The lines that are seen, out of the screen of logs: to a file, a command, the pager. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/view_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__attribute__((format(printf, 3, 4))) static void
flash(struct view *v, bool bad, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->services->flash(v->services->user, bad, text);
}

static void
write_lines(struct view *v, const struct logs_save_order *order)
{
	const struct logs_view *l = v->state;
	struct err err;

	if (l->source->save(l->feed, order, &err) == 0)
		return;
	close(order->fd);
	flash(v, true, "%s", err.text);
}

static void
saved(void *user, int fd, uint64_t lines, const struct err *err)
{
	struct view *v = user;
	int closed = close(fd);

	if (err || closed < 0)
		flash(v, true, "not all was saved: %s", err ? err->text : strerror(errno));
	else
		flash(v, false, "%" PRIu64 " lines saved", lines);
}

static void
save_typed(struct view *v, const char *input)
{
	const struct logs_view *l = v->state;
	int fd = open(input, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		flash(v, true, "%s: %s", input, strerror(errno));
		return;
	}
	write_lines(
	    v, &(struct logs_save_order){
		   .fd = fd, .times = l->times, .hosts = l->hosts, .done = saved, .user = v });
}

void
logs_ask_save(struct view *v)
{
	time_t now = (time_t)(v->scene->wall_ms / 1000);
	char name[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(name, sizeof(name), "logs-%Y%m%d-%H%M%S.txt", &tm);
	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "Save the lines that are seen to", .preset = name, .yes = save_typed });
}

static void
written(void *user, int fd, uint64_t lines, const struct err *err)
{
	struct view *v = user;
	const struct logs_view *l = v->state;

	(void)lines;
	if (!err) {
		v->services->page(v->services->user, l->command, fd, l->hold_command);
		return;
	}
	close(fd);
	flash(v, true, "%s", err->text);
}

/* A file without a name, for us alone. */
static int
scratch(void)
{
	const char *dir = getenv("TMPDIR");
	autofree char *path = xasprintf("%s/drover-lines.XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

static void
give(struct view *v, const char *command, bool hold)
{
	struct logs_view *l = v->state;
	int fd = scratch();

	if (fd < 0) {
		flash(v, true, "no file for the lines: %s", strerror(errno));
		return;
	}
	str_copy(l->command, sizeof(l->command), command);
	l->hold_command = hold;
	write_lines(v, &(struct logs_save_order){ .fd = fd,
			   .times = l->times,
			   .hosts = l->hosts,
			   .clean = !hold,
			   .done = written,
			   .user = v });
}

static void
pipe_typed(struct view *v, const char *input)
{
	give(v, input, true);
}

void
logs_ask_pipe(struct view *v)
{
	const struct logs_view *l = v->state;

	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "The lines that are seen go to this command",
		.preset = l->hold_command ? l->command : "",
		.yes = pipe_typed });
}

void
logs_page(struct view *v)
{
	give(v, "${DROVER_PAGER:-${PAGER:-less}}", false);
}
