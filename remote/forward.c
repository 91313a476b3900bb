#include "remote/forward.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "remote/wire.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <string.h>
#include <sys/socket.h>

#define PART    16384  /* moved at once for one connection */
#define AT_ONCE 256    /* visitors wait for us, and their bytes in libssh */
#define BUDGET  131072 /* given to libssh at once for all of them: its buffer never shrinks */

enum state {
	OPENING,
	VISITING, /* the server opened it: no socket yet */
	OPEN,
	LEAVING /* given up while opening: the answer must be waited for, to close what it opens */
};

struct forward {
	struct forward *next, **prev;             /* all */
	struct forward *ready_next, **ready_prev; /* has something to do; prev NULL: not listed */
	struct forwards *all;
	uint32_t id;      /* while it is visiting: of the listener */
	uint32_t visitor; /* 0: no visitor */
	enum state state;
	int fd;
	struct loop_io *io;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	char *host;
	int port;
	int64_t began_us;
	struct buf in, out;        /* for the channel, for the socket: what neither took yet */
	bool readable;             /* the socket has something, or its end */
	bool full;                 /* the socket takes no more now */
	bool left;                 /* bytes lie in the channel */
	bool socket_eof, eof_sent; /* nothing more comes from the socket; the channel was told */
	bool channel_eof, shut;    /* the same the other way */
	bool socket_end, channel_end;
};

struct forwards {
	const struct stream_place *place;
	struct forward *first;
	struct forward *ready, **ready_tail;
	uint32_t visitors; /* numbered so far */
	size_t count;
};

static void
set_ready(struct forward *f)
{
	struct forwards *all = f->all;

	if (f->ready_prev)
		return;
	f->ready_next = NULL;
	f->ready_prev = all->ready_tail;
	*all->ready_tail = f;
	all->ready_tail = &f->ready_next;
}

static void
unset_ready(struct forward *f)
{
	if (!f->ready_prev)
		return;
	*f->ready_prev = f->ready_next;
	if (f->ready_next)
		f->ready_next->ready_prev = f->ready_prev;
	else
		f->all->ready_tail = f->ready_prev;
	f->ready_prev = NULL;
}

static void
listen_to(struct forward *f)
{
	bool reads = f->state == OPEN && !f->readable && !f->socket_end && !f->socket_eof;

	if (f->io)
		loop_io_want(f->io, (reads ? LOOP_READ : 0) | (f->full ? LOOP_WRITE : 0));
}

static void
on_socket(void *user, unsigned events)
{
	struct forward *f = user;

	if (events & LOOP_READ)
		f->readable = true;
	if (events & LOOP_WRITE)
		f->full = false;
	listen_to(f);
	set_ready(f);
	f->all->place->nudge(f->all->place->user);
}

/* How much the socket took: 0 when it is full or gone. */
static size_t
give_socket(struct forward *f, const void *p, size_t n)
{
	ssize_t sent = f->fd < 0 ? -1 : send(f->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent == (ssize_t)n)
		return n;
	if (sent < 0 && (f->fd < 0 || (errno != EAGAIN && errno != EINTR))) {
		f->socket_end = true; /* nobody reads it any more */
		set_ready(f);
		return n;
	}
	f->full = true;
	listen_to(f);
	return sent > 0 ? (size_t)sent : 0;
}

/* What is not taken here stays in the channel, and the window with it stays closed. */
static int
on_data(ssh_session ssh, ssh_channel channel, void *data, uint32_t len, int is_stderr, void *user)
{
	struct forward *f = user;

	(void)ssh;
	(void)channel;
	if (is_stderr)
		return (int)len;
	bool waits = f->state != OPEN || f->full || f->out.len;
	size_t took = waits ? 0 : give_socket(f, data, len);
	f->left = took < len;
	return (int)took;
}

static void
on_eof(ssh_session ssh, ssh_channel channel, void *user)
{
	struct forward *f = user;

	(void)ssh;
	(void)channel;
	f->channel_eof = true;
	set_ready(f);
}

static void
on_end(ssh_session ssh, ssh_channel channel, void *user)
{
	struct forward *f = user;

	(void)ssh;
	(void)channel;
	f->channel_end = true;
	set_ready(f);
}

static void
forward_free(struct forward *f)
{
	unset_ready(f);
	f->all->count--;
	*f->prev = f->next;
	if (f->next)
		f->next->prev = f->prev;
	loop_io_free(f->io);
	if (f->fd >= 0)
		close(f->fd);
	if (f->channel) {
		ssh_remove_channel_callbacks(f->channel, &f->callbacks);
		ssh_channel_free(f->channel);
	}
	buf_fini(&f->in);
	buf_fini(&f->out);
	free(f->host);
	free(f);
}

static void
say_end(struct forward *f, const char *why)
{
	struct message m;

	message_init(&m, MESSAGE_END, f->all->place->session, f->id);
	if (why) {
		message_text(&m, FIELD_KIND, outcome_name(OUTCOME_UNREACHABLE));
		message_text(&m, FIELD_TEXT, why);
		message_number(&m, FIELD_ELAPSED, (uint64_t)(clock_mono_us() - f->began_us) / 1000);
	}
	wire_send(f->all->place->wire, &m, -1);
}

