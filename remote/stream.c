#include "remote/stream.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/wire.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <stdarg.h>
#include <string.h>

#define GRACE_MS 2000       /* after the exit status, for children that keep the output open */
#define GRACES   15         /* at most, while output is on its way */
#define FLOOD    (16 << 20) /* more than can be on its way: a child that writes without end */
#define KEYS     4096       /* no more is typed, or pasted, at once */
#define WRITE    32768      /* to libssh at once: its buffer never shrinks */

enum state { OPENING, ENVIRONMENT, TERMINAL, ASKING, RUNNING, ENDED };

struct stream {
	const struct stream_place *place;
	uint32_t id;
	enum state state;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	struct loop_timer *timer;
	char *command, *terminal;
	char *env; /* NAME=VALUE, each ended by a NUL; env_at: the one that is asked for */
	size_t env_len, env_at;
	int columns, rows;
	bool resized; /* before it ran */
	int64_t began_ms, asked_us, limit_ms, stall_ms;
	struct buf in;
	size_t taken, uncredited;    /* of in; of what was taken */
	uint64_t credit, late_bytes; /* those came behind the exit status */
	int graces;
	bool in_eof, eof_sent, asked, have_status, grace, grace_over, moved, late, eof[2], cancel;
	bool quiet, owes;    /* speaks only when asked; was asked, and has not answered */
	bool stuck, stalled; /* input waits for the command; and did for too long */
	uint32_t status;
	char signal[16];
};

/* Callbacks of libssh only take notes. */
static void
on_status(ssh_session ssh, ssh_channel channel, int status, void *user)
{
	struct stream *s = user;

	(void)ssh;
	(void)channel;
	s->have_status = true;
	s->status = (uint32_t)status;
}

static void
on_signal(ssh_session ssh, ssh_channel channel, const char *signal, int core, const char *message,
    const char *language, void *user)
{
	struct stream *s = user;

	(void)ssh;
	(void)channel;
	(void)core;
	(void)message;
	(void)language;
	str_copy(s->signal, sizeof(s->signal), signal && *signal ? signal : "?");
}

static void
on_timer(void *user)
{
	struct stream *s = user;

	if (s->state != RUNNING)
		s->late = true;
	else if (s->grace)
		s->grace_over = true;
	else
		s->stalled = true;
	s->place->nudge(s->place->user);
}

/* A number of columns or rows. */
static int
small(uint64_t n)
{
	return n < 10000 ? (int)n : 10000;
}

struct stream *
stream_new(const struct stream_place *place, const struct message *exec)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->place = place;
	s->id = exec->channel;
	s->command = xstrdup(message_string(exec, FIELD_COMMAND));
	if (message_has(exec, FIELD_ENVIRONMENT)) {
		s->env_len = exec->value[FIELD_ENVIRONMENT].len;
		s->env = xmemdup0(exec->value[FIELD_ENVIRONMENT].bytes, s->env_len);
	}
	if (message_has(exec, FIELD_TERMINAL))
		s->terminal = xstrdup(message_string(exec, FIELD_TERMINAL));
	s->columns = small(message_get(exec, FIELD_COLUMNS));
	s->rows = small(message_get(exec, FIELD_ROWS));
	s->credit = MESSAGE_OUTPUT;
	s->limit_ms = (int64_t)message_get(exec, FIELD_TIMEOUT);
	s->stall_ms = (int64_t)message_get(exec, FIELD_STALL);
	s->quiet = message_get(exec, FIELD_QUIET) == 1;
	s->owes = true;
	s->began_ms = clock_mono_ms();
	buf_init(&s->in, MESSAGE_INPUT);
	s->timer = loop_timer_new(place->loop, on_timer, s);
	loop_timer_start(s->timer, s->limit_ms);
	s->callbacks = (struct ssh_channel_callbacks_struct){ .userdata = s,
		.channel_exit_status_function = on_status,
		.channel_exit_signal_function = on_signal };
	ssh_callbacks_init(&s->callbacks);
	return s;
}

void
stream_free(struct stream *s)
{
	if (!s)
		return;
	loop_timer_free(s->timer);
	if (s->channel) {
		ssh_remove_channel_callbacks(s->channel, &s->callbacks);
		ssh_channel_free(s->channel);
	}
	free(s->command);
	free(s->terminal);
	free(s->env);
	buf_fini(&s->in);
	free(s);
}

uint32_t
stream_id(const struct stream *s)
{
	return s->id;
}

/* Before it runs nothing more can be asked of the server: then it is told as soon as it does. */
static void
resize(struct stream *s, int columns, int rows)
{
	s->columns = columns;
	s->rows = rows;
	s->resized = s->state != RUNNING;
	if (s->state == RUNNING && s->terminal)
		ssh_channel_change_pty_size(s->channel, columns, rows);
}

