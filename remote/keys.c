#include "remote/keys.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agent.h"
#include "remote/holder.h"
#include "remote/keystore.h"

#include <stdarg.h>
#include <string.h>

#define FILES_MAX 32
#define OFFER_MAX 6 /* sshd's MaxAuthTries: it ends the session at the next one */

struct keys {
	struct keys_config config;
	struct loop_timer *settle;
	struct keystore *store;
	struct holders *holders;
	struct keys_ask *asks, **asks_tail;
};

struct keys_ask {
	struct keys_ask *next, **prev;
	struct keys *of;
	struct keystore_file *file[FILES_MAX];
	size_t count;
	struct keystore_cert *cert[FILES_MAX];
	size_t cert_count;
	bool named;  /* somebody chose the files */
	bool strict; /* the inventory did: the file must be of use */
	bool more;   /* the agent's other keys may be offered too */
	bool explicit_certs;
	struct holder *holder;
	void (*done)(void *user, const struct key *const *list, size_t n, const struct err *err);
	void *user;
};

static bool
is_same(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return a && b && a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool
wants_agent(const struct keys_ask *a)
{
	bool wanted = a->more;

	for (size_t i = 0; i < a->count; i++) {
		enum keyfile_state state = a->file[i]->content.state;

		wanted = wanted || state == KEYFILE_LOCKED || state == KEYFILE_PUBLIC;
	}
	/* A certificate whose key is in no file here. */
	return (wanted || a->explicit_certs) && a->holder;
}

static void
wake(void *user)
{
	struct keys *k = user;

	loop_timer_start(k->settle, 0);
}

enum decision { WAIT, GIVE, REFUSE };

/* What is being decided. */
struct offer {
	const struct key *list[OFFER_MAX];
	size_t count;
	struct keystore_file *locked; /* the first that only a passphrase opens */
	struct err err;               /* the first thing that was wrong; kind OK: nothing was */
	char cert[300]; /* what was wrong with a certificate: its key may do without */
};

static void
offer_key(struct offer *o, const struct key *key)
{
	for (size_t i = 0; i < o->count; i++) {
		if (o->list[i]->blob_len == key->blob_len &&
		    memcmp(o->list[i]->blob, key->blob, key->blob_len) == 0)
			return;
	}
	if (o->count < OFFER_MAX)
		o->list[o->count++] = key;
}

__attribute__((format(printf, 3, 4))) static void
complain(struct offer *o, enum outcome kind, const char *fmt, ...)
{
	va_list ap;
	char text[300];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (o->err.kind == OUTCOME_OK)
		err_set(&o->err, kind, "%s", text);
}

/* "the agent does not hold it", with the reason if there is one. */
static const char *
agent_says(const struct keys_ask *a)
{
	if (!a->holder)
		return "there is no agent";
	const char *fault = holder_fault(a->holder);
	return fault ? fault : "the agent does not hold it";
}

static void
consider(const struct keys_ask *a, struct keystore_file *f, struct offer *o)
{
	switch (f->content.state) {
	case KEYFILE_READY:
		offer_key(o, &f->key);
		break;
	case KEYFILE_LOCKED:
		if (holder_find(a->holder, f->key.blob, f->key.blob_len))
			offer_key(o, &f->key);
		else if (!o->locked)
			o->locked = f;
		break;
	case KEYFILE_PUBLIC:
		if (holder_find(a->holder, f->key.blob, f->key.blob_len))
			offer_key(o, &f->key);
		else
			complain(o, OUTCOME_REFUSED, "%s: only the public key is here; %s", f->path,
			    agent_says(a));
		break;
	case KEYFILE_MISSING:
		if (a->named)
			complain(o, OUTCOME_INPUT, "%s: no such key file", f->path);
		break;
	case KEYFILE_BAD:
		complain(o, f->content.err.kind, "%s", f->content.err.text);
		break;
	}
}

/* A certificate is offered when its key can sign: from a file, or in the agent. */
static void
consider_cert(const struct keys_ask *a, const struct keystore_cert *c, struct offer *o)
{
	const struct keycert *kc = &c->content;
	const char *fault = kc->blob ? keycert_fault(kc, clock_wall_ms() / 1000) : NULL;

	if (fault)
		snprintf(o->cert, sizeof(o->cert), "%.200s: %s", c->path, fault);
	else if (kc->err.kind != OUTCOME_OK)
		str_copy(o->cert, sizeof(o->cert), kc->err.text);
	if (fault || !kc->blob)
		return;
	for (size_t i = 0; i < a->count; i++) {
		const struct keystore_file *f = a->file[i];

		if (f->content.state == KEYFILE_READY &&
		    is_same(f->key.blob, f->key.blob_len, kc->plain, kc->plain_len)) {
			offer_key(o, keystore_pair(a->of->store, c, f));
			return;
		}
	}
	const struct key *held = holder_find(a->holder, kc->blob, kc->blob_len);
	if (held)
		offer_key(o, held);
	else if (holder_find(a->holder, kc->plain, kc->plain_len))
		offer_key(o, keystore_pair(a->of->store, c, NULL));
}

/* Certificates that the agent holds for a key that was chosen. */
static void
consider_held(const struct keys_ask *a, const struct keystore_file *f, struct offer *o)
{
	for (const struct key *k = holder_next(a->holder, NULL); k; k = holder_next(a->holder, k)) {
		if (is_same(k->plain, k->plain_len, f->content.blob, f->content.blob_len))
			offer_key(o, k);
	}
}

/* An encrypted key nobody opened yet: ask, wait, or refuse by name. */
static enum decision
unlock(const struct keys_ask *a, struct keystore_file *f, struct offer *o)
{
	const struct keys_config *c = &a->of->config;

	if (c->ask_passphrase && !f->refused) {
		if (!f->asked) {
			f->asked = true;
			f->id = c->ask_passphrase(c->user, f->path, f->attempts > 0);
		}
		return WAIT;
	}
	o->err.kind = OUTCOME_OK; /* this is what would have helped */
	if (c->ask_passphrase)
		complain(
		    o, OUTCOME_REFUSED, "%s: encrypted, and the passphrase was not given", f->path);
	else
		complain(o, OUTCOME_REFUSED, "%s: encrypted, nobody to ask, and %s", f->path,
		    agent_says(a));
	return REFUSE;
}

/* A key that somebody chose is worth a question; without one to answer it is skipped, as ssh does,
 * where another key may do. */
static bool
wants_unlocked(const struct keys_ask *a, const struct offer *o)
{
	bool answerable = a->of->config.ask_passphrase && !o->locked->refused;

	return o->count == 0 || a->strict || (a->named && answerable);
}

static const char *
why_none(const struct keys_ask *a)
{
	if (a->named)
		return "ssh_config names no identity file";
	if (!a->more || !a->holder)
		return "ssh's usual files are not there, and no agent is used";
	const char *fault = holder_fault(a->holder);
	return fault ? fault : "ssh's usual files are not there, and the agent holds none";
}

static enum decision
decide(const struct keys_ask *a, struct offer *o)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->file[i]->loading)
			return WAIT;
	}
	for (size_t i = 0; i < a->cert_count; i++) {
		if (a->cert[i]->loading)
			return WAIT;
	}
	if (wants_agent(a) && !holder_is_listed(a->holder))
		return WAIT;
	for (size_t i = 0; i < a->cert_count; i++)
		consider_cert(a, a->cert[i], o);
	for (size_t i = 0; i < a->count; i++)
		consider_held(a, a->file[i], o);
	for (size_t i = 0; i < a->count; i++)
		consider(a, a->file[i], o);
	const struct key *held = a->more ? holder_next(a->holder, NULL) : NULL;
	for (; held; held = holder_next(a->holder, held))
		offer_key(o, held);
	if (a->strict && o->err.kind != OUTCOME_OK)
		return REFUSE;
	if (o->locked && wants_unlocked(a, o))
		return unlock(a, o->locked, o);
	if (o->count > 0)
		return GIVE;
	complain(o, OUTCOME_REFUSED, "no key to log in with: %s", *o->cert ? o->cert : why_none(a));
	return REFUSE;
}