/* "Channel opening failure: channel 43 error (2) Connection refused" */
static void
explain(ssh_session ssh, char *to, size_t size)
{
	const char *why = ssh_get_error(ssh), *code = strstr(why, "error (");
	const char *text = code ? strchr(code, ')') : NULL;

	if (!text)
		snprintf(to, size, "no connection is opened from there");
	else if (code[7] == '1')
		snprintf(to, size, "it is not allowed from there (%.100s)", text + 2);
	else
		snprintf(to, size, "%.200s", *text && text[1] ? text + 2 : "refused");
	for (char *c = to; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
}

static void
opened(struct forward *f)
{
	struct message m;

	f->state = OPEN;
	f->io = loop_io_new(f->all->place->loop, f->fd, on_socket, f);
	listen_to(f);
	message_init(&m, MESSAGE_STARTED, f->all->place->session, f->id);
	message_number(&m, FIELD_RTT, (uint64_t)(clock_mono_us() - f->began_us));
	wire_send(f->all->place->wire, &m, -1);
}

static void
step_opening(struct forward *f)
{
	ssh_session ssh = f->all->place->ssh;
	char why[240];

	if (!f->channel) {
		f->channel = ssh_channel_new(ssh);
		if (!f->channel)
			mem_abort("libssh gives no channel");
		ssh_set_channel_callbacks(f->channel, &f->callbacks);
	}
	int rc = ssh_channel_open_forward(f->channel, f->host, f->port, "127.0.0.1", 0);
	if (rc == SSH_AGAIN) {
		set_ready(f);
		return;
	}
	if (rc == SSH_OK && f->state == OPENING) {
		opened(f);
		return;
	}
	explain(ssh, why, sizeof(why));
	if (f->state == OPENING)
		say_end(f, why);
	forward_free(f);
}

/* From the channel: what lay there while the socket was full. */
static void
drain_channel(struct forward *f)
{
	char bytes[PART];

	while (!f->full && !f->socket_end && (f->left || f->out.len)) {
		if (f->out.len) {
			buf_drop(&f->out, give_socket(f, f->out.data, f->out.len));
			continue;
		}
		int n = ssh_channel_read_nonblocking(f->channel, bytes, sizeof(bytes), 0);
		f->left = n > 0;
		if (n <= 0)
			return;
		size_t took = give_socket(f, bytes, (size_t)n);
		buf_add(&f->out, bytes + took, (size_t)n - took);
	}
}

/* To the channel, as much as its window takes. */
static void
fill_channel(struct forward *f, size_t *budget)
{
	char bytes[PART];
	size_t room = ssh_channel_window_size(f->channel);

	room = room < *budget ? room : *budget;
	room = room < sizeof(bytes) ? room : sizeof(bytes);
	bool reads = f->readable && !f->socket_eof && !f->socket_end;
	if (f->in.len == 0 && reads && room > 0) {
		ssize_t n = recv(f->fd, bytes, room, MSG_DONTWAIT);

		if (n > 0)
			buf_add(&f->in, bytes, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			f->readable = false;
		else if (n < 0)
			f->socket_end = true;
		else
			f->socket_eof = true;
	}
	if (f->in.len == 0 || room == 0)
		return;
	size_t part = f->in.len < room ? f->in.len : room;
	int rc = ssh_channel_write(f->channel, f->in.data, (uint32_t)part);
	if (rc > 0) {
		buf_drop(&f->in, (size_t)rc);
		*budget -= (size_t)rc;
	}
	if (f->in.len == 0)
		buf_fini(&f->in);
}

/* Either side may have said all and still listen: each end is passed on behind what came before it. */
static void
pass_ends(struct forward *f, bool drained)
{
	if (f->socket_eof && !f->eof_sent && f->in.len == 0 && !f->channel_end) {
		f->eof_sent = true;
		ssh_channel_send_eof(f->channel);
	}
	if (f->channel_eof && !f->shut && drained && !f->socket_end) {
		f->shut = true;
		shutdown(f->fd, SHUT_WR);
	}
}

static void
step_open(struct forward *f, size_t *budget)
{
	drain_channel(f);
	if (*budget && !f->channel_end && (!f->socket_end || f->in.len))
		fill_channel(f, budget);
	bool drained = !f->full && !f->out.len && !f->left;
	pass_ends(f, drained);
	bool over = f->socket_end ? f->in.len == 0 || f->channel_end : f->channel_end && drained;
	if (over || (f->eof_sent && f->shut)) {
		say_end(f, NULL);
		forward_free(f);
		return;
	}
	listen_to(f);
	/* Nothing tells that the window has opened but looking at it. */
	if (f->in.len || (f->readable && !f->socket_eof))
		set_ready(f);
}

void
forwards_step(struct forwards *all)
{
	ssh_session ssh = all->place->ssh;
	size_t budget = ssh_get_poll_flags(ssh) & SSH_WRITE_PENDING ? 0 : BUDGET;

	if (!all->ready)
		return;
	struct forward *last = container_of(all->ready_tail, struct forward, ready_next);
	for (struct forward *f = all->ready; f; f = all->ready) {
		bool is_last = f == last;

		unset_ready(f);
		if (f->state == OPEN)
			step_open(f, &budget);
		else if (f->state != VISITING)
			step_opening(f);
		if (is_last)
			break;
	}
}

bool
forwards_any(const struct forwards *all)
{
	return all->first;
}

static struct forward *
find(const struct forwards *all, uint32_t id)
{
	struct forward *f = all->first;

	while (f && (f->id != id || f->state == VISITING))
		f = f->next;
	return f;
}

static struct forward *
find_visitor(const struct forwards *all, uint64_t visitor)
{
	struct forward *f = all->first;

	while (f && (f->state != VISITING || f->visitor != visitor))
		f = f->next;
	return f;
}

static struct forward *
add(struct forwards *all)
{
	struct forward *f = xcalloc(1, sizeof(*f));

	f->all = all;
	f->fd = -1;
	f->began_us = clock_mono_us();
	buf_init(&f->in, PART);
	buf_init(&f->out, PART);
	f->callbacks = (struct ssh_channel_callbacks_struct){ .userdata = f,
		.channel_data_function = on_data,
		.channel_eof_function = on_eof,
		.channel_close_function = on_end };
	ssh_callbacks_init(&f->callbacks);
	f->next = all->first;
	f->prev = &all->first;
	if (f->next)
		f->next->prev = &f->next;
	all->first = f;
	all->count++;
	return f;
}

static void
begin(struct forwards *all, const struct message *m, int fd)
{
	struct forward *f = add(all);

	f->id = m->channel;
	f->fd = fd;
	f->host = xstrdup(message_string(m, FIELD_HOST));
	f->port = (int)message_get(m, FIELD_PORT);
	set_ready(f);
}

uint32_t
forwards_visit(struct forwards *all, void *channel, uint32_t listener)
{
	struct forward *f = add(all);

	f->id = listener;
	f->visitor = ++all->visitors;
	f->state = VISITING;
	f->channel = channel;
	ssh_set_channel_callbacks(f->channel, &f->callbacks);
	return f->visitor;
}

void
forwards_unlisted(struct forwards *all, uint32_t listener)
{
	struct forward *next;

	for (struct forward *f = all->first; f; f = next) {
		next = f->next;
		if (f->state == VISITING && f->id == listener)
			forward_free(f);
	}
}

bool
forwards_full(const struct forwards *all)
{
	return all->count >= AT_ONCE;
}

/* What it said while it waited lies in the channel, and so may its end. */
static void
admit(struct forwards *all, const struct message *m, int fd)
{
	struct forward *f = find_visitor(all, message_get(m, FIELD_VISITOR));

	struct message end;

	if (!f) {
		close(fd);
		message_init(&end, MESSAGE_END, all->place->session, m->channel);
		wire_send(all->place->wire, &end, -1);
		return;
	}
	f->id = m->channel;
	f->fd = fd;
	f->state = OPEN;
	f->io = loop_io_new(all->place->loop, fd, on_socket, f);
	f->left = true;
	listen_to(f);
	set_ready(f);
}

static void
dismiss(struct forwards *all, const struct message *m)
{
	struct forward *f = find_visitor(all, message_get(m, FIELD_VISITOR));

	if (f)
		forward_free(f);
}

/* What is under way cannot be taken back; it is closed when the answer comes. */
static void
leave(struct forward *f)
{
	if (f->state == LEAVING)
		return;
	say_end(f, NULL);
	if (f->state == OPEN) {
		forward_free(f);
		return;
	}
	f->state = LEAVING;
	close(f->fd);
	f->fd = -1;
}

bool
forwards_message(struct forwards *all, const struct message *m, int fd)
{
	struct forward *f = find(all, m->channel);

	if (m->type == MESSAGE_FORWARD && !f) {
		begin(all, m, fd);
		return true;
	}
	if (m->type == MESSAGE_ADMIT && !f) {
		admit(all, m, fd);
		return true;
	}
	if (m->type == MESSAGE_DISMISS) {
		dismiss(all, m);
		return true;
	}
	if (f && m->type == MESSAGE_CANCEL)
		leave(f);
	return f;
}

void
forwards_lost(struct forwards *all, const struct err *why)
{
	for (struct forward *f = all->first; f; f = f->next) {
		if (f->state == OPENING || f->state == OPEN)
			say_end(f, why->text);
	}
}

struct forwards *
forwards_new(const struct stream_place *place)
{
	struct forwards *all = xcalloc(1, sizeof(*all));

	all->place = place;
	all->ready_tail = &all->ready;
	return all;
}

void
forwards_free(struct forwards *all)
{
	if (!all)
		return;
	while (all->first)
		forward_free(all->first);
	free(all);
}
