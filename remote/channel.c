#include "remote/channel.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/carrier.h"
#include "remote/message.h"

#include <fnmatch.h>
#include <string.h>

#define OPEN_MS  15000
#define STALL_MS 30000
#define LONG_MS  5000 /* of silence: then it is told how long the host itself was silent */

extern char **environ;

struct channel {
	struct channel_place *place;
	uint32_t id;
	struct channel_listener listener;
	void *user;
	uint64_t in_credit, unconsumed; /* may write; got and not credited back */
	uint64_t bytes[2];
	int64_t began_ms, heard_ms, first_ms, idle_ms, total_ms;
	struct loop_timer *timer; /* made when there is a limit */
	char *refused;            /* the command cannot be sent: why */
	bool hold, short_write, eof, cancelled, overdue, ended;
	struct err why;
};

static void
release(void *user)
{
	struct channel *c = user;

	free(c->refused);
	free(c);
}

static void
send(struct channel *c, const struct message *m)
{
	if (c->place->carrier && !c->ended && !c->refused)
		carrier_send(c->place->carrier, m);
}

static void
end(struct channel *c, struct channel_end *e, bool silent)
{
	if (c->ended)
		return;
	c->ended = true;
	loop_timer_free(c->timer);
	c->timer = NULL;
	e->cancelled = c->cancelled;
	/* The signal that it may tell of was ours. */
	if (c->overdue && !e->have_status) {
		e->err = &c->why;
		e->signal[0] = '\0';
	}
	e->out_bytes = c->bytes[STREAM_OUT];
	e->err_bytes = c->bytes[STREAM_ERR];
	c->place->ended(c->place->user, c);
	if (!silent)
		c->listener.end(c->user, c, e);
	loop_soon(c->place->loop, release, c);
}

static void
end_with(struct channel *c, const struct err *why)
{
	struct channel_end e = { .err = why };

	end(c, &e, false);
}

static void
on_refused(void *user)
{
	struct channel *c = user;

	if (c->ended)
		return;
	err_set(&c->why, c->place->carrier ? OUTCOME_USAGE : OUTCOME_UNREACHABLE, "%s: %s",
	    c->place->name, c->refused);
	end_with(c, &c->why);
}

static void
add_env(struct buf *to, const char *const *env)
{
	for (; env && *env; env++)
		buf_add(to, *env, strlen(*env) + 1);
}

static bool
is_sent(const char *const *patterns, const char *name)
{
	for (; patterns && *patterns; patterns++) {
		if (fnmatch(*patterns, name, 0) == 0)
			return true;
	}
	return false;
}

/* As ssh(1) sends them; what no longer fits is left out, as a server may refuse any of it. */
static void
add_ours(struct buf *to, const char *const *patterns)
{
	for (char **e = environ; *e; e++) {
		autofree char *name = xmemdup0(*e, strcspn(*e, "="));
		size_t n = strlen(*e) + 1;

		if (n <= to->max - to->len && is_sent(patterns, name))
			buf_add(to, *e, n);
	}
}

static void
send_exec(struct channel *c, const struct exec_spec *spec, const struct buf *env)
{
	struct message m;

	message_init(&m, MESSAGE_EXEC, c->place->session, c->id);
	message_text(&m, FIELD_COMMAND, spec->command ? spec->command : "");
	message_number(&m, FIELD_TIMEOUT, OPEN_MS);
	if (spec->stall_ms >= 0)
		message_number(
		    &m, FIELD_STALL, spec->stall_ms ? (uint64_t)spec->stall_ms : STALL_MS);
	if (spec->quiet)
		message_number(&m, FIELD_QUIET, 1);
	if (env->len)
		message_bytes(&m, FIELD_ENVIRONMENT, env->data, env->len);
	if (spec->terminal) {
		message_text(&m, FIELD_TERMINAL, spec->terminal);
		message_number(&m, FIELD_COLUMNS, spec->columns > 0 ? (uint64_t)spec->columns : 80);
		message_number(&m, FIELD_ROWS, spec->rows > 0 ? (uint64_t)spec->rows : 24);
	}
	send(c, &m);
}

struct channel *
channel_new(struct channel_place *place, uint32_t id, const struct exec_spec *spec,
    const struct channel_listener *l, void *user)
{
	struct channel *c = xcalloc(1, sizeof(*c));
	autobuf env = BUF_INIT(MESSAGE_ENV);

	c->place = place;
	c->id = id;
	c->listener = *l;
	c->user = user;
	c->in_credit = MESSAGE_INPUT;
	c->began_ms = c->heard_ms = loop_now_ms(place->loop);
	add_env(&env, place->set_env);
	add_env(&env, spec->env);
	if (spec->person)
		add_ours(&env, place->send_env);
	if (!place->carrier)
		c->refused = xstrdup("the session is not up");
	else if (spec->command && strlen(spec->command) > MESSAGE_COMMAND)
		c->refused = xasprintf("the command is longer than %d bytes", MESSAGE_COMMAND);
	else if (env.dropped)
		c->refused = xasprintf("its environment is longer than %d bytes", MESSAGE_ENV);
	if (c->refused) {
		loop_soon(place->loop, on_refused, c);
		return c;
	}
	send_exec(c, spec, &env);
	return c;
}

