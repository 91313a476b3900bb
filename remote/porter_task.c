/* One task of a porter: its bytes, its credit, its deadlines, and how it ends. */
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/message.h"
#include "remote/porter.h"
#include "remote/porter_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#define GRACE_MS 2000       /* after the end, for children that keep the output open */
#define OPEN_MS  15000      /* for a connection to answer */
#define GRACES   15         /* at most, where what the command wrote may still be on its way */
#define LOOK_MS  50         /* whether the output is read, when it is not at the end of the grace */
#define FLOOD    (16 << 20) /* more than can be on its way: a child that writes without end */

static void
close_side(struct porter_side *s)
{
	loop_io_free(take(s->io));
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->eof = true;
}

static void
close_input(struct porter_task *t)
{
	loop_io_free(take(t->in_io));
	if (t->in_fd >= 0)
		close(t->in_fd);
	t->in_fd = -1;
}

static void
release(void *task)
{
	free(task);
}

void
porter_task_drop(struct porter_task *t, bool cancelled)
{
	t->over = true;
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	close_input(t);
	close_side(&t->side[0]);
	close_side(&t->side[1]);
	loop_timer_free(t->soon);
	loop_timer_free(t->timer);
	buf_fini(&t->in);
	if (t->work)
		t->porter->config->kind->drop(take(t->work), cancelled);
	loop_soon(t->porter->config->loop, release, t);
}

static void
answer(struct porter_task *t, const struct message *m)
{
	const struct porter_config *c = t->porter->config;

	c->message(c->user, m);
}

static void
say_end(struct porter_task *t)
{
	struct message m;

	message_init(&m, MESSAGE_END, t->porter->config->session, t->id);
	if (t->cancelled)
		message_number(&m, FIELD_CANCELLED, 1);
	if (t->have_status) {
		message_number(&m, FIELD_STATUS, (uint64_t)t->status);
	} else if (t->signal[0]) {
		message_text(&m, FIELD_SIGNAL, t->signal);
	} else {
		message_text(&m, FIELD_KIND, outcome_name(t->why.kind));
		message_text(&m, FIELD_PHASE, t->why.phase);
		message_text(&m, FIELD_TEXT, t->why.text);
		message_number(
		    &m, FIELD_ELAPSED, (uint64_t)((clock_mono_us() - t->began_us) / 1000));
	}
	porter_task_drop(t, t->cancelled || !t->ended);
	answer(t, &m);
}

static void
fail(struct porter_task *t, enum outcome kind, const char *phase, const char *text)
{
	err_set(&t->why, kind, "%s", text);
	str_copy(t->why.phase, sizeof(t->why.phase), phase);
	t->have_status = false;
	t->signal[0] = '\0';
	say_end(t);
}

static bool
unread(const struct porter_task *t)
{
	for (int i = 0; i < 2; i++) {
		int n = 0;

		if (t->side[i].fd >= 0 && ioctl(t->side[i].fd, FIONREAD, &n) == 0 && n > 0)
			return true;
	}
	return false;
}

/* Say what can be said now. */
static void
settle(struct porter_task *t)
{
	if (t->over)
		return;
	if (t->cancelled) {
		fail(t, t->started ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED, "command", "cancelled");
		return;
	}
	if (!t->ended)
		return;
	if ((t->side[0].eof && t->side[1].eof) || !t->started) {
		say_end(t);
	} else if (!t->grace) {
		t->grace = true;
		loop_timer_start(t->timer, GRACE_MS);
	} else if (t->grace_over && t->late_bytes > FLOOD) {
		say_end(t);
	} else if (t->grace_over && (t->credit == 0 || unread(t))) {
		t->moved = true;
		loop_timer_start(t->timer, LOOK_MS);
	} else if (t->grace_over && t->moved && t->porter->config->kind->far &&
		   t->graces++ < GRACES) {
		t->moved = t->grace_over = false;
		loop_timer_start(t->timer, GRACE_MS);
	} else if (t->grace_over) {
		say_end(t);
	}
}

static void
on_timer(void *user)
{
	struct porter_task *t = user;
	char text[80];

	if (t->ended) {
		t->grace_over = true;
		settle(t);
		return;
	}
	snprintf(text, sizeof(text), "nothing heard for %.1f s", (double)t->limit_ms / 1000);
	fail(t, OUTCOME_UNREACHABLE, "channel", text);
}

static void
watch_output(struct porter_task *t)
{
	for (int i = 0; i < 2; i++) {
		if (t->side[i].io)
			loop_io_want(t->side[i].io, t->told && t->credit ? LOOP_READ : 0);
	}
}

static void
watch_input(struct porter_task *t)
{
	if (t->in_io && t->told && (t->in.len > t->taken || t->in_eof))
		loop_io_want(t->in_io, LOOP_WRITE);
}

static void
say_started(struct porter_task *t)
{
	struct message m;

	t->told = true;
	loop_timer_stop(t->timer);
	message_init(&m, MESSAGE_STARTED, t->porter->config->session, t->id);
	message_number(&m, FIELD_RTT, (uint64_t)(clock_mono_us() - t->began_us));
	watch_output(t);
	watch_input(t);
	answer(t, &m);
}

static void
on_soon(void *user)
{
	struct porter_task *t = user;

	if (t->started && !t->told)
		say_started(t);
	settle(t);
}

