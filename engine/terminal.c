#include "engine/terminal.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/errand.h"
#include "engine/herd.h"

#define END_OF_INPUT "\004" /* what Ctrl-D sends */

struct terminal {
	struct herd_job job;
	struct loop *loop;
	struct herd_host *hh; /* NULL: the herd went */
	struct terminal_spec spec;
	char *command, *term;
	struct errand *errand;
	struct buf queue;
	size_t sent; /* of the queue */
	bool waits;  /* for the session */
	bool full, paused, ends_input, end_sent, ended, closed;
};

static void
release(void *user)
{
	struct terminal *t = user;

	free(t->command);
	free(t->term);
	buf_fini(&t->queue);
	free(t);
}

/* Nobody has anything of it any more. Without a herd no callback of its can be under way. */
static void
let_go(struct terminal *t)
{
	if (!t->hh) {
		release(t);
		return;
	}
	herd_remove_job(&t->job);
	loop_soon(t->loop, release, t);
}

static void
on_herd_gone(struct herd_job *job)
{
	struct terminal *t = container_of(job, struct terminal, job);

	t->hh = NULL;
	t->errand = NULL;
	t->waits = false;
	t->ended = true;
	if (t->closed)
		let_go(t);
}

static void
tell_end(struct terminal *t, const struct err *err, int status, const char *signal)
{
	t->ended = true;
	buf_fini(&t->queue);
	t->sent = 0;
	if (!t->closed)
		t->spec.ended(t->spec.user, err, status, signal);
	else
		let_go(t);
}

/* What waits goes to the link, as far as it takes it. */
static void
pump(struct terminal *t)
{
	if (!t->errand)
		return;
	if (t->sent < t->queue.len)
		t->sent += errand_write(t->errand, t->queue.data + t->sent, t->queue.len - t->sent);
	if (t->sent < t->queue.len)
		return;
	buf_clear(&t->queue);
	t->sent = 0;
	if (!t->ends_input || t->end_sent)
		return;
	t->end_sent = t->spec.plain || errand_write(t->errand, END_OF_INPUT, 1) == 1;
	if (t->spec.plain)
		errand_write_end(t->errand);
}

static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	struct terminal *t = user;

	if (t->closed)
		return;
	if (s == STREAM_OUT)
		t->spec.data(t->spec.user, p, n);
	else if (t->spec.errors)
		t->spec.errors(t->spec.user, p, n);
}

static void
flow(void *user)
{
	struct terminal *t = user;

	pump(t);
	if (!t->full || t->closed || t->queue.len - t->sent > TERMINAL_QUEUE / 2)
		return;
	t->full = false;
	if (t->spec.room)
		t->spec.room(t->spec.user);
}

static void
on_started(void *user)
{
	struct terminal *t = user;

	if (!t->closed && t->spec.began)
		t->spec.began(t->spec.user);
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct terminal *t = user;
	struct err err;

	t->errand = NULL;
	if (e->err)
		tell_end(t, e->err, -1, NULL);
	else if (e->have_status)
		tell_end(t, NULL, e->status, NULL);
	else if (e->signal[0])
		tell_end(t, NULL, -1, e->signal);
	else
		tell_end(t,
		    (err_set(&err, OUTCOME_UNKNOWN,
			 e->cancelled ? "cut while it ran" : "the host gave no exit status"),
			&err),
		    -1, NULL);
	herd_release(t->hh);
}

static void
start(struct terminal *t, struct session *s)
{
	static const struct errand_listener listener = {
		.data = on_data, .writable = flow, .end = on_end, .started = on_started
	};

	herd_hold(t->hh);
	t->errand = errand_start(t->hh, s,
	    &(struct errand_spec){ .who = t->spec.become ? ERRAND_BECOME : ERRAND_LOGIN,
		.program = t->command,
		.terminal = t->spec.plain ? NULL : t->term,
		.columns = t->spec.columns,
		.rows = t->spec.rows,
		.input_len = -1,
		/* What is typed comes back letter by letter: none may be held back as what could
		 * become a password. */
		.verbatim = true,
		.stall_ms = -1,
		.listener = &listener,
		.user = t });
	if (t->paused)
		errand_pause(t->errand, true);
	flow(t);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	struct terminal *t = user;

	t->waits = false;
	if (s)
		start(t, s);
	else
		tell_end(t, err, -1, NULL);
}

struct terminal *
terminal_open(struct herd_host *hh, const struct terminal_spec *spec)
{
	struct terminal *t = xcalloc(1, sizeof(*t));

	t->hh = hh;
	t->loop = herd_loop(herd_host_herd(hh));
	t->spec = *spec;
	t->command = spec->command ? xstrdup(spec->command) : NULL;
	t->term = xstrdup(spec->term ? spec->term : "xterm-256color");
	t->spec.command = t->spec.term = NULL;
	buf_init(&t->queue, TERMINAL_QUEUE);
	t->job.drop = on_herd_gone;
	herd_add_job(herd_host_herd(hh), &t->job);
	t->waits = true;
	herd_session(hh, on_ready, t);
	return t;
}

void
terminal_close(struct terminal *t)
{
	if (!t || t->closed)
		return;
	t->closed = true;
	if (t->errand) {
		errand_cancel(t->errand);
		return;
	}
	if (t->waits)
		herd_forget(t->hh, t);
	let_go(t);
}

int
terminal_write(struct terminal *t, const void *bytes, size_t len)
{
	if (t->ended || t->ends_input)
		return 0;
	buf_drop(&t->queue, t->sent);
	t->sent = 0;
	if (len > TERMINAL_QUEUE - t->queue.len) {
		t->full = true;
		return -1;
	}
	buf_add(&t->queue, bytes, len);
	pump(t);
	return 0;
}

size_t
terminal_pending(const struct terminal *t)
{
	return t->queue.len - t->sent + (t->errand ? errand_pending(t->errand) : 0);
}

void
terminal_write_end(struct terminal *t)
{
	t->ends_input = true;
	pump(t);
}

void
terminal_resize(struct terminal *t, uint16_t columns, uint16_t rows)
{
	if (t->spec.columns == columns && t->spec.rows == rows)
		return;
	t->spec.columns = columns;
	t->spec.rows = rows;
	if (t->errand)
		errand_resize(t->errand, columns, rows);
}

void
terminal_pause(struct terminal *t, bool on)
{
	t->paused = on;
	if (t->errand)
		errand_pause(t->errand, on);
}

bool
terminal_signal(struct terminal *t, const char *name)
{
	return t->errand && errand_signal(t->errand, name);
}