/* Input that the server does not take has its time too. */
static void
watch_input(struct stream *s, bool moved)
{
	bool waits = s->taken < s->in.len && s->stall_ms && !s->have_status && !s->signal[0];

	if (s->grace || (s->stuck && waits && !moved))
		return;
	s->stuck = waits;
	if (waits)
		loop_timer_start(s->timer, s->stall_ms);
	else
		loop_timer_stop(s->timer);
}

/* Give the server what its window takes; libssh must have sent what it has before it gets more. */
static enum stream_got
write_input(struct stream *s)
{
	enum stream_got got = STREAM_WAITS;
	size_t left = s->in.len - s->taken;

	if (left && !(ssh_get_poll_flags(s->place->ssh) & SSH_WRITE_PENDING)) {
		size_t window = ssh_channel_window_size(s->channel);
		size_t n = left < WRITE ? left : WRITE;
		int rc = 0;

		if (n > window)
			n = window;
		if (ssh_channel_is_closed(s->channel))
			rc = (int)left; /* nobody will read it any more */
		else if (n)
			rc = ssh_channel_write(s->channel, s->in.data + s->taken, (uint32_t)n);
		if (rc > 0) {
			s->taken += (size_t)rc;
			s->uncredited += (size_t)rc;
			got = STREAM_MOVED;
		}
	}
	if (left || s->stuck)
		watch_input(s, got == STREAM_MOVED);
	if (s->uncredited >= MESSAGE_INPUT / 4 ||
	    (s->uncredited && s->taken == s->in.len && !s->quiet)) {
		struct message m;

		message_init(&m, MESSAGE_CREDIT, s->place->session, s->id);
		message_number(&m, FIELD_CREDIT, s->uncredited);
		wire_send(s->place->wire, &m, -1);
		s->uncredited = 0;
	}
	if (s->taken == s->in.len && s->in.cap) {
		buf_fini(&s->in);
		s->taken = 0;
	}
	if (s->in_eof && !s->eof_sent && s->in.len == 0) {
		s->eof_sent = true;
		ssh_channel_send_eof(s->channel);
	}
	return got;
}

/* A key goes to the server at once: those to many hosts leave closer together than one round over all of each session
 * would let them. What cannot go now goes with the session's round, which follows. */
static bool
take_input(struct stream *s, const struct message_value *bytes)
{
	bool first = s->taken == s->in.len && s->state == RUNNING && bytes->len <= KEYS;

	s->owes = true;
	buf_drop(&s->in, s->taken);
	s->taken = 0;
	if (!buf_add(&s->in, bytes->bytes, bytes->len))
		return false;
	if (first)
		write_input(s);
	return true;
}

bool
stream_message(struct stream *s, const struct message *m)
{
	if (m->type == MESSAGE_DATA_IN)
		return take_input(s, &m->value[FIELD_BYTES]);
	if (m->type == MESSAGE_CREDIT)
		s->credit += message_get(m, FIELD_CREDIT);
	else if (m->type == MESSAGE_EOF)
		s->in_eof = true;
	else if (m->type == MESSAGE_CANCEL)
		s->cancel = true;
	else if (m->type == MESSAGE_SIGNAL && s->state == RUNNING)
		ssh_channel_request_send_signal(s->channel, message_string(m, FIELD_SIGNAL));
	else if (m->type == MESSAGE_RESIZE)
		resize(s, small(message_get(m, FIELD_COLUMNS)), small(message_get(m, FIELD_ROWS)));
	return s->credit <= MESSAGE_OUTPUT;
}

static enum stream_got
end(struct stream *s, const struct err *why)
{
	struct message m;

	if (s->state == ENDED)
		return STREAM_GONE;
	s->state = ENDED;
	message_init(&m, MESSAGE_END, s->place->session, s->id);
	if (s->cancel)
		message_number(&m, FIELD_CANCELLED, 1);
	if (s->have_status) {
		message_number(&m, FIELD_STATUS, s->status);
	} else if (s->signal[0]) {
		message_text(&m, FIELD_SIGNAL, s->signal);
	} else if (why) {
		message_text(&m, FIELD_KIND, outcome_name(why->kind));
		message_text(&m, FIELD_PHASE, why->phase);
		message_text(&m, FIELD_TEXT, why->text);
		message_number(&m, FIELD_ELAPSED, (uint64_t)(clock_mono_ms() - s->began_ms));
	}
	wire_send(s->place->wire, &m, -1);
	return STREAM_GONE;
}

