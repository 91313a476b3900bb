#include "cli/out_progress.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/out.h"
#include "cli/out_inner.h"
#include "inventory/set.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_MS     500   /* before the block is drawn */
#define FRAME_MS     100   /* between two drawings */
#define FOLD_MS      1000  /* good ends are gathered this long */
#define HEARTBEAT_MS 30000 /* in a log */
#define BLOCK_LINES  8
#define SILENT_MS    6000 /* a host is asked for a sign of life after 5 s, and takes time to answer */

struct active {
	char *host;
	int64_t began_ms, moving_ms;
	int64_t from, bytes, total; /* of a copy; moving_ms 0: none, total -1: not known */
};

struct progress {
	struct out *out;
	struct loop *loop;
	struct loop_timer *frame, *gather, *heartbeat;
	struct loop_signal *who;
	struct loop_io *enter;
	char *title;
	size_t hosts, done;
	int64_t began_ms;
	struct active *active; /* oldest first */
	size_t active_count, active_cap;
	char **good; /* ended well with the same verdict, not told yet */
	size_t good_count, good_cap;
	char *verdict;
	int64_t (*silence_ms)(void *user, const char *host);
	void *silence_user;
	int drawn; /* lines of the block on the terminal now */
	char *shown;
};

static void
erase(struct out *o)
{
	struct progress *p = o->progress;

	if (!p || p->drawn == 0)
		return;
	dprintf(STDERR_FILENO, "\033[%dA\r\033[J", p->drawn);
	p->drawn = 0;
}

static void
terminal_size(int *rows, int *columns)
{
	struct winsize w;

	*rows = 24;
	*columns = 80;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0) {
		*rows = w.ws_row;
		*columns = w.ws_col;
	}
}

static void
add_counts(struct progress *p, struct buf *b)
{
	char ago[24];
	int64_t spent = clock_mono_ms() - p->began_ms;

	clock_spent(spent, ago, sizeof(ago));
	buf_addf(b, "%zu of %zu hosts, %zu at work, %s", p->done, p->hosts, p->active_count, ago);
	if (p->done * 5 >= p->hosts && p->done < p->hosts) {
		clock_spent(
		    spent * (int64_t)(p->hosts - p->done) / (int64_t)p->done, ago, sizeof(ago));
		buf_addf(b, ", about %s more", ago);
	}
}

/* "34%, 1.2 GiB of 3.5 GiB, 98.1 MiB/s" */
static void
add_moving(const struct active *a, struct buf *to)
{
	char bytes[16], total[16], rate[16];
	int64_t spent = clock_mono_ms() - a->moving_ms;

	str_bytes((uint64_t)a->bytes, bytes, sizeof(bytes));
	str_bytes((uint64_t)((double)(a->bytes - a->from) * 1000 / (double)(spent > 0 ? spent : 1)),
	    rate, sizeof(rate));
	if (a->total > 0 && a->bytes <= a->total) {
		str_bytes((uint64_t)a->total, total, sizeof(total));
		buf_addf(to, "  %d%%, %s of %s, %s/s",
		    (int)(100.0 * (double)a->bytes / (double)a->total), bytes, total, rate);
	} else {
		buf_addf(to, "  %s, %s/s", bytes, rate);
	}
}

/* "web1  34%, 1.2 GiB of 3.5 GiB, 98.1 MiB/s  last heard 9s ago" */
static void
add_active(const struct progress *p, const struct active *a, struct buf *to)
{
	int64_t silence = p->silence_ms ? p->silence_ms(p->silence_user, a->host) : -1;
	char ago[24];

	utf8_clean_line(to, a->host, strlen(a->host));
	if (a->moving_ms)
		add_moving(a, to);
	if (silence < SILENT_MS)
		return;
	clock_spent(silence, ago, sizeof(ago));
	buf_addf(to, "  last heard %s ago", ago);
}

static void
add_cut(struct buf *to, const char *line, int columns)
{
	buf_add(to, line, utf8_cut(line, strlen(line), columns - 1, NULL));
	buf_addc(to, '\n');
}