uint32_t
channel_id(const struct channel *c)
{
	return c->id;
}

static void
give_credit(struct channel *c, uint64_t n)
{
	struct message m;

	c->unconsumed += n;
	if (c->unconsumed < MESSAGE_OUTPUT / 4)
		return;
	message_init(&m, MESSAGE_CREDIT, c->place->session, c->id);
	message_number(&m, FIELD_CREDIT, c->unconsumed);
	c->unconsumed = 0;
	send(c, &m);
}

static void
got_data(struct channel *c, const struct message *m)
{
	enum stream which = message_get(m, FIELD_STREAM) ? STREAM_ERR : STREAM_OUT;
	const struct message_value *v = &m->value[FIELD_BYTES];

	c->heard_ms = loop_now_ms(c->place->loop);
	c->bytes[which] += v->len;
	c->place->counters->bytes_in += v->len;
	if (c->listener.data)
		c->listener.data(c->user, c, which, v->bytes, v->len);
	if (!c->hold && !c->ended)
		give_credit(c, v->len);
}

static void
got_end(struct channel *c, const struct message *m)
{
	struct channel_end e = { .have_status = message_has(m, FIELD_STATUS),
		.status = (int)message_get(m, FIELD_STATUS) };
	char text[240], phase[sizeof(c->why.phase)];
	enum outcome kind = OUTCOME_UNKNOWN;

	message_clean(m, FIELD_SIGNAL, e.signal, sizeof(e.signal));
	if (c->overdue && !e.have_status && !e.signal[0]) {
		e.err = &c->why;
	} else if (!e.have_status && !e.signal[0]) {
		message_clean(m, FIELD_TEXT, text, sizeof(text));
		outcome_parse(message_string(m, FIELD_KIND), &kind);
		message_clean(m, FIELD_PHASE, phase, sizeof(phase));
		err_set(
		    &c->why, kind, "%s: %s%s%s", c->place->name, phase, *phase ? ": " : "", text);
		str_copy(c->why.phase, sizeof(c->why.phase), phase);
		c->why.elapsed_ms = (int64_t)message_get(m, FIELD_ELAPSED);
		e.err = &c->why;
	}
	end(c, &e, false);
}

static void
writable(struct channel *c)
{
	if (!c->short_write || c->ended || c->in_credit == 0 || !c->place->carrier ||
	    carrier_full(c->place->carrier))
		return;
	c->short_write = false;
	if (c->listener.writable)
		c->listener.writable(c->user, c);
}

static void
started(struct channel *c)
{
	c->place->counters->execs++;
	if (!c->ended && c->listener.started)
		c->listener.started(c->user, c);
}

void
channel_message(struct channel *c, const struct message *m)
{
	if (m->type == MESSAGE_STARTED)
		started(c);
	else if (m->type == MESSAGE_DATA_OUT)
		got_data(c, m);
	else if (m->type == MESSAGE_END)
		got_end(c, m);
	if (m->type != MESSAGE_CREDIT)
		return;
	c->in_credit += message_get(m, FIELD_CREDIT);
	if (c->in_credit > MESSAGE_INPUT)
		c->in_credit = MESSAGE_INPUT;
	writable(c);
}

void
channel_drained(struct channel *c)
{
	writable(c);
}

void
channel_lost(struct channel *c, const struct err *why, bool silent)
{
	struct channel_end e = { .err = &c->why };

	c->why = *why;
	if (c->why.kind == OUTCOME_UNREACHABLE && !c->place->settled)
		c->why.kind = OUTCOME_UNKNOWN;
	end(c, &e, silent);
}

size_t
channel_write(struct channel *c, const void *p, size_t n)
{
	size_t took = 0;

	if (c->ended || c->eof || c->refused || !c->place->carrier)
		return n; /* nobody reads it: end() follows */
	while (took < n && c->in_credit > 0 && !carrier_full(c->place->carrier)) {
		size_t part = n - took;
		struct message m;

		if (part > MESSAGE_DATA)
			part = MESSAGE_DATA;
		if (part > c->in_credit)
			part = (size_t)c->in_credit;
		message_init(&m, MESSAGE_DATA_IN, c->place->session, c->id);
		message_bytes(&m, FIELD_BYTES, (const char *)p + took, part);
		send(c, &m);
		c->in_credit -= part;
		took += part;
	}
	c->place->counters->bytes_out += took;
	c->short_write = took < n;
	return took;
}