static void
on_output(void *user, unsigned events)
{
	struct porter_side *s = user;
	struct porter_task *t = s->task;
	char bytes[MESSAGE_DATA];
	struct message m;
	ssize_t n;

	(void)events;
	n = read(s->fd, bytes, t->credit < sizeof(bytes) ? (size_t)t->credit : sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_side(s);
		settle(t);
		return;
	}
	t->credit -= (uint64_t)n;
	t->moved = t->ended;
	t->late_bytes += t->ended ? (uint64_t)n : 0;
	if (t->credit == 0)
		watch_output(t);
	message_init(&m, MESSAGE_DATA_OUT, t->porter->config->session, t->id);
	message_number(&m, FIELD_STREAM, s == &t->side[1]);
	message_bytes(&m, FIELD_BYTES, bytes, (size_t)n);
	answer(t, &m);
}

static void
give_credit(struct porter_task *t)
{
	bool empty = t->taken == t->in.len;
	struct message m;

	if (empty) {
		buf_fini(&t->in);
		t->taken = 0;
		loop_io_want(t->in_io, 0);
		if (t->in_eof && !t->terminal)
			close_input(t);
	}
	if (t->uncredited < MESSAGE_INPUT / 4 && !(t->uncredited && empty))
		return;
	message_init(&m, MESSAGE_CREDIT, t->porter->config->session, t->id);
	message_number(&m, FIELD_CREDIT, t->uncredited);
	t->uncredited = 0;
	answer(t, &m);
}

/* What nobody reads any more is taken and forgotten: the end tells the rest. */
static void
on_input(void *user, unsigned events)
{
	struct porter_task *t = user;
	size_t left = t->in.len - t->taken;
	ssize_t n = left ? write(t->in_fd, t->in.data + t->taken, left) : 0;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		n = (ssize_t)left;
	t->taken += (size_t)n;
	t->uncredited += (size_t)n;
	give_credit(t);
}

void
porter_task_watch(struct porter_task *t)
{
	struct loop *loop = t->porter->config->loop;

	fcntl(t->in_fd, F_SETFL, fcntl(t->in_fd, F_GETFL) | O_NONBLOCK);
	t->in_io = loop_io_new(loop, t->in_fd, on_input, t);
	for (int i = 0; i < 2; i++) {
		struct porter_side *s = &t->side[i];

		if (s->fd < 0)
			continue;
		fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
		s->io = loop_io_new(loop, s->fd, on_output, s);
	}
}

struct porter_task *
porter_task_new(struct porter *p, const struct message *m)
{
	struct porter_task *t = xcalloc(1, sizeof(*t));

	t->porter = p;
	t->id = m->channel;
	t->next = p->tasks;
	t->link = &p->tasks;
	if (t->next)
		t->next->link = &t->next;
	p->tasks = t;
	t->side[0] = t->side[1] = (struct porter_side){ .task = t, .fd = -1 };
	t->in_fd = -1;
	t->terminal = message_has(m, FIELD_TERMINAL);
	t->credit = MESSAGE_OUTPUT;
	t->began_us = clock_mono_us();
	t->limit_ms =
	    message_has(m, FIELD_TIMEOUT) ? (int64_t)message_get(m, FIELD_TIMEOUT) : OPEN_MS;
	buf_init(&t->in, MESSAGE_INPUT);
	t->soon = loop_timer_new(p->config->loop, on_soon, t);
	t->timer = loop_timer_new(p->config->loop, on_timer, t);
	loop_timer_start(t->timer, t->limit_ms);
	return t;
}

static void
take_input(struct porter_task *t, const struct message *m)
{
	const struct message_value *v = &m->value[FIELD_BYTES];

	buf_drop(&t->in, t->taken);
	t->taken = 0;
	if (!buf_add(&t->in, v->bytes, v->len))
		mem_abort("a channel sent more than its credit");
}

void
porter_task_tell(struct porter_task *t, const struct message *m)
{
	const struct porter_kind *kind = t->porter->config->kind;

	if (m->type == MESSAGE_DATA_IN) {
		take_input(t, m);
	} else if (m->type == MESSAGE_EOF) {
		t->in_eof = true;
	} else if (m->type == MESSAGE_CREDIT) {
		t->credit += message_get(m, FIELD_CREDIT);
		watch_output(t);
	} else if (m->type == MESSAGE_CANCEL) {
		t->cancelled = true;
		loop_timer_start(t->soon, 0);
	} else if (m->type == MESSAGE_SIGNAL && t->work && kind->signal) {
		kind->signal(t->work, message_string(m, FIELD_SIGNAL));
	} else if (m->type == MESSAGE_RESIZE && t->terminal && t->work) {
		porter_set_size(t, m);
		if (kind->resized)
			kind->resized(t->work);
	}
	watch_input(t);
}

void
porter_started(struct porter_task *t)
{
	t->started = true;
	loop_timer_start(t->soon, 0);
}

void
porter_ended(struct porter_task *t, const struct porter_end *e)
{
	t->ended = true;
	t->have_status = e->have_status;
	t->status = e->status;
	if (e->signal)
		str_copy(t->signal, sizeof(t->signal), e->signal);
	if (e->err)
		t->why = *e->err;
	loop_timer_start(t->soon, 0);
}