/* The block goes out in one write, so that it never shows half-drawn. */
static void
draw(struct progress *p)
{
	autobuf block = BUF_INIT(SIZE_MAX);
	autobuf line = BUF_INIT(4096);
	int rows, columns, lines = 0, most;

	if (p->out->held)
		return;
	terminal_size(&rows, &columns);
	most = rows / 3 < BLOCK_LINES ? rows / 3 : BLOCK_LINES;
	for (size_t i = 0; i < p->active_count && lines < most - 1; i++) {
		char ago[24];

		clock_spent(clock_mono_ms() - p->active[i].began_ms, ago, sizeof(ago));
		buf_clear(&line);
		buf_addf(&line, "  %6s  ", ago);
		add_active(p, &p->active[i], &line);
		add_cut(&block, buf_text(&line), columns);
		lines++;
	}
	buf_clear(&line);
	add_counts(p, &line);
	add_cut(&block, buf_text(&line), columns);
	lines++;
	if (p->drawn > 0 && str_eq(p->shown, buf_text(&block)))
		return;
	out_flush(p->out);
	if (p->drawn > 0)
		dprintf(STDERR_FILENO, "\033[%dA\r\033[J%s", p->drawn, buf_text(&block));
	else
		dprintf(STDERR_FILENO, "%s", buf_text(&block));
	free(p->shown);
	p->shown = xstrdup(buf_text(&block));
	p->drawn = lines;
}

static void
on_frame(void *user)
{
	struct progress *p = user;

	draw(p);
	loop_timer_start(p->frame, FRAME_MS);
}

void
progress_flush(struct progress *p)
{
	autobuf names = BUF_INIT(SIZE_MAX);
	autofree char *folded = NULL;

	if (p->good_count == 0)
		return;
	folded = names_fold((const char *const *)p->good, p->good_count);
	utf8_clean_line(&names, folded, strlen(folded));
	if (p->out->mode == PROGRESS_PLAIN)
		out_note(p->out, "%s: %s", buf_text(&names), p->verdict);
	for (size_t i = 0; i < p->good_count; i++)
		free(p->good[i]);
	p->good_count = 0;
}

static void
on_gather(void *user)
{
	progress_flush(user);
}

static void
on_heartbeat(void *user)
{
	struct progress *p = user;
	autobuf line = BUF_INIT(4096);

	add_counts(p, &line);
	for (size_t i = 0; i < p->active_count && i < 3; i++) {
		char ago[24];

		clock_spent(clock_mono_ms() - p->active[i].began_ms, ago, sizeof(ago));
		buf_adds(&line, i ? ", " : "; waiting for ");
		add_active(p, &p->active[i], &line);
		buf_addf(&line, " (%s)", ago);
	}
	out_note(p->out, "%s", buf_text(&line));
	loop_timer_start(p->heartbeat, HEARTBEAT_MS);
}

void
progress_outstanding(struct progress *p)
{
	autobuf line = BUF_INIT(SIZE_MAX);

	add_counts(p, &line);
	for (size_t i = 0; i < p->active_count && i < 100; i++) {
		char ago[24];

		clock_spent(clock_mono_ms() - p->active[i].began_ms, ago, sizeof(ago));
		buf_addf(&line, "\n  %6s  ", ago);
		add_active(p, &p->active[i], &line);
	}
	out_note(p->out, "%s", buf_text(&line));
}

static void
on_who(void *user, int signum)
{
	(void)signum;
	progress_outstanding(user);
}

static bool
is_blank(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr(" \t\r\n", s[i]) || s[i] == '\0')
			return false;
	return true;
}

/* Enter on the terminal asks who is outstanding. A job in the background may not read. */
static void
on_enter(void *user, unsigned events)
{
	struct progress *p = user;
	char typed[4096];
	ssize_t n = -1;

	(void)events;
	if (tcgetpgrp(STDIN_FILENO) == getpgrp())
		n = read(STDIN_FILENO, typed, sizeof(typed));
	if (n <= 0) {
		loop_io_free(p->enter);
		p->enter = NULL;
		return;
	}
	if (p->out->typed && !is_blank(typed, (size_t)n))
		p->out->typed(p->out->typed_user, typed, (size_t)n);
	else
		progress_outstanding(p);
}

