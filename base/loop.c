#include "base/loop.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <fcntl.h>
#include <uv.h>

struct soon {
	struct soon *next;
	void (*call)(void *user);
	void *user;
};

struct loop {
	uv_loop_t uv;
	uv_check_t check;
	uv_idle_t busy; /* keeps a pass from waiting while soon work is left */
	uv_timer_t limit;
	struct soon *soon, **soon_tail;
	struct loop_timer *timers; /* all of them, for the fake clock */
	bool fake;
	int64_t fake_now;
};

struct loop_io {
	uv_poll_t uv;
	struct loop *loop;
	void (*ready)(void *user, unsigned events);
	void *user;
	unsigned wanted;
};

struct loop_timer {
	uv_timer_t uv;
	struct loop *loop;
	void (*fired)(void *user);
	void *user;
	struct loop_timer *next, *prev;
	int64_t due; /* fake clock only; -1: not started */
};

struct loop_signal {
	uv_signal_t uv;
	void (*caught)(void *user, int signum);
	void *user;
};

struct loop_wake {
	uv_async_t uv;
	void (*woken)(void *user);
	void *user;
};

static void
run_soon(struct loop *loop)
{
	struct soon *list = loop->soon;

	loop->soon = NULL;
	loop->soon_tail = &loop->soon;
	while (list) {
		struct soon *s = list;

		list = s->next;
		s->call(s->user);
		free(s);
	}
	if (!loop->soon)
		uv_idle_stop(&loop->busy);
}

static void
on_check(uv_check_t *check)
{
	run_soon(check->data);
}

static void
on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void
on_limit(uv_timer_t *t)
{
	(void)t;
}

struct loop *
loop_new(struct err *err)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	int rc = uv_loop_init(&loop->uv);

	if (rc < 0) {
		err_set(err, OUTCOME_BUG, "event loop: %s", uv_strerror(rc));
		free(loop);
		return NULL;
	}
	loop->soon_tail = &loop->soon;
	uv_check_init(&loop->uv, &loop->check);
	uv_check_start(&loop->check, on_check);
	uv_unref((uv_handle_t *)&loop->check);
	uv_idle_init(&loop->uv, &loop->busy);
	uv_timer_init(&loop->uv, &loop->limit);
	loop->check.data = loop;
	loop->busy.data = loop;
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->soon)
		run_soon(loop);
	uv_close((uv_handle_t *)&loop->check, NULL);
	uv_close((uv_handle_t *)&loop->busy, NULL);
	uv_close((uv_handle_t *)&loop->limit, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop->uv) < 0)
		mem_abort("a source of the event loop was never freed");
	free(loop);
}

void
loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

void
loop_pass(struct loop *loop, int timeout_ms)
{
	if (timeout_ms <= 0) {
		uv_run(&loop->uv, UV_RUN_NOWAIT);
		return;
	}
	uv_timer_start(&loop->limit, on_limit, (uint64_t)timeout_ms, 0);
	uv_run(&loop->uv, UV_RUN_ONCE);
	uv_timer_stop(&loop->limit);
}

int64_t
loop_now_ms(const struct loop *loop)
{
	return loop->fake ? loop->fake_now : (int64_t)uv_now(&loop->uv);
}

void
loop_soon(struct loop *loop, void (*call)(void *user), void *user)
{
	struct soon *s = xcalloc(1, sizeof(*s));

	s->call = call;
	s->user = user;
	*loop->soon_tail = s;
	loop->soon_tail = &s->next;
	uv_idle_start(&loop->busy, on_idle);
}

void *
loop_uv(struct loop *loop)
{
	return &loop->uv;
}

static void
free_handle(uv_handle_t *h)
{
	free(h->data);
}

static void watch(struct loop_io *io);

static void
on_poll(uv_poll_t *p, int status, int events)
{
	struct loop_io *io = p->data;
	unsigned got = 0;

	/* libuv stops at an error; what came before it may still be there to read. */
	if (status < 0) {
		got = io->wanted;
		watch(io);
	}
	if (events & UV_READABLE)
		got |= LOOP_READ;
	if (events & UV_WRITABLE)
		got |= LOOP_WRITE;
	got &= io->wanted;
	if (got)
		io->ready(io->user, got);
}

static void
watch(struct loop_io *io)
{
	int mask = (io->wanted & LOOP_READ ? UV_READABLE : 0) |
		   (io->wanted & LOOP_WRITE ? UV_WRITABLE : 0);

	if (mask)
		uv_poll_start(&io->uv, mask, on_poll);
	else
		uv_poll_stop(&io->uv);
}

