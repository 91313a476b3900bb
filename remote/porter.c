#include "remote/porter.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/carrier.h"
#include "remote/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#define GRACE_MS 2000       /* after the end, for children that keep the output open */
#define OPEN_MS  15000      /* for a connection to answer */
#define GRACES   15         /* at most, where what the command wrote may still be on its way */
#define LOOK_MS  50         /* whether the output is read, when it is not at the end of the grace */
#define FLOOD    (16 << 20) /* more than can be on its way: a child that writes without end */

struct side { /* one output */
	struct porter_task *task;
	int fd;
	struct loop_io *io;
	bool eof;
};

struct porter_task {
	struct porter *porter;
	struct porter_task *next, **link;
	uint32_t id;
	void *work;
	struct side side[2];
	int in_fd;
	struct loop_io *in_io;
	struct buf in;
	size_t taken, uncredited;    /* of in; of what was taken */
	uint64_t credit, late_bytes; /* those came behind the end */
	struct loop_timer *soon, *timer;
	int64_t began_us, limit_ms;
	bool terminal, in_eof, started, told, cancelled, ended, grace, grace_over, moved, over;
	bool have_status;
	int status, graces;
	char signal[16];
	struct err why;
};

struct porter {
	struct carrier carrier;
	struct porter_config config;
	struct porter_task *tasks;
};

static void
close_side(struct side *s)
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

/* Off the list, and all it holds let go of; its memory stays to the end of the pass. */
static void
drop(struct porter_task *t, bool cancelled)
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
		t->porter->config.kind->drop(take(t->work), cancelled);
	loop_soon(t->porter->config.loop, release, t);
}

static void
answer(struct porter_task *t, const struct message *m)
{
	const struct porter_config *c = &t->porter->config;

	c->message(c->user, m);
}

static void
say_end(struct porter_task *t)
{
	struct message m;

	message_init(&m, MESSAGE_END, t->porter->config.session, t->id);
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
	drop(t, t->cancelled || !t->ended);
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
	} else if (t->grace_over && t->moved && t->porter->config.kind->far &&
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
	message_init(&m, MESSAGE_STARTED, t->porter->config.session, t->id);
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
	struct side *s = user;
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
	message_init(&m, MESSAGE_DATA_OUT, t->porter->config.session, t->id);
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
	message_init(&m, MESSAGE_CREDIT, t->porter->config.session, t->id);
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

static int
make_pipes(struct porter_task *t, int theirs[3])
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, errors[2] = { -1, -1 };

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0) {
		int saved = errno;

		for (int i = 0; i < 2; i++) {
			close(in[i]);
			close(out[i]);
		}
		errno = saved;
		return -1;
	}
	t->in_fd = in[1];
	t->side[0].fd = out[0];
	t->side[1].fd = errors[0];
	theirs[0] = in[0];
	theirs[1] = out[1];
	theirs[2] = errors[1];
	return 0;
}

static void
set_size(const struct porter_task *t, const struct message *m)
{
	struct winsize size = { .ws_col = (unsigned short)message_get(m, FIELD_COLUMNS),
		.ws_row = (unsigned short)message_get(m, FIELD_ROWS) };

	ioctl(t->in_fd, TIOCSWINSZ, &size);
}

/* Our end twice, so that input and output can be watched apart; there are no errors apart. */
static int
make_terminal(struct porter_task *t, int theirs[3])
{
	int out[2] = { -1, -1 };

	t->side[1].eof = true;
	t->in_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->in_fd < 0 || unlockpt(t->in_fd) < 0)
		return -1;
	theirs[0] = ioctl(t->in_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (theirs[0] < 0)
		return -1;
	if (t->porter->config.kind->splits_terminal) {
		if (pipe2(out, O_CLOEXEC) < 0)
			return -1;
	} else {
		out[0] = fcntl(t->in_fd, F_DUPFD_CLOEXEC, 0);
		out[1] = fcntl(theirs[0], F_DUPFD_CLOEXEC, 0);
	}
	t->side[0].fd = out[0];
	theirs[1] = out[1];
	theirs[2] = fcntl(out[1], F_DUPFD_CLOEXEC, 0);
	return out[0] >= 0 && theirs[2] >= 0 ? 0 : -1;
}

static void
watch(struct porter_task *t)
{
	struct loop *loop = t->porter->config.loop;

	fcntl(t->in_fd, F_SETFL, fcntl(t->in_fd, F_GETFL) | O_NONBLOCK);
	t->in_io = loop_io_new(loop, t->in_fd, on_input, t);
	for (int i = 0; i < 2; i++) {
		struct side *s = &t->side[i];

		if (s->fd < 0)
			continue;
		fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
		s->io = loop_io_new(loop, s->fd, on_output, s);
	}
}