void
out_pass_typed(struct out *o, void (*typed)(void *user, const char *bytes, size_t len), void *user)
{
	o->typed = typed;
	o->typed_user = user;
}

void
out_hold(struct out *o, bool hold)
{
	o->held = hold;
	if (!o->progress)
		return;
	if (hold)
		erase(o);
	if (o->progress->enter)
		loop_io_want(o->progress->enter, hold ? 0 : LOOP_READ);
}

void
out_ask_silence(struct out *o, int64_t (*silence_ms)(void *user, const char *host), void *user)
{
	if (!o->progress)
		return;
	o->progress->silence_ms = silence_ms;
	o->progress->silence_user = user;
}

struct progress *
progress_new(struct out *o, struct loop *loop)
{
	struct progress *p = xcalloc(1, sizeof(*p));

	p->out = o;
	p->loop = loop;
	p->began_ms = clock_mono_ms();
	o->progress = p;
	p->gather = loop_timer_new(loop, on_gather, p);
	p->who = loop_signal_new(loop, SIGUSR1, on_who, p);
	if (o->mode == PROGRESS_BAR) {
		o->erase = erase;
		p->frame = loop_timer_new(loop, on_frame, p);
		loop_timer_start(p->frame, FIRST_MS);
		if (!o->stdin_used && isatty(STDIN_FILENO)) {
			p->enter = loop_io_new(loop, STDIN_FILENO, on_enter, p);
			loop_io_want(p->enter, LOOP_READ);
		}
	} else if (o->mode == PROGRESS_PLAIN) {
		p->heartbeat = loop_timer_new(loop, on_heartbeat, p);
		loop_timer_start(p->heartbeat, HEARTBEAT_MS);
	}
	return p;
}

void
progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_flush(p);
	erase(p->out);
	p->out->erase = NULL;
	p->out->progress = NULL;
	loop_timer_free(p->frame);
	loop_timer_free(p->gather);
	loop_timer_free(p->heartbeat);
	loop_signal_free(p->who);
	if (p->enter)
		loop_io_free(p->enter);
	for (size_t i = 0; i < p->active_count; i++)
		free(p->active[i].host);
	free(p->active);
	free(p->good);
	free(p->verdict);
	free(p->title);
	free(p->shown);
	free(p);
}

void
progress_begin(struct progress *p, const char *title, size_t hosts)
{
	p->hosts = hosts;
	if (p->out->mode != PROGRESS_NONE)
		out_note(p->out, "%s", title);
}

void
progress_host_begins(struct progress *p, const char *host)
{
	mem_grow(p->active, p->active_count, p->active_cap);
	p->active[p->active_count++] =
	    (struct active){ .host = xstrdup(host), .began_ms = clock_mono_ms() };
}

void
progress_host_moves(struct progress *p, const char *host, int64_t bytes, int64_t total)
{
	for (size_t i = 0; i < p->active_count; i++) {
		struct active *a = &p->active[i];

		if (!str_eq(a->host, host))
			continue;
		if (!a->moving_ms) {
			a->moving_ms = clock_mono_ms();
			a->from = bytes;
		}
		a->bytes = bytes;
		a->total = total;
		return;
	}
}

void
progress_host_ends(struct progress *p, const char *host, bool good, const char *verdict)
{
	p->done++;
	for (size_t i = 0; i < p->active_count; i++) {
		if (str_eq(p->active[i].host, host)) {
			free(p->active[i].host);
			memmove(&p->active[i], &p->active[i + 1],
			    (p->active_count - i - 1) * sizeof(p->active[0]));
			p->active_count--;
			break;
		}
	}
	if (!good || p->out->mode != PROGRESS_PLAIN)
		return;
	if (p->good_count > 0 && !str_eq(p->verdict, verdict))
		progress_flush(p);
	if (p->good_count == 0) {
		free(p->verdict);
		p->verdict = xstrdup(verdict);
		loop_timer_start(p->gather, FOLD_MS);
	}
	mem_grow(p->good, p->good_count, p->good_cap);
	p->good[p->good_count++] = xstrdup(host);
}
