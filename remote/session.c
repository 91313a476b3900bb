#include "remote/session.h"
#include "remote/berth.h"

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agentgate.h"
#include "remote/keys.h"
#include "remote/link.h"
#include "remote/session_inner.h"
#include "remote/sshconf.h"
#include "remote/tunnel.h"

#include <stdarg.h>

static void
release(void *user)
{
	struct session *s = user;

	free(s->name);
	free(s->address);
	free(s->login);
	free(s->identity);
	free(s->jump);
	free(s->proxy_command);
	free(s->transport);
	free(s->refused);
	free(s->blob);
	for (size_t i = 0; s->host_keys && s->host_keys[i]; i++)
		free(s->host_keys[i]);
	free(s->host_keys);
	free(s->channels);
	free(s);
}

static void
lose_channels(struct session *s, const struct err *why, bool silent)
{
	while (s->channel_count)
		channel_lost(s->channels[s->channel_count - 1], why, silent);
}

void
session_stop(struct session *s)
{
	struct message m;

	if (s->conf_ask)
		sshconf_cancel(take(s->conf_ask));
	if (s->keys_ask)
		keys_cancel(take(s->keys_ask));
	agentgate_free(take(s->agent));
	proof_stop(s);
	loop_timer_stop(s->timer);
	if (s->id) {
		if (s->link) {
			message_init(&m, MESSAGE_CLOSE, s->id, 0);
			link_send(s->link, &m, -1);
		}
		s->place->detach(s->place->user, s->id);
		s->id = 0;
	}
	s->link = NULL;
	s->channel_place.carrier = NULL;
	byway_stop(s);
	queue_leave(s);
	route_free(take(s->route));
	tunnel_orphan(s);
	berth_orphan(s);
	queue_rise(s);
}

void
session_down(struct session *s, const struct err *why)
{
	if (s->state == SESSION_DOWN)
		return;
	s->err = *why;
	if (!s->err.phase[0])
		str_copy(s->err.phase, sizeof(s->err.phase), session_state_name(s->state));
	if (s->way_lost)
		err_wrap(&s->err, "%s", s->name);
	else
		err_wrap(&s->err, "%s: %s", s->name, s->err.phase);
	s->state = SESSION_DOWN;
	session_stop(s);
	lose_channels(s, &s->err, false);
	if (!s->closed && s->listener.down)
		s->listener.down(s->user, s, &s->err);
}

