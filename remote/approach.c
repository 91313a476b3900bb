#include "base/buf.h"
#include "base/digest.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agentgate.h"
#include "remote/inquiry.h"
#include "remote/keys.h"
#include "remote/link.h"
#include "remote/session.h"
#include "remote/session_inner.h"
#include "remote/sshconf.h"
#include "remote/suite.h"
#include "remote/trust.h"

#include <string.h>
#include <unistd.h>

#define TRIES        3    /* for servers that close before the key exchange */
#define ATTEMPT_MS   1000 /* as ssh waits for ConnectionAttempts */
#define CONNECT_MS   10000
#define LOGIN_MS     20000  /* in all, from the first attempt to connect to logged in */
#define KEX_LEAST_MS 100    /* for the key exchange, however late the connection came */
#define BATCH_MS     300000 /* what Debian's ssh makes of BatchMode alone: nobody's wish */

struct trust_subject
approach_subject(const struct session *s)
{
	return (struct trust_subject){ .name = s->name,
		.host = s->conf->hostname,
		.alias = s->conf->host_key_alias,
		.port = s->conf->port,
		.host_keys = (const char *const *)s->host_keys,
		.files = s->conf->known_hosts };
}

/* Of what the configuration allows, keys that are known go first, unless it gives an order. */
static char *
host_key_algorithms(const struct session *s, const struct trust_subject *subject)
{
	autofree char *known = trust_algorithms(s->place->trust, subject);
	const char *wanted = s->conf->host_key_algorithms;
	autobuf list = BUF_INIT(4096);

	if (!wanted)
		return take(known);
	suite_prefer(wanted, s->conf->host_keys_ordered ? wanted : known, &list);
	return buf_detach(&list, NULL);
}

static void
put_list(struct message *m, enum message_field f, const char *list)
{
	if (list)
		message_text(m, f, list);
}

/* 0: nobody said how long. */
static int64_t
connect_said(const struct session *s)
{
	int64_t typed = s->place->connect_ms,
		own = s->connect_ms ? s->connect_ms : s->conf->connect_timeout_ms;

	return typed ? typed : own;
}

static int64_t
connect_limit(const struct session *s)
{
	int64_t said = connect_said(s);

	return said ? said : CONNECT_MS;
}

/* What a phase may take: its own limit, and not more than is left of the time for all of them. */
static int64_t
time_left(const struct session *s, int64_t limit_ms)
{
	int64_t all = LOGIN_MS, more = connect_limit(s) - CONNECT_MS;

	if (all < s->place->kex_ms)
		all = s->place->kex_ms;
	if (all < s->place->auth_ms)
		all = s->place->auth_ms;
	if (more > 0)
		all += more;
	all -= loop_now_ms(s->place->loop) - s->began_ms;
	if (all < 1000)
		all = 1000;
	return all < limit_ms ? all : limit_ms;
}

/* A time to connect that somebody chose covers the key exchange too, as with ssh(1). */
static int64_t
kex_left(const struct session *s, int64_t limit_ms)
{
	int64_t limit = time_left(s, limit_ms), said = connect_said(s);
	int64_t left = said - (loop_now_ms(s->place->loop) - s->connecting_ms);

	if (!said)
		return limit;
	if (left < KEX_LEAST_MS)
		left = KEX_LEAST_MS;
	return left < limit ? left : limit;
}

static void
begin_key_exchange(struct session *s, int fd)
{
	struct message m;
	struct link *link = s->place->attach(s->place->user, s, &s->id, &s->err);

	if (!link) {
		struct err err = s->err;

		close(fd);
		session_down(s, &err);
		return;
	}
	struct trust_subject subject = approach_subject(s);
	autofree char *algorithms = host_key_algorithms(s, &subject);
	s->state = SESSION_KEX;
	s->link = link;
	s->channel_place.carrier = link_carrier(link);
	s->channel_place.session = s->id;
	message_init(&m, MESSAGE_OPEN, s->id, 0);
	/* Without its zone: libssh would ask the kernel about that, and a worker may not. */
	message_bytes(&m, FIELD_ADDRESS, s->at, strcspn(s->at, "%"));
	message_text(&m, FIELD_ALGORITHMS, algorithms);
	put_list(&m, FIELD_KEX, s->conf->kex);
	put_list(&m, FIELD_CIPHERS, s->conf->ciphers);
	put_list(&m, FIELD_MACS, s->conf->macs);
	put_list(&m, FIELD_SIGNATURES, s->conf->pubkey_algorithms);
	if (s->conf->rsa_bits)
		message_number(&m, FIELD_BITS, (uint64_t)s->conf->rsa_bits);
	message_number(&m, FIELD_TIMEOUT, (uint64_t)kex_left(s, s->place->kex_ms));
	if (s->conf->server_alive_ms && s->conf->server_alive_ms != BATCH_MS) {
		message_number(&m, FIELD_ALIVE, (uint64_t)s->conf->server_alive_ms);
		message_number(&m, FIELD_ALIVE_COUNT, (uint64_t)s->conf->server_alive_count);
	}
	link_send(link, &m, fd);
}