struct loop_io *
loop_io_new(struct loop *loop, int fd, void (*ready)(void *user, unsigned events), void *user)
{
	struct loop_io *io = xcalloc(1, sizeof(*io));
	int mode = fcntl(fd, F_GETFL);

	io->loop = loop;
	io->ready = ready;
	io->user = user;
	if (uv_poll_init(&loop->uv, &io->uv, fd) < 0)
		mem_abort("a descriptor that cannot be polled was given to the loop");
	/* libuv sets O_NONBLOCK, and a terminal would keep that after we have gone. */
	fcntl(fd, F_SETFL, mode);
	io->uv.data = io;
	return io;
}

void
loop_io_want(struct loop_io *io, unsigned events)
{
	if (events == io->wanted)
		return;
	io->wanted = events;
	watch(io);
}

void
loop_io_free(struct loop_io *io)
{
	if (!io)
		return;
	uv_poll_stop(&io->uv);
	uv_close((uv_handle_t *)&io->uv, free_handle);
}

static void
on_timer(uv_timer_t *t)
{
	struct loop_timer *timer = t->data;

	timer->fired(timer->user);
}

struct loop_timer *
loop_timer_new(struct loop *loop, void (*fired)(void *user), void *user)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->loop = loop;
	t->fired = fired;
	t->user = user;
	t->due = -1;
	t->next = loop->timers;
	if (t->next)
		t->next->prev = t;
	loop->timers = t;
	uv_timer_init(&loop->uv, &t->uv);
	t->uv.data = t;
	return t;
}

void
loop_timer_start(struct loop_timer *t, int64_t after_ms)
{
	int64_t ms = after_ms < 0 ? 0 : after_ms;

	if (t->loop->fake) {
		t->due = t->loop->fake_now + ms;
		return;
	}
	uv_timer_start(&t->uv, on_timer, (uint64_t)ms, 0);
}

void
loop_timer_stop(struct loop_timer *t)
{
	t->due = -1;
	uv_timer_stop(&t->uv);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	if (t->prev)
		t->prev->next = t->next;
	else
		t->loop->timers = t->next;
	if (t->next)
		t->next->prev = t->prev;
	uv_timer_stop(&t->uv);
	uv_close((uv_handle_t *)&t->uv, free_handle);
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct loop_signal *s = h->data;

	s->caught(s->user, signum);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signum, void (*caught)(void *user, int signum), void *user)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->caught = caught;
	s->user = user;
	uv_signal_init(&loop->uv, &s->uv);
	s->uv.data = s;
	uv_signal_start(&s->uv, on_signal, signum);
	uv_unref((uv_handle_t *)&s->uv);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	uv_signal_stop(&s->uv);
	uv_close((uv_handle_t *)&s->uv, free_handle);
}

static void
on_async(uv_async_t *h)
{
	struct loop_wake *w = h->data;

	w->woken(w->user);
}

struct loop_wake *
loop_wake_new(struct loop *loop, void (*woken)(void *user), void *user)
{
	struct loop_wake *w = xcalloc(1, sizeof(*w));

	w->woken = woken;
	w->user = user;
	if (uv_async_init(&loop->uv, &w->uv, on_async) < 0)
		mem_abort("the event loop cannot be woken");
	w->uv.data = w;
	uv_unref((uv_handle_t *)&w->uv);
	return w;
}

void
loop_wake_send(struct loop_wake *w)
{
	uv_async_send(&w->uv);
}

void
loop_wake_hold(struct loop_wake *w, bool hold)
{
	if (hold)
		uv_ref((uv_handle_t *)&w->uv);
	else
		uv_unref((uv_handle_t *)&w->uv);
}

void
loop_wake_free(struct loop_wake *w)
{
	if (!w)
		return;
	uv_close((uv_handle_t *)&w->uv, free_handle);
}

void
loop_fake_clock(struct loop *loop)
{
	loop->fake = true;
	loop->fake_now = clock_mono_ms();
}

static struct loop_timer *
earliest(struct loop *loop, int64_t until)
{
	struct loop_timer *best = NULL;

	for (struct loop_timer *t = loop->timers; t; t = t->next) {
		if (t->due >= 0 && t->due <= until && (!best || t->due < best->due))
			best = t;
	}
	return best;
}

void
loop_fake_advance(struct loop *loop, int64_t ms)
{
	int64_t until = loop->fake_now + ms;
	struct loop_timer *t;

	for (t = earliest(loop, until); t; t = earliest(loop, until)) {
		loop->fake_now = t->due;
		t->due = -1;
		t->fired(t->user);
		loop_pass(loop, 0);
	}
	loop->fake_now = until;
	loop_pass(loop, 0);
}
