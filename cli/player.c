#include "cli/player.h"

#include "base/asciicast.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/vtgate.h"
#include "cli/out.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

struct shown {
	int64_t ms;
	char *data;
	size_t len;
};

struct player {
	struct player_spec spec;
	struct loop_timer *timer;
	struct loop_signal *caught[countof(signals)];
	struct vtgate gate;
	struct shown *shown; /* of the piece that is played */
	size_t count, cap, at, next_piece;
	int64_t now_ms; /* in the recording */
	int signum;
	bool ended, failed;
	struct err err;
};

static void
finish(struct player *p)
{
	p->ended = true;
	loop_stop(p->spec.loop);
}

static void
forget_piece(struct player *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->shown[i].data);
	p->count = p->at = 0;
}

static bool
take_event(void *user, const struct asciicast_event *e)
{
	struct player *p = user;

	if (e->kind != ASCIICAST_OUTPUT)
		return true;
	mem_grow(p->shown, p->count, p->cap);
	p->shown[p->count++] =
	    (struct shown){ .ms = e->ms, .data = xmemdup0(e->data, e->len), .len = e->len };
	return true;
}

/* Of a terminal that was larger lines are broken where they were not: say so once. */
static void
compare_sizes(const struct player *p, const struct asciicast_head *head)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0 ||
	    (head->columns <= w.ws_col && head->rows <= w.ws_row))
		return;
	out_note(p->spec.out, "recorded on %dx%d, this terminal is %dx%d: lines may look broken",
	    head->columns, head->rows, w.ws_col, w.ws_row);
}

/* The next piece that shows something; false at the end, and when one cannot be read. */
static bool
load_piece(struct player *p)
{
	struct asciicast_head head;

	forget_piece(p);
	while (p->next_piece < p->spec.pieces && p->count == 0) {
		size_t len = 0, i = p->next_piece++;
		autofree char *text = p->spec.piece(p->spec.user, i, &len, &p->err);

		if (!text || asciicast_read(text, len, &head, take_event, p, &p->err) < 0) {
			p->failed = true;
			return false;
		}
		if (head.columns)
			compare_sizes(p, &head);
	}
	return p->count > 0;
}

static void
write_out(struct player *p, const struct buf *clean)
{
	out_text(p->spec.out, buf_text(clean), clean->len);
	out_flush(p->spec.out);
}

static int64_t
wait_before(const struct player *p, const struct shown *s)
{
	int64_t wait = s->ms > p->now_ms ? s->ms - p->now_ms : 0;

	if (p->spec.idle_ms && wait > p->spec.idle_ms)
		wait = p->spec.idle_ms;
	return (int64_t)((double)wait / p->spec.speed + 0.5);
}

/* Everything that is due, then the next wait. */
static void
on_due(void *user)
{
	struct player *p = user;
	autobuf clean = BUF_INIT(SIZE_MAX);
	int64_t wait = 0;

	while (wait == 0 && clean.len < 65536) {
		if (p->failed || (p->at == p->count && !load_piece(p))) {
			write_out(p, &clean);
			finish(p);
			return;
		}
		const struct shown *s = &p->shown[p->at++];
		vtgate_feed(&p->gate, s->data, s->len, &clean);
		p->now_ms = s->ms;
		if (p->at < p->count || load_piece(p))
			wait = wait_before(p, &p->shown[p->at]);
	}
	write_out(p, &clean);
	loop_timer_start(p->timer, wait);
}

static void
on_signal(void *user, int signum)
{
	struct player *p = user;

	p->signum = signum;
	finish(p);
}

int
player_run(const struct player_spec *spec, struct err *err)
{
	struct player p = { .spec = *spec };
	autobuf rest = BUF_INIT(SIZE_MAX);

	vtgate_init(&p.gate);
	for (size_t i = 0; i < countof(signals); i++)
		p.caught[i] = loop_signal_new(spec->loop, signals[i], on_signal, &p);
	p.timer = loop_timer_new(spec->loop, on_due, &p);
	loop_timer_start(p.timer, load_piece(&p) ? wait_before(&p, &p.shown[0]) : 0);
	while (!p.ended)
		loop_run(spec->loop);
	vtgate_end(&p.gate, &rest);
	write_out(&p, &rest);
	loop_timer_free(p.timer);
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(p.caught[i]);
	forget_piece(&p);
	free(p.shown);
	if (p.signum)
		return p.signum;
	if (!p.failed)
		return 0;
	*err = p.err;
	return -1;
}