static void
ask_free(struct keys_ask *a)
{
	*a->prev = a->next;
	if (a->next)
		a->next->prev = a->prev;
	else
		a->of->asks_tail = a->prev;
	free(a);
}

/* Answer every question that can be answered now. A callback may take others back: start over. */
static void
on_settle(void *user)
{
	struct keys *k = user;

	for (struct keys_ask *a = k->asks; a;) {
		struct offer o = { .count = 0 };
		enum decision d = decide(a, &o);
		struct keys_ask told = *a;

		if (d == WAIT) {
			a = a->next;
			continue;
		}
		ask_free(a);
		if (d == GIVE)
			told.done(told.user, o.list, o.count, NULL);
		else
			told.done(told.user, NULL, 0, &o.err);
		a = k->asks;
	}
}

struct keys *
keys_new(const struct keys_config *config, struct err *err)
{
	struct keys *k = xcalloc(1, sizeof(*k));

	k->config = *config;
	k->store = keystore_new(config->loop, wake, k, err);
	k->settle = loop_timer_new(config->loop, on_settle, k);
	k->holders = holders_new(config->loop, config->agent_ms, wake, k);
	k->asks_tail = &k->asks;
	return k;
}

void
keys_free(struct keys *k)
{
	if (!k)
		return;
	keystore_free(k->store);
	while (k->asks)
		ask_free(k->asks);
	holders_free(k->holders);
	loop_timer_free(k->settle);
	free(k);
}