size_t
channel_room(struct channel *c)
{
	size_t room = MESSAGE_INPUT;

	if (!c->ended && !c->eof && !c->refused && c->place->carrier)
		room = carrier_full(c->place->carrier) ? 0 : (size_t)c->in_credit;
	c->short_write |= room == 0;
	return room;
}

void
channel_write_end(struct channel *c)
{
	struct message m;

	if (c->eof)
		return;
	message_init(&m, MESSAGE_EOF, c->place->session, c->id);
	send(c, &m);
	c->eof = true;
}

void
channel_resize(struct channel *c, int columns, int rows)
{
	struct message m;

	message_init(&m, MESSAGE_RESIZE, c->place->session, c->id);
	message_number(&m, FIELD_COLUMNS, (uint64_t)columns);
	message_number(&m, FIELD_ROWS, (uint64_t)rows);
	send(c, &m);
}

bool
channel_signal(struct channel *c, const char *name)
{
	struct message m;

	if (c->place->deaf || c->ended || c->refused)
		return false;
	message_init(&m, MESSAGE_SIGNAL, c->place->session, c->id);
	message_text(&m, FIELD_SIGNAL, name);
	send(c, &m);
	return true;
}

size_t
channel_pending(const struct channel *c)
{
	return c->ended ? 0 : MESSAGE_INPUT - (size_t)c->in_credit;
}

void
channel_hold(struct channel *c)
{
	c->hold = true;
}

void
channel_consumed(struct channel *c, size_t n)
{
	if (!c->ended)
		give_credit(c, n);
}

static void
ask_end(struct channel *c)
{
	struct message m;

	message_init(&m, MESSAGE_CANCEL, c->place->session, c->id);
	send(c, &m);
}

void
channel_cancel(struct channel *c)
{
	if (c->cancelled || c->ended)
		return;
	c->cancelled = true;
	ask_end(c);
}

/* When the next of the limits falls due, and which; INT64_MAX: none. */
static int64_t
next_due(const struct channel *c, const char **ret_what, int64_t *ret_limit)
{
	bool silent = c->bytes[0] + c->bytes[1] == 0;
	const struct {
		int64_t limit, from;
		const char *what;
	} limits[] = { { c->total_ms, c->began_ms, "not finished" },
		{ silent ? c->first_ms : c->idle_ms, c->heard_ms, "nothing heard" } };
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < countof(limits); i++) {
		if (limits[i].limit > 0 && limits[i].from + limits[i].limit < due) {
			due = limits[i].from + limits[i].limit;
			*ret_what = limits[i].what;
			*ret_limit = limits[i].limit;
		}
	}
	return due;
}

/* The first time: ask the worker to end it, so that what the host may still say is waited for a
 * moment; the second time: end it here. */
static void
on_limit(void *user)
{
	struct channel *c = user;
	const char *what = "";
	int64_t limit = 0, now = loop_now_ms(c->place->loop);
	int64_t due = c->overdue ? now : next_due(c, &what, &limit);

	if (due > now) {
		if (due != INT64_MAX)
			loop_timer_start(c->timer, due - now);
		return;
	}
	if (c->overdue) {
		end_with(c, &c->why);
		return;
	}
	c->overdue = true;
	err_set(&c->why, OUTCOME_UNKNOWN, "%s: command: %s for %.1f s", c->place->name, what,
	    (double)limit / 1000);
	if (limit >= LONG_MS && c->place->heard_ms)
		err_set(&c->why, OUTCOME_UNKNOWN,
		    "%s: command: %s for %.1f s; the host was last heard %.1f s ago",
		    c->place->name, what, (double)limit / 1000,
		    (double)(now - c->place->heard_ms) / 1000);
	str_copy(c->why.phase, sizeof(c->why.phase), "command");
	c->why.elapsed_ms = now - c->began_ms;
	ask_end(c);
	loop_timer_start(c->timer, 2000);
}

void
channel_limits(struct channel *c, int64_t first_ms, int64_t idle_ms, int64_t total_ms)
{
	const char *what;
	int64_t limit, due;

	if (c->ended)
		return;
	c->first_ms = first_ms;
	c->idle_ms = idle_ms;
	c->total_ms = total_ms;
	due = next_due(c, &what, &limit);
	if (due == INT64_MAX)
		return;
	if (!c->timer)
		c->timer = loop_timer_new(c->place->loop, on_limit, c);
	loop_timer_start(c->timer, due - loop_now_ms(c->place->loop));
}
