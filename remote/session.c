#include "remote/session.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agentgate.h"
#include "remote/channel.h"
#include "remote/dial.h"
#include "remote/keys.h"
#include "remote/link.h"
#include "remote/sshconf.h"
#include "remote/trust.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define TRIES      3    /* for servers that close before the key exchange */
#define SLOW_MS    3000 /* a host that takes longer to connect gives its turn to others */
#define KEYS       16
#define CONNECT_MS 10000

struct session {
	struct session_place *place;
	struct session *next, *prev;
	struct session_listener listener;
	void *user;
	char *name, *address, *login, *identity;
	char **host_keys;
	int port;
	int64_t connect_ms;
	bool first_use, closed;
	char *refused; /* what the target asks for and we cannot do */

	enum session_state state;
	struct gate_pass pass;
	struct sshconf_ask *conf_ask;
	struct keys_ask *keys_ask;
	struct dial_try *dialling;
	struct agentgate *agent;         /* while logging in with keys that an agent holds */
	const struct sshconf_host *conf; /* lives as long as the sshconf */
	const struct key *keys[KEYS];
	size_t key_count;
	char at[64];
	uint32_t id; /* on the link; 0: none */
	struct loop_timer *timer;
	int tries;
	uint8_t *blob; /* the host key that waits for an answer */
	size_t blob_len;

	struct channel_place channel_place;
	struct channel **channels;
	size_t channel_count, channel_cap;
	uint32_t next_channel;
	struct session_counters counters;
	int64_t rtt_us;
	struct err err;
};