void
keys_passphrase(struct keys *k, const char *path, const char *secret)
{
	struct keystore_file *f = keystore_files(k->store);

	while (f && !str_eq(f->path, path))
		f = f->next;
	if (!f || !f->asked)
		return;
	f->asked = false;
	if (secret)
		keystore_open(k->store, f, secret);
	else
		f->refused = true;
	wake(k);
}

/* Those that somebody chose first; then what lies beside each key. */
static void
add_certs(struct keys_ask *a, const struct keys_want *w)
{
	const char *const *list = w->identity ? NULL : w->certificates;

	for (; list && *list && a->cert_count < FILES_MAX; list++)
		a->cert[a->cert_count++] = keystore_cert(a->of->store, *list);
	a->explicit_certs = a->cert_count > 0;
	for (size_t i = 0; i < a->count && a->cert_count < FILES_MAX; i++) {
		autofree char *path = xasprintf("%s-cert.pub", a->file[i]->path);

		a->cert[a->cert_count++] = keystore_cert(a->of->store, path);
	}
}

struct keys_ask *
keys_get(struct keys *k, const struct keys_want *w,
    void (*done)(void *user, const struct key *const *list, size_t n, const struct err *err),
    void *user)
{
	struct keys_ask *a = xcalloc(1, sizeof(*a));

	a->of = k;
	a->done = done;
	a->user = user;
	a->strict = w->identity != NULL;
	a->named = a->strict || !w->files_default;
	a->more = !a->named && !w->identities_only;
	a->holder = holders_of(k->holders, agent_path(w->agent));
	if (w->identity)
		a->file[a->count++] = keystore_file(k->store, w->identity);
	for (const char *const *f = w->files; !w->identity && f && *f && a->count < FILES_MAX; f++)
		a->file[a->count++] = keystore_file(k->store, *f);
	add_certs(a, w);
	a->prev = k->asks_tail;
	*k->asks_tail = a;
	k->asks_tail = &a->next;
	wake(k);
	return a;
}

void
keys_ask_anew(struct keys *k)
{
	for (struct keystore_file *f = keystore_files(k->store); f; f = f->next) {
		f->refused = false;
		f->attempts = 0;
	}
}

static bool
is_waited_for(const struct keys *k, const struct keystore_file *f)
{
	for (const struct keys_ask *a = k->asks; a; a = a->next) {
		for (size_t i = 0; i < a->count; i++) {
			if (a->file[i] == f)
				return true;
		}
	}
	return false;
}

void
keys_cancel(struct keys_ask *a)
{
	if (!a)
		return;
	struct keys *k = a->of;
	ask_free(a);
	for (struct keystore_file *f = keystore_files(k->store); f && k->config.unask;
	     f = f->next) {
		if (f->asked && !is_waited_for(k, f)) {
			f->asked = false;
			k->config.unask(k->config.user, f->id);
		}
	}
}