void
session_fail(struct session *s, enum outcome kind, const char *fmt, ...)
{
	struct err err;
	char text[sizeof(err.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, kind, "%s", text);
	session_down(s, &err);
}

static void
to_channel(struct session *s, const struct message *m)
{
	if (m->type == MESSAGE_STARTED)
		s->rtt_us = (int64_t)message_get(m, FIELD_RTT);
	for (size_t i = 0; i < s->channel_count; i++) {
		if (channel_id(s->channels[i]) == m->channel) {
			channel_message(s->channels[i], m);
			return;
		}
	}
	tunnel_message(s, m);
	berth_message(s, m);
}

void
session_message(struct session *s, const struct message *m)
{
	/* DOWN and END may be words of the worker's own. */
	if (m->type == MESSAGE_HEARD)
		s->channel_place.heard_ms =
		    loop_now_ms(s->place->loop) - (int64_t)message_get(m, FIELD_ELAPSED);
	else if (m->type != MESSAGE_DOWN && m->type != MESSAGE_END)
		s->channel_place.heard_ms = loop_now_ms(s->place->loop);
	if (m->channel)
		to_channel(s, m);
	else
		approach_message(s, m);
}

void
session_drained(struct session *s)
{
	for (size_t i = 0; i < s->channel_count; i++)
		channel_drained(s->channels[i]);
}

void
session_lost(struct session *s, const struct err *why)
{
	s->id = 0;
	s->link = NULL;
	if (s->state < SESSION_UP && !s->closed)
		approach_anew(s);
	else
		session_down(s, why);
}

const char *
session_name(const struct session *s)
{
	return s->name;
}

int
session_worker(const struct session *s)
{
	const struct link *k = s->link;

	return k && link_guards(k) >= 0 ? link_pid(k) : 0;
}

static void
on_channel_ended(void *user, struct channel *c)
{
	struct session *s = user;

	for (size_t i = 0; i < s->channel_count; i++) {
		if (s->channels[i] == c)
			s->channels[i] = s->channels[--s->channel_count];
	}
}

struct channel *
channel_start(
    struct session *s, const struct exec_spec *spec, const struct channel_listener *l, void *user)
{
	mem_grow(s->channels, s->channel_count, s->channel_cap);
	s->channel_place.set_env = s->conf ? s->conf->set_env : NULL;
	s->channel_place.send_env = s->conf ? s->conf->send_env : NULL;
	struct channel *c = channel_new(&s->channel_place, ++s->next_channel, spec, l, user);

	s->channels[s->channel_count++] = c;
	return c;
}

struct channel *
channel_exec(struct session *s, const char *command, const struct channel_listener *l, void *user)
{
	return channel_start(s, &(struct exec_spec){ .command = command }, l, user);
}

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void
copy_target(struct session *s, const struct target *t)
{
	size_t n = 0;

	s->name = xstrdup(t->name);
	s->address = dup_or_null(t->address);
	s->login = dup_or_null(t->user);
	s->identity = dup_or_null(t->identity);
	s->jump = dup_or_null(t->jump);
	s->proxy_command = dup_or_null(t->proxy_command);
	s->transport = dup_or_null(t->transport);
	s->port = t->port;
	s->connect_ms = t->connect_timeout_ms;
	s->first_use = t->trust_first_use;
	s->refused = dup_or_null(t->refused);
	while (t->host_keys && t->host_keys[n])
		n++;
	if (n == 0)
		return;
	s->host_keys = xcalloc(n + 1, sizeof(char *));
	for (size_t i = 0; i < n; i++)
		s->host_keys[i] = xstrdup(t->host_keys[i]);
}

static void
start(void *user)
{
	struct session *s = user;

	if (s->closed)
		release(s);
	else
		approach_begin(s);
}

struct session *
session_new(struct session_place *place, const struct target *t, const struct session_listener *l,
    void *user)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->place = place;
	s->listener = *l;
	s->user = user;
	s->rtt_us = -1;
	copy_target(s, t);
	s->channel_place = (struct channel_place){ .loop = place->loop,
		.name = s->name,
		.counters = &s->counters,
		.ended = on_channel_ended,
		.user = s };
	s->timer = loop_timer_new(place->loop, approach_on_timer, s);
	s->next = place->first;
	if (s->next)
		s->next->prev = s;
	place->first = s;
	loop_soon(place->loop, start, s);
	return s;
}

struct session *
session_new_jump(struct session_place *place, const struct target *t,
    const struct session_listener *l, struct jump *self)
{
	struct session *s = session_new(place, t, l, self);

	s->as_jump = self;
	return s;
}

void
session_close(struct session *s)
{
	struct err gone;

	if (!s || s->closed)
		return;
	s->closed = true;
	err_set(&gone, OUTCOME_CANCELLED, "closed");
	lose_channels(s, &gone, true);
	if (s->state != SESSION_DOWN)
		session_stop(s);
	loop_timer_free(s->timer);
	if (s->prev)
		s->prev->next = s->next;
	else
		s->place->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	/* Before its first step the step itself frees it. */
	if (s->state != SESSION_QUEUED || s->conf)
		loop_soon(s->place->loop, release, s);
	s->state = SESSION_DOWN;
}

enum session_state
session_state(const struct session *s)
{
	return s->state;
}

const char *
session_address(const struct session *s)
{
	return s->at;
}

void
session_counters(const struct session *s, struct session_counters *ret)
{
	*ret = s->counters;
}

int64_t
session_silence_ms(const struct session *s)
{
	int64_t heard = s->way == WAY_LIBSSH ? s->channel_place.heard_ms : 0;

	return heard ? loop_now_ms(s->place->loop) - heard : -1;
}

int64_t
session_rtt_ms(const struct session *s)
{
	return s->rtt_us < 0 ? -1 : (s->rtt_us + 999) / 1000;
}

const char *
session_transport(const struct session *s, const char **ret_why)
{
	static const char *const names[] = {
		[WAY_LIBSSH] = "libssh", [WAY_SSH] = "ssh", [WAY_LOCAL] = "local"
	};

	if (ret_why)
		*ret_why = s->way_why;
	return names[s->way];
}