__attribute__((format(printf, 4, 5))) static enum stream_got
fail(struct stream *s, enum outcome kind, const char *phase, const char *fmt, ...)
{
	struct err err;
	char text[sizeof(err.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, kind, "%s", text);
	str_copy(err.phase, sizeof(err.phase), phase);
	return end(s, &err);
}

static bool
session_is_well(const struct stream *s)
{
	ssh_session ssh = s->place->ssh;

	return ssh_is_connected(ssh) && !(ssh_get_status(ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

static enum stream_got
step_opening(struct stream *s)
{
	ssh_session ssh = s->place->ssh;

	if (!s->channel) {
		s->channel = ssh_channel_new(ssh);
		if (!s->channel)
			return STREAM_BROKEN;
		ssh_set_channel_callbacks(s->channel, &s->callbacks);
	}
	int rc = ssh_channel_open_session(s->channel);
	if (!session_is_well(s))
		return STREAM_BROKEN;
	if (rc == SSH_AGAIN && s->late)
		return fail(s, OUTCOME_UNREACHABLE, "channel", "nothing heard for %.1f s",
		    (double)s->limit_ms / 1000);
	if (rc == SSH_AGAIN)
		return STREAM_WAITS;
	if (rc != SSH_OK)
		return fail(s, OUTCOME_UNREACHABLE, "channel", "the server opens no channel: %s",
		    ssh_get_error(ssh));
	s->state = ENVIRONMENT;
	return STREAM_MOVED;
}

/* What a request before the command came to. */
static enum stream_got
asked(struct stream *s, int rc)
{
	if (!session_is_well(s))
		return STREAM_BROKEN;
	if (rc != SSH_AGAIN)
		return STREAM_MOVED;
	if (s->late)
		return fail(s, OUTCOME_UNREACHABLE, "channel", "nothing heard for %.1f s",
		    (double)s->limit_ms / 1000);
	return STREAM_WAITS;
}

/* A name that the server refuses is left out, as ssh does. */
static enum stream_got
step_environment(struct stream *s)
{
	char *pair = s->env ? s->env + s->env_at : NULL;
	char *value = pair ? strchr(pair, '=') : NULL;
	int rc = SSH_OK;

	if (s->env_at >= s->env_len) {
		s->state = TERMINAL;
		return STREAM_MOVED;
	}
	if (value) {
		*value = '\0';
		rc = ssh_channel_request_env(s->channel, pair, value + 1);
		*value = '=';
	}
	enum stream_got got = asked(s, rc);
	if (got == STREAM_MOVED)
		s->env_at += strlen(pair) + 1;
	return got;
}

static enum stream_got
step_terminal(struct stream *s)
{
	int rc = SSH_OK;

	if (s->terminal)
		rc = ssh_channel_request_pty_size(s->channel, s->terminal, s->columns, s->rows);
	enum stream_got got = asked(s, rc);
	if (got == STREAM_MOVED && rc != SSH_OK)
		return fail(s, OUTCOME_FAILED, "channel", "the server gives no terminal");
	if (got == STREAM_MOVED)
		s->state = ASKING;
	return got;
}

static void
started(struct stream *s)
{
	struct message m;

	s->state = RUNNING;
	loop_timer_stop(s->timer);
	message_init(&m, MESSAGE_STARTED, s->place->session, s->id);
	message_number(&m, FIELD_RTT, (uint64_t)(clock_mono_us() - s->asked_us));
	wire_send(s->place->wire, &m, -1);
	free(take(s->command));
	if (s->resized)
		resize(s, s->columns, s->rows);
}

static enum stream_got
step_asking(struct stream *s)
{
	if (!s->asked)
		s->asked_us = clock_mono_us();
	int rc = *s->command ? ssh_channel_request_exec(s->channel, s->command)
			     : ssh_channel_request_shell(s->channel);

	s->asked = true;
	if (!session_is_well(s))
		return STREAM_BROKEN;
	if (rc == SSH_AGAIN && s->late)
		return fail(s, OUTCOME_UNKNOWN, "command", "the server did not answer for %.1f s",
		    (double)s->limit_ms / 1000);
	if (rc == SSH_AGAIN)
		return STREAM_WAITS;
	if (rc != SSH_OK)
		return fail(s, OUTCOME_FAILED, "command", "the server refuses to run %s",
		    *s->command ? "commands" : "a shell");
	started(s);
	return STREAM_MOVED;
}

static bool
is_known(const struct stream *s)
{
	return s->have_status || s->signal[0];
}

/* Fill one frame from one output stream. */
static enum stream_got
read_output(struct stream *s, int which, size_t *budget)
{
	char bytes[MESSAGE_DATA];
	size_t have = 0, room = sizeof(bytes);

	if (room > s->credit)
		room = s->credit;
	if (room == 0 || *budget == 0 || s->eof[which] || wire_full(s->place->wire))
		return STREAM_WAITS;
	while (have < room) {
		int n = ssh_channel_read_nonblocking(
		    s->channel, bytes + have, (uint32_t)(room - have), which);

		if (n == SSH_EOF || (n <= 0 && ssh_channel_is_closed(s->channel)))
			s->eof[which] = true;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	if (have == 0)
		return STREAM_WAITS;
	struct message m;
	message_init(&m, MESSAGE_DATA_OUT, s->place->session, s->id);
	message_number(&m, FIELD_STREAM, (uint64_t)which);
	message_bytes(&m, FIELD_BYTES, bytes, have);
	wire_send(s->place->wire, &m, -1);
	s->credit -= have;
	s->owes = false;
	s->moved = true;
	s->late_bytes += is_known(s) ? have : 0;
	*budget -= have < *budget ? have : *budget;
	return STREAM_MOVED;
}

/* Output that nobody takes here may be why the command takes no input. */
static bool
gives_up_input(struct stream *s)
{
	if (!s->stalled || s->have_status || s->signal[0])
		return false;
	s->stalled = false;
	if (s->stuck && stream_stalled(s))
		loop_timer_start(s->timer, s->stall_ms);
	return s->stuck && !stream_stalled(s);
}

/* Whether nothing more is to come, though somebody holds the output open. Time in which nobody takes
 * it here does not count. */
static bool
is_settled(struct stream *s)
{
	bool flood = s->late_bytes > FLOOD;

	if (stream_stalled(s) && !flood) {
		s->grace = s->grace_over = false;
		loop_timer_stop(s->timer);
		return false;
	}
	if (s->grace_over && s->moved && !flood && s->graces++ < GRACES)
		s->grace = s->grace_over = false;
	if (!s->grace) {
		s->grace = true;
		s->moved = false;
		loop_timer_start(s->timer, GRACE_MS);
	}
	return s->grace_over;
}

static enum stream_got
step_running(struct stream *s, size_t *budget)
{
	bool moved = write_input(s) == STREAM_MOVED;

	moved |= read_output(s, 0, budget) == STREAM_MOVED;
	moved |= read_output(s, 1, budget) == STREAM_MOVED;
	bool known = is_known(s);
	if (s->eof[0] && s->eof[1]) {
		if (known)
			return end(s, NULL);
		if (!session_is_well(s))
			return STREAM_BROKEN;
		if (ssh_channel_is_closed(s->channel))
			return fail(s, OUTCOME_UNKNOWN, "command",
			    "the channel closed and no exit status came");
	}
	if (!session_is_well(s))
		return STREAM_BROKEN;
	if (moved)
		return STREAM_MOVED;
	if (gives_up_input(s)) {
		ssh_channel_close(s->channel);
		return fail(s, OUTCOME_UNKNOWN, "input", "the command took no input for %.1f s",
		    (double)s->stall_ms / 1000);
	}
	/* With no budget left it was not looked whether there is more. */
	if (known && *budget > 0 && is_settled(s))
		return end(s, NULL);
	return STREAM_WAITS;
}

static enum stream_got
step_cancelled(struct stream *s)
{
	if (s->state == RUNNING && !ssh_channel_is_closed(s->channel)) {
		ssh_channel_request_send_signal(s->channel, "TERM");
		ssh_channel_close(s->channel);
	}
	return fail(s, s->asked ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED, "command", "cancelled");
}

enum stream_got
stream_step(struct stream *s, size_t *budget)
{
	if (s->cancel && s->state != ENDED)
		return step_cancelled(s);
	switch (s->state) {
	case OPENING:
		return step_opening(s);
	case ENVIRONMENT:
		return step_environment(s);
	case TERMINAL:
		return step_terminal(s);
	case ASKING:
		return step_asking(s);
	case RUNNING:
		return step_running(s, budget);
	case ENDED:
		break;
	}
	return STREAM_GONE;
}

bool
stream_writable(const struct stream *s)
{
	return s->state == RUNNING && s->in.len > s->taken &&
	       !(ssh_get_poll_flags(s->place->ssh) & SSH_WRITE_PENDING) &&
	       ssh_channel_window_size(s->channel) > 0;
}

bool
stream_listens(const struct stream *s)
{
	return !s->quiet || s->owes || s->cancel || s->in_eof;
}

bool
stream_stalled(const struct stream *s)
{
	return s->state == RUNNING && (s->credit == 0 || wire_full(s->place->wire));
}

void
stream_lost(struct stream *s, const struct err *why)
{
	struct err err = *why;

	if (s->asked)
		err.kind = OUTCOME_UNKNOWN;
	end(s, &err);
}