static void
try_again(struct session *s, uint32_t after_ms)
{
	uint32_t jitter;

	digest_random(&jitter, sizeof(jitter));
	session_stop(s);
	s->state = SESSION_QUEUED;
	loop_timer_start(s->timer, after_ms + jitter % (2 * after_ms));
}

static void
on_connected(void *user, int fd, const char *address, const struct err *err)
{
	struct session *s = user;
	int64_t both = s->place->kex_ms + s->place->auth_ms;

	loop_timer_stop(s->timer);
	if (fd < 0 && s->state == SESSION_CONNECT && ++s->dials < s->conf->connection_attempts) {
		try_again(s, ATTEMPT_MS);
		return;
	}
	if (fd < 0) {
		session_down(s, err);
		return;
	}
	str_copy(s->at, sizeof(s->at), address);
	queue_connected(s);
	if (s->way == WAY_SSH)
		byway_ssh(s, fd, kex_left(s, both), time_left(s, both));
	else
		begin_key_exchange(s, fd);
}

static void
on_turn(void *user)
{
	struct session *s = user;

	s->state = SESSION_CONNECT;
	s->began_ms = s->connecting_ms = loop_now_ms(s->place->loop);
	loop_timer_start(s->timer, queue_slow_ms(s));
	route_connect(s->route, connect_limit(s));
}

static void
on_found(void *user, const char *door)
{
	struct session *s = user;

	s->state = SESSION_QUEUED;
	queue_at(s, door, on_turn);
}

static void
on_seat(void *user)
{
	struct session *s = user;

	s->state = SESSION_RESOLVE;
	route_find(s->route);
}

static void
on_way_open(void *user)
{
	struct session *s = user;

	s->state = SESSION_QUEUED;
	queue_sit(s, on_seat);
}

static void on_way_lost(void *user, const struct err *err, bool was_up);

/* From here on again when a server was only busy. */
static void
take_way(struct session *s)
{
	struct route_spec spec = { .name = s->name,
		.conf = s->conf,
		.jump = s->jump,
		.proxy_command = s->proxy_command,
		.asker = s->as_jump,
		.ready = on_way_open,
		.found = on_found,
		.done = on_connected,
		.lost = on_way_lost,
		.user = s };
	struct err err;

	s->state = SESSION_JUMP;
	s->route = route_new(&s->place->route, &spec, &err);
	if (s->route) {
		route_begin(s->route);
		return;
	}
	s->way_lost = str_starts(err.text, "jump ");
	session_down(s, &err);
}

void
approach_on_timer(void *user)
{
	struct session *s = user;

	if (s->state == SESSION_QUEUED) {
		take_way(s);
		return;
	}
	queue_leave(s);
	if (s->listener.slow)
		s->listener.slow(s->user, s);
}

/* Without a key of ssh's own choice a password may do; one that the inventory names must be there. */
static bool
goes_keyless(struct session *s, const struct err *err)
{
	return !s->identity && err->kind == OUTCOME_REFUSED && proof_choose(s, false);
}

/* Where a password would do if there were one, the way to give it is told. */
static void
end_keyless(struct session *s, const struct err *err)
{
	bool typed = s->conf->password || s->conf->keyboard_interactive;

	if (!s->identity && typed && str_starts(err->text, "no key to log in with"))
		session_fail(s, err->kind, "%s; see --ask-password", err->text);
	else
		session_down(s, err);
}

static void
on_keys(void *user, const struct key *const *list, size_t n, const struct err *err)
{
	struct session *s = user;

	s->keys_ask = NULL;
	if (n == 0 && !goes_keyless(s, err)) {
		end_keyless(s, err);
		return;
	}
	if (n == 0)
		s->keyless = *err;
	s->key_count = n < SESSION_KEYS ? n : SESSION_KEYS;
	if (n)
		memcpy(s->keys, list, s->key_count * sizeof(s->keys[0]));
	take_way(s);
}

static void
get_keys(struct session *s)
{
	const struct sshconf_host *conf = s->conf;
	struct keys_want want = { .identity = s->identity,
		.files = conf->identity_files,
		.certificates = conf->certificate_files,
		.files_default = conf->identity_default,
		.identities_only = conf->identities_only,
		.agent = conf->identity_agent };

	if (!proof_choose(s, true))
		session_fail(s, OUTCOME_REFUSED, "%s", proof_lack(s));
	else if (!strstr(s->proofs, "publickey"))
		take_way(s);
	else
		s->keys_ask = keys_get(s->place->keys, &want, on_keys, s);
}

/* What the inventory, or else ssh_config, asks for that is not built: NULL when there is nothing. */
static const char *
not_built(const struct session *s)
{
	const struct sshconf_host *conf = s->conf;

	if (conf->remote_command && !s->listener.key)
		return "ssh_config sets RemoteCommand: ssh runs no other command then";
	if (conf->forbidden)
		return conf->forbidden;
	return NULL;
}