static int
start(struct porter_task *t, const struct message *m)
{
	const struct porter_config *c = &t->porter->config;
	struct porter_order order = { .command = message_string(m, FIELD_COMMAND) };
	int fd[3] = { -1, -1, -1 };
	int rc;

	if (message_has(m, FIELD_ENVIRONMENT)) {
		order.env = m->value[FIELD_ENVIRONMENT].bytes;
		order.env_len = m->value[FIELD_ENVIRONMENT].len;
	}
	if (t->terminal)
		order.terminal = message_string(m, FIELD_TERMINAL);
	rc = t->terminal ? make_terminal(t, fd) : make_pipes(t, fd);
	if (rc < 0) {
		err_errno(&t->why, "no descriptors for a command");
	} else {
		watch(t);
		if (t->terminal)
			set_size(t, m);
		t->work = c->kind->start(c->kind_user, t, &order, fd, &t->why);
	}
	for (int i = 0; i < 3; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	return t->work ? 0 : -1;
}

static int
forward(struct porter_task *t, const struct message *m, int fd)
{
	const struct porter_config *c = &t->porter->config;
	struct porter_forward f = { .host = message_string(m, FIELD_HOST),
		.port = (int)message_get(m, FIELD_PORT),
		.fd = fd };

	t->side[0].eof = t->side[1].eof = true;
	if (c->kind->forward)
		t->work = c->kind->forward(c->kind_user, t, &f, &t->why);
	else
		err_set(&t->why, OUTCOME_UNREACHABLE, "this machine is not reached through SSH");
	return t->work ? 0 : -1;
}

static struct porter_task *
add_task(struct porter *p, const struct message *m)
{
	struct porter_task *t = xcalloc(1, sizeof(*t));

	t->porter = p;
	t->id = m->channel;
	t->next = p->tasks;
	t->link = &p->tasks;
	if (t->next)
		t->next->link = &t->next;
	p->tasks = t;
	t->side[0] = t->side[1] = (struct side){ .task = t, .fd = -1 };
	t->in_fd = -1;
	t->terminal = message_has(m, FIELD_TERMINAL);
	t->credit = MESSAGE_OUTPUT;
	t->began_us = clock_mono_us();
	t->limit_ms =
	    message_has(m, FIELD_TIMEOUT) ? (int64_t)message_get(m, FIELD_TIMEOUT) : OPEN_MS;
	buf_init(&t->in, MESSAGE_INPUT);
	t->soon = loop_timer_new(p->config.loop, on_soon, t);
	t->timer = loop_timer_new(p->config.loop, on_timer, t);
	loop_timer_start(t->timer, t->limit_ms);
	return t;
}

static void
begin(struct porter *p, const struct message *m, int fd)
{
	struct porter_task *t = add_task(p, m);
	bool exec = m->type == MESSAGE_EXEC;

	if ((exec ? start(t, m) : forward(t, m, fd)) == 0)
		return;
	str_copy(t->why.phase, sizeof(t->why.phase), exec ? "command" : "channel");
	t->ended = true;
	loop_timer_start(t->soon, 0);
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

static void
carry(struct carrier *c, const struct message *m, int fd)
{
	struct porter *p = container_of(c, struct porter, carrier);
	struct porter_task *t = p->tasks;

	if (m->type == MESSAGE_EXEC || m->type == MESSAGE_FORWARD)
		begin(p, m, fd);
	if (fd >= 0)
		close(fd);
	if (m->type == MESSAGE_EXEC || m->type == MESSAGE_FORWARD)
		return;
	while (t && t->id != m->channel)
		t = t->next;
	if (!t)
		return; /* it ended meanwhile */
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
	} else if (m->type == MESSAGE_SIGNAL && t->work && p->config.kind->signal) {
		p->config.kind->signal(t->work, message_string(m, FIELD_SIGNAL));
	} else if (m->type == MESSAGE_RESIZE && t->terminal && t->work) {
		set_size(t, m);
		if (p->config.kind->resized)
			p->config.kind->resized(t->work);
	}
	watch_input(t);
}

/* Credit bounds what waits here. */
static bool
is_full(const struct carrier *c)
{
	(void)c;
	return false;
}

struct porter *
porter_new(const struct porter_config *config)
{
	static const struct carrier_kind kind = { .send = carry, .full = is_full };
	struct porter *p = xcalloc(1, sizeof(*p));

	p->carrier.kind = &kind;
	p->config = *config;
	return p;
}

void
porter_free(struct porter *p)
{
	if (!p)
		return;
	while (p->tasks)
		drop(p->tasks, !p->tasks->ended);
	loop_soon(p->config.loop, release, p);
}

struct carrier *
porter_carrier(struct porter *p)
{
	return &p->carrier;
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
