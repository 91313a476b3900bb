/* Recorded terminals side by side on this one: history play of several hosts. */
#include "tui/tui.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/history.h"
#include "cli/out.h"
#include "tui/canvas.h"
#include "tui/replay.h"
#include "tui/term.h"

#include <signal.h>
#include <unistd.h>

#define FRAME_MS 33 /* what is shown closer together is one picture */

struct playing {
	struct call *call;
	const struct history_sides *sides;
	struct loop *loop;
	struct term *term;
	struct canvas *canvas;
	struct replay *replay;
	struct loop_timer *due, *escape;
	size_t page;
	int64_t now_ms; /* in the recordings */
	bool paused;
	int signum;
	bool failed;
	struct err err;
};

static void
leave(struct playing *p, int signum)
{
	p->signum = signum;
	loop_stop(p->loop);
}

static void
paint(struct playing *p)
{
	replay_paint(p->replay, p->page, p->canvas);
	term_paint(p->term, p->canvas);
}

/* Until what is next: as long as it took, in the speed that is wanted, but not idle for longer than is wanted. */
static void
wind(struct playing *p)
{
	int64_t next = replay_next(p->replay), wait = next - p->now_ms;

	if (p->paused || next < 0)
		return;
	if (p->sides->idle_ms && wait > p->sides->idle_ms)
		wait = p->sides->idle_ms;
	wait = wait > 0 ? (int64_t)((double)wait / p->sides->speed + 0.5) : 0;
	loop_timer_start(p->due, wait > FRAME_MS ? wait : FRAME_MS);
}

static void
on_due(void *user)
{
	struct playing *p = user;
	int64_t next = replay_next(p->replay);

	if (next < 0)
		return;
	p->now_ms =
	    (next > p->now_ms ? next : p->now_ms) + (int64_t)((double)FRAME_MS * p->sides->speed);
	if (replay_advance(p->replay, p->now_ms, &p->err) < 0) {
		p->failed = true;
		leave(p, 0);
		return;
	}
	paint(p);
	wind(p);
}

static void
take_key(struct playing *p, const char *key)
{
	if (str_eq(key, "q") || str_eq(key, "esc"))
		leave(p, 0);
	else if (str_eq(key, "ctrl-c"))
		leave(p, SIGINT);
	else if (str_eq(key, "n"))
		p->page++;
	if (str_eq(key, "space") || str_eq(key, " ")) {
		p->paused = !p->paused;
		loop_timer_stop(p->due);
		wind(p);
	}
	paint(p);
}

static void
take_keys(void *user)
{
	struct playing *p = user;
	struct key key;

	while (term_key(p->term, &key))
		take_key(p, key.name);
	if (term_wait(p->term) >= 0)
		loop_timer_start(p->escape, term_wait(p->term));
	if (!term_alive(p->term))
		leave(p, SIGHUP);
}

static void
on_input(void *user, unsigned events)
{
	(void)events;
	take_keys(user);
}

static void
on_signal(void *user, int signum)
{
	struct playing *p = user;
	int rows, cols;

	if (signum != SIGWINCH) {
		leave(p, signum);
		return;
	}
	term_resized(p->term);
	term_size(p->term, &rows, &cols);
	canvas_resize(p->canvas, rows, cols);
	paint(p);
}

static void
run(struct playing *p)
{
	static const int signals[] = { SIGWINCH, SIGINT, SIGTERM, SIGHUP };
	struct loop_signal *caught[countof(signals)];
	struct loop_io *in = loop_io_new(p->loop, STDIN_FILENO, on_input, p);
	int rows, cols;

	term_size(p->term, &rows, &cols);
	p->canvas = canvas_new(rows, cols);
	p->due = loop_timer_new(p->loop, on_due, p);
	p->escape = loop_timer_new(p->loop, take_keys, p);
	for (size_t i = 0; i < countof(signals); i++)
		caught[i] = loop_signal_new(p->loop, signals[i], on_signal, p);
	loop_io_want(in, LOOP_READ);
	paint(p);
	wind(p);
	loop_run(p->loop);
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(caught[i]);
	loop_timer_free(p->due);
	loop_timer_free(p->escape);
	loop_io_free(in);
	canvas_free(p->canvas);
}

int
tui_play(struct call *call, const struct history_sides *sides)
{
	struct playing p = { .call = call, .sides = sides, .loop = call_loop(call) };

	if (!p.loop)
		return call->exit;
	p.replay = replay_new(sides, &p.err);
	if (!p.replay)
		return call_fail(call, &p.err);
	p.term = term_open(&(struct term_config){ .colour = out_colour(call->out),
			       .title = "drover: history play" },
	    &p.err);
	if (p.term)
		run(&p);
	term_close(p.term);
	replay_free(p.replay);
	if (!p.term || p.failed)
		return call_fail(call, &p.err);
	return p.signum ? 128 + p.signum : 0;
}