static void
on_conf(void *user, const struct sshconf_host *conf, const struct err *err)
{
	struct session *s = user;

	s->conf_ask = NULL;
	if (!conf) {
		session_down(s, err);
		return;
	}
	s->conf = conf;
	const char *missing = byway_choose(s);
	if (!missing)
		missing = not_built(s);
	if (missing) {
		session_fail(s, OUTCOME_REFUSED, "%s", missing);
		return;
	}
	if (s->listener.key || s->way == WAY_SSH)
		take_way(s);
	else
		get_keys(s);
}

void
approach_begin(struct session *s)
{
	struct sshconf_query q = {
		.host = s->name, .address = s->address, .user = s->login, .port = s->port
	};

	if (s->refused) {
		session_fail(s, OUTCOME_REFUSED, "%s", s->refused);
		return;
	}
	if (s->transport && str_eq(s->transport, "local")) {
		byway_here(s);
		return;
	}
	s->state = SESSION_CONFIG;
	s->conf_ask = sshconf_ask(s->place->sshconf, &q, on_conf, s);
}

void
approach_log_in(struct session *s)
{
	struct link *link = s->link;
	uint8_t ids[4 * SESSION_KEYS];
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
	message_number(&m, FIELD_TIMEOUT, (uint64_t)time_left(s, s->place->auth_ms));
	proof_choose(s, s->key_count > 0);
	if (s->proofs[0])
		message_text(&m, FIELD_PROOFS, s->proofs);
	if (agent >= 0)
		message_number(&m, FIELD_AGENT, 1);
	link_send(link, &m, agent);
}

void
approach_up(struct session *s)
{
	s->state = SESSION_UP;
	agentgate_free(take(s->agent));
	s->counters.logins += s->way != WAY_LOCAL;
	queue_through(s);
	if (s->listener.up)
		s->listener.up(s->user, s);
}

void
approach_anew(struct session *s)
{
	s->password_sent = false;
	try_again(s, 50);
}

/* Whoever was not up yet may go another time; nothing was done on the host. */
static void
on_way_lost(void *user, const struct err *err, bool was_up)
{
	struct session *s = user;

	if (was_up && s->state < SESSION_UP && s->tries++ < TRIES) {
		approach_anew(s);
		return;
	}
	s->way_lost = true;
	session_down(s, err);
}

/* The way has told what it knows of the end, if anything. */
static void
on_last_words(void *user, const char *words, bool failed)
{
	struct session *s = user;
	struct err err = s->why;

	if (s->early && !failed)
		queue_turned_away(s);
	if (s->early && !failed && s->tries++ < TRIES) {
		try_again(s, 200U << s->tries);
		return;
	}
	if (*words)
		err_set(&err, err.kind, "%s (%s)", words, s->why.text);
	str_copy(err.phase, sizeof(err.phase), s->why.phase);
	err.elapsed_ms = s->why.elapsed_ms;
	session_down(s, &err);
}

static void
went_down(struct session *s, const struct message *m)
{
	enum outcome kind = OUTCOME_UNREACHABLE;
	char text[400], more[300] = "";

	/* It would not wait while a person thought about its key: once more, now that it is known. */
	if (s->state == SESSION_AUTH && s->waited && !message_has(m, FIELD_PROOFS)) {
		s->waited = false;
		try_again(s, 50);
		return;
	}
	message_clean(m, FIELD_TEXT, text, sizeof(text));
	if (s->state == SESSION_KEX && byway_helps(s, text)) {
		try_again(s, 50);
		return;
	}
	if (outcome_parse(message_string(m, FIELD_KIND), &kind) && kind != OUTCOME_REFUSED)
		kind = OUTCOME_UNREACHABLE;
	if (s->state == SESSION_AUTH && message_has(m, FIELD_PROOFS))
		proof_explain(s, message_string(m, FIELD_PROOFS), more, sizeof(more));
	err_set(&s->why, kind, "%s%s", text, more);
	message_clean(m, FIELD_PHASE, s->why.phase, sizeof(s->why.phase));
	s->why.elapsed_ms = (int64_t)message_get(m, FIELD_ELAPSED);
	s->early = message_get(m, FIELD_EARLY) && s->state == SESSION_KEX;
	s->channel_place.settled = true;
	route_last_words(s->route, on_last_words, s);
}

void
approach_message(struct session *s, const struct message *m)
{
	if (m->type == MESSAGE_HOSTKEY && s->state == SESSION_KEX)
		verdict_judge(s, m);
	else if (m->type == MESSAGE_ASK && s->state == SESSION_AUTH)
		proof_asked(s, m);
	else if (m->type == MESSAGE_UP && s->state == SESSION_AUTH)
		approach_up(s);
	else if (m->type == MESSAGE_DOWN)
		went_down(s, m);
}