static void
release(void *user)
{
	struct session *s = user;

	free(s->name);
	free(s->address);
	free(s->login);
	free(s->identity);
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

/* Let go of everything under way but the channels. */
static void
stop(struct session *s)
{
	struct message m;

	if (s->conf_ask)
		sshconf_cancel(take(s->conf_ask));
	if (s->keys_ask)
		keys_cancel(take(s->keys_ask));
	if (s->dialling)
		dial_cancel(take(s->dialling));
	agentgate_free(take(s->agent));
	loop_timer_stop(s->timer);
	if (s->id) {
		if (s->channel_place.link) {
			message_init(&m, MESSAGE_CLOSE, s->id, 0);
			link_send(s->channel_place.link, &m, -1);
		}
		s->place->detach(s->place->user, s->id);
		s->id = 0;
	}
	gate_leave(&s->place->gate, &s->pass);
}

static void
down(struct session *s, const struct err *why)
{
	if (s->state == SESSION_DOWN)
		return;
	s->err = *why;
	if (!s->err.phase[0])
		str_copy(s->err.phase, sizeof(s->err.phase), session_state_name(s->state));
	err_wrap(&s->err, "%s: %s", s->name, s->err.phase);
	s->state = SESSION_DOWN;
	stop(s);
	s->channel_place.link = NULL;
	lose_channels(s, &s->err, false);
	if (!s->closed && s->listener.down)
		s->listener.down(s->user, s, &s->err);
}

__attribute__((format(printf, 3, 4))) static void
fail(struct session *s, enum outcome kind, const char *fmt, ...)
{
	struct err err;
	char text[sizeof(err.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, kind, "%s", text);
	down(s, &err);
}

static struct trust_subject
subject_of(const struct session *s)
{
	return (struct trust_subject){ .name = s->name,
		.host = s->conf->hostname,
		.alias = s->conf->host_key_alias,
		.port = s->conf->port,
		.host_keys = (const char *const *)s->host_keys,
		.files = s->conf->known_hosts };
}

static void
begin_key_exchange(struct session *s, int fd)
{
	struct message m;
	struct link *link = s->place->attach(s->place->user, s, &s->id, &s->err);

	if (!link) {
		struct err err = s->err;

		close(fd);
		down(s, &err);
		return;
	}
	struct trust_subject subject = subject_of(s);
	autofree char *algorithms = trust_algorithms(s->place->trust, &subject);
	s->state = SESSION_KEX;
	s->channel_place.link = link;
	s->channel_place.session = s->id;
	message_init(&m, MESSAGE_OPEN, s->id, 0);
	message_text(&m, FIELD_ADDRESS, s->at);
	message_text(&m, FIELD_ALGORITHMS, algorithms);
	message_number(&m, FIELD_TIMEOUT, (uint64_t)s->place->kex_ms);
	link_send(link, &m, fd);
}

static void
on_dialled(void *user, int fd, const char *address, const struct err *err)
{
	struct session *s = user;

	s->dialling = NULL;
	loop_timer_stop(s->timer);
	if (fd < 0) {
		down(s, err);
		return;
	}
	str_copy(s->at, sizeof(s->at), address);
	begin_key_exchange(s, fd);
}

static void
on_resolved(void *user)
{
	struct session *s = user;

	s->state = SESSION_CONNECT;
}

static int64_t
connect_limit(const struct session *s)
{
	int64_t typed = s->place->connect_ms,
		own = s->connect_ms ? s->connect_ms : s->conf->connect_timeout_ms;

	return typed ? typed : own ? own : CONNECT_MS;
}

static void
on_turn(void *user)
{
	struct session *s = user;
	struct dial_spec spec = { .host = s->conf->hostname,
		.port = s->conf->port,
		.family = s->conf->family,
		.timeout_ms = connect_limit(s),
		.resolved = on_resolved,
		.done = on_dialled,
		.user = s };

	s->state = SESSION_RESOLVE;
	loop_timer_start(s->timer, SLOW_MS);
	s->dialling = dial_start(s->place->dial, &spec);
}

static void
wait_turn(struct session *s)
{
	s->state = SESSION_QUEUED;
	gate_wait(&s->place->gate, &s->pass, on_turn, s);
}

/* Slow to connect: others may go on. Or: time to try again. */
static void
on_timer(void *user)
{
	struct session *s = user;

	if (s->state == SESSION_QUEUED)
		wait_turn(s);
	else
		gate_leave(&s->place->gate, &s->pass);
}

static void
on_keys(void *user, const struct key *const *list, size_t n, const struct err *err)
{
	struct session *s = user;

	s->keys_ask = NULL;
	if (n == 0) {
		down(s, err);
		return;
	}
	s->key_count = n < KEYS ? n : KEYS;
	memcpy(s->keys, list, s->key_count * sizeof(s->keys[0]));
	wait_turn(s);
}

static void
on_conf(void *user, const struct sshconf_host *conf, const struct err *err)
{
	struct session *s = user;

	s->conf_ask = NULL;
	if (!conf) {
		down(s, err);
		return;
	}
	s->conf = conf;
	if (s->listener.key) {
		wait_turn(s);
		return;
	}
	struct keys_want want = { .identity = s->identity,
		.files = conf->identity_files,
		.files_default = conf->identity_default,
		.identities_only = conf->identities_only,
		.agent = conf->identity_agent };
	s->keys_ask = keys_get(s->place->keys, &want, on_keys, s);
}

static void
start(void *user)
{
	struct session *s = user;
	struct sshconf_query q = {
		.host = s->name, .address = s->address, .user = s->login, .port = s->port
	};

	if (s->closed) {
		release(s);
		return;
	}
	s->state = SESSION_CONFIG;
	if (s->refused)
		fail(s, OUTCOME_REFUSED, "%s", s->refused);
	else
		s->conf_ask = sshconf_ask(s->place->sshconf, &q, on_conf, s);
}

static void
log_in(struct session *s)
{
	struct link *link = s->channel_place.link;
	uint8_t ids[4 * KEYS];
	size_t n = 0;
	struct message m;
	int agent;

	s->agent =
	    agentgate_new(s->place->loop, s->conf->identity_agent, s->keys, s->key_count, &agent);
	for (size_t i = 0; i < s->key_count; i++) {
		if (!s->keys[i]->private_text)
			continue;
		uint32_t id = link_key(link, s->keys[i]);

		for (int shift = 24; shift >= 0; shift -= 8)
			ids[n++] = (uint8_t)(id >> shift);
	}
	s->state = SESSION_AUTH;
	message_init(&m, MESSAGE_LOGIN, s->id, 0);
	message_text(&m, FIELD_USER, s->conf->user);
	message_bytes(&m, FIELD_KEYS, ids, n);
	message_number(&m, FIELD_TIMEOUT, (uint64_t)s->place->auth_ms);
	if (agent >= 0)
		message_number(&m, FIELD_AGENT, 1);
	link_send(link, &m, agent);
}

static void
accept_key(struct session *s)
{
	struct trust_subject subject = subject_of(s);
	struct err err;

	if (trust_add(s->place->trust, &subject, s->blob, s->blob_len, &err) < 0)
		down(s, &err);
	else
		log_in(s);
}

static void
judge(struct session *s, const struct message *m)
{
	struct trust_subject subject = subject_of(s);
	struct trust_answer answer;

	s->state = SESSION_HOSTKEY;
	free(s->blob);
	s->blob_len = m->value[FIELD_BLOB].len;
	s->blob = (uint8_t *)xmemdup0(m->value[FIELD_BLOB].bytes, s->blob_len);
	if (s->listener.key) {
		s->listener.key(s->user, s, &subject, s->blob, s->blob_len);
		return;
	}
	trust_check(s->place->trust, &subject, s->blob, s->blob_len, &answer);
	switch (answer.verdict) {
	case TRUST_KNOWN:
		log_in(s);
		return;
	case TRUST_UNKNOWN:
		if (s->first_use && !s->conf->strict) {
			accept_key(s);
			return;
		}
		if (!s->place->ask_trust)
			break;
		gate_leave(&s->place->gate, &s->pass);
		s->place->ask_trust(s->place->ask_user, s, answer.type, answer.fingerprint);
		return;
	case TRUST_CHANGED:
	case TRUST_REVOKED:
		break;
	}
	fail(s, OUTCOME_REFUSED, "%s", answer.text);
}

void
remote_trust(struct session *s, bool yes)
{
	if (s->state != SESSION_HOSTKEY || s->closed)
		return;
	if (yes)
		accept_key(s);
	else
		fail(s, OUTCOME_REFUSED, "the key was not accepted");
}

static void
came_up(struct session *s)
{
	s->state = SESSION_UP;
	agentgate_free(take(s->agent));
	s->counters.logins++;
	gate_leave(&s->place->gate, &s->pass);
	if (s->listener.up)
		s->listener.up(s->user, s);
}

static void
try_again(struct session *s)
{
	uint32_t jitter;

	digest_random(&jitter, sizeof(jitter));
	stop(s);
	s->channel_place.link = NULL;
	s->state = SESSION_QUEUED;
	loop_timer_start(s->timer, (200U << s->tries) + jitter % 400);
}

static void
went_down(struct session *s, const struct message *m)
{
	enum outcome kind = OUTCOME_UNREACHABLE;
	struct err err;
	char text[240];

	if (message_get(m, FIELD_EARLY) && s->state == SESSION_KEX && s->tries++ < TRIES) {
		try_again(s);
		return;
	}
	message_clean(m, FIELD_TEXT, text, sizeof(text));
	if (outcome_parse(message_string(m, FIELD_KIND), &kind) && kind != OUTCOME_REFUSED)
		kind = OUTCOME_UNREACHABLE;
	err_set(&err, kind, "%s", text);
	message_clean(m, FIELD_PHASE, err.phase, sizeof(err.phase));
	err.elapsed_ms = (int64_t)message_get(m, FIELD_ELAPSED);
	down(s, &err);
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
}

void
session_message(struct session *s, const struct message *m)
{
	if (m->channel)
		to_channel(s, m);
	else if (m->type == MESSAGE_HOSTKEY && s->state == SESSION_KEX)
		judge(s, m);
	else if (m->type == MESSAGE_UP && s->state == SESSION_AUTH)
		came_up(s);
	else if (m->type == MESSAGE_DOWN)
		went_down(s, m);
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
	s->channel_place.link = NULL;
	down(s, why);
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
channel_exec(struct session *s, const char *command, const struct channel_listener *l, void *user)
{
	mem_grow(s->channels, s->channel_count, s->channel_cap);
	struct channel *c = channel_new(&s->channel_place, ++s->next_channel, command, l, user);

	s->channels[s->channel_count++] = c;
	return c;
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
	s->port = t->port;
	s->connect_ms = t->connect_timeout_ms;
	s->first_use = t->trust_first_use;
	if (t->jump)
		s->refused = xasprintf("jump hosts are not supported yet: %s", t->jump);
	else if (t->proxy_command)
		s->refused = xstrdup("proxy_command is not supported yet");
	while (t->host_keys && t->host_keys[n])
		n++;
	if (n == 0)
		return;
	s->host_keys = xcalloc(n + 1, sizeof(char *));
	for (size_t i = 0; i < n; i++)
		s->host_keys[i] = xstrdup(t->host_keys[i]);
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
	s->timer = loop_timer_new(place->loop, on_timer, s);
	s->next = place->first;
	if (s->next)
		s->next->prev = s;
	place->first = s;
	loop_soon(place->loop, start, s);
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
		stop(s);
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
session_rtt_ms(const struct session *s)
{
	return s->rtt_us < 0 ? -1 : (s->rtt_us + 999) / 1000;
}
