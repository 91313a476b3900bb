#include "remote/keys.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"
#include "remote/agent.h"
#include "remote/keyfile.h"
#include "remote/sshfiles.h"

#include <stdarg.h>
#include <string.h>

#define THREADS   4
#define FILES_MAX 32
#define OFFER_MAX 6 /* sshd's MaxAuthTries: it ends the session at the next one */
#define FRESH_MS  5000
#define ATTEMPTS  3

/* One identity file, for all hosts. */
struct file {
	struct file *next;
	struct key key; /* given out */
	char *path;
	struct keyfile content;
	bool loading;
	bool asked;   /* the passphrase was asked for and has not come */
	bool refused; /* it will not come */
	int attempts;
	int64_t read_ms;
};

/* A key that an agent held once. It may have been given out: it stays. */
struct held {
	struct held *next;
	struct key key;
	char *path, *type;
	uint8_t *blob;
	bool now;
};

/* One agent, and what it held when it was asked. */
struct holder {
	struct holder *next;
	struct keys *of;
	char *path;
	struct agent *asking;
	struct held *held, **held_tail;
	int64_t asked_ms; /* 0: never */
	struct err err;   /* why it was of no use; kind OK: it was */
};

struct keys {
	struct keys_config config;
	struct work *work;
	struct loop_timer *settle;
	struct file *files;
	struct holder *holders;
	struct keys_ask *asks, **asks_tail;
};

struct keys_ask {
	struct keys_ask *next, **prev;
	struct keys *of;
	struct file *file[FILES_MAX];
	size_t count;
	bool named;  /* somebody chose the files */
	bool strict; /* the inventory did: the file must be of use */
	bool more;   /* the agent's other keys may be offered too */
	struct holder *holder;
	void (*done)(void *user, const struct key *const *list, size_t n, const struct err *err);
	void *user;
};

/* What a thread reads, and what it found there. */
struct job {
	struct keys *keys;
	struct file *file;
	char *path, *secret;
	struct keyfile content;
};

static void
job_free(void *data)
{
	struct job *j = data;

	keyfile_fini(&j->content);
	keyfile_wipe(j->secret, j->secret ? strlen(j->secret) : 0);
	free(j->path);
	free(j);
}

static void
job_run(void *data)
{
	struct job *j = data;

	keyfile_read(j->path, j->secret, &j->content);
}

static void
wake(struct keys *k)
{
	loop_timer_start(k->settle, 0);
}

static void
job_done(void *data, void *user)
{
	struct job *j = data;
	struct file *f = j->file;

	(void)user;
	f->loading = false;
	f->read_ms = clock_mono_ms();
	keyfile_fini(&f->content);
	f->content = j->content;
	j->content = (struct keyfile){ .state = KEYFILE_MISSING };
	if (f->content.state == KEYFILE_LOCKED && j->secret && ++f->attempts >= ATTEMPTS)
		f->refused = true;
	f->key = (struct key){ .path = f->path,
		.type = f->content.type,
		.blob = f->content.blob,
		.blob_len = f->content.blob_len,
		.private_text = f->content.private_text,
		.private_len = f->content.private_len };
	wake(j->keys);
	job_free(j);
}

static void
load(struct keys *k, struct file *f, const char *secret)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->keys = k;
	j->file = f;
	j->path = xstrdup(f->path);
	j->secret = secret ? xstrdup(secret) : NULL;
	f->loading = true;
	work_add(k->work,
	    &(struct work_job){ .run = job_run, .done = job_done, .drop = job_free, .data = j });
}

/* What was not there, or of no use, may have been put right since. */
static bool
is_stale(const struct file *f)
{
	bool useless = f->content.state == KEYFILE_MISSING || f->content.state == KEYFILE_BAD;

	return !f->loading && useless && clock_mono_ms() - f->read_ms > FRESH_MS;
}

static struct file *
file_of(struct keys *k, const char *given)
{
	autofree char *path = sshfiles_tilde(given);
	struct file **slot = &k->files;

	while (*slot && !str_eq((*slot)->path, path))
		slot = &(*slot)->next;
	if (!*slot) {
		*slot = xcalloc(1, sizeof(**slot));
		(*slot)->path = take(path);
		load(k, *slot, NULL);
	} else if (is_stale(*slot)) {
		load(k, *slot, NULL);
	}
	return *slot;
}

static struct held *
held_find(const struct holder *h, const uint8_t *blob, size_t len)
{
	struct held *found = h->held;

	while (found && !(found->key.blob_len == len && memcmp(found->blob, blob, len) == 0))
		found = found->next;
	return found;
}

static void
held_add(struct holder *h, const struct agent_identity *id)
{
	struct held *held = xcalloc(1, sizeof(*held));
	size_t n = id->len >= 4 ? (size_t)id->blob[2] << 8 | id->blob[3] : 0;

	held->path = xasprintf("agent: %.200s", id->comment);
	held->type = n && n <= id->len - 4 ? xmemdup0(id->blob + 4, n) : xstrdup("?");
	held->blob = (uint8_t *)xmemdup0(id->blob, id->len);
	held->now = true;
	held->key = (struct key){
		.path = held->path, .type = held->type, .blob = held->blob, .blob_len = id->len
	};
	*h->held_tail = held;
	h->held_tail = &held->next;
}

static void
on_listed(void *user, const struct agent_identity *list, size_t n, const struct err *err)
{
	struct holder *h = user;

	h->asking = NULL;
	h->asked_ms = clock_mono_ms();
	h->err = err ? *err : (struct err){ .kind = OUTCOME_OK };
	for (struct held *held = h->held; held; held = held->next)
		held->now = false;
	for (size_t i = 0; i < n; i++) {
		struct held *known = held_find(h, list[i].blob, list[i].len);

		if (known)
			known->now = true;
		else
			held_add(h, &list[i]);
	}
	wake(h->of);
}

static struct holder *
holder_of(struct keys *k, const char *path)
{
	struct holder **slot = &k->holders;

	if (!path)
		return NULL;
	while (*slot && !str_eq((*slot)->path, path))
		slot = &(*slot)->next;
	if (!*slot) {
		*slot = xcalloc(1, sizeof(**slot));
		(*slot)->of = k;
		(*slot)->path = xstrdup(path);
		(*slot)->held_tail = &(*slot)->held;
	}
	return *slot;
}

/* True when what the agent holds is known; asks it when it is not. */
static bool
is_listed(struct holder *h)
{
	struct keys *k = h->of;

	if (h->asking)
		return false;
	if (h->asked_ms && clock_mono_ms() - h->asked_ms <= FRESH_MS)
		return true;
	h->asking = agent_list(&(struct agent_spec){ .loop = k->config.loop,
	    .path = h->path,
	    .timeout_ms = k->config.agent_ms,
	    .listed = on_listed,
	    .user = h });
	return false;
}

static bool
holds(const struct holder *h, const struct keyfile *c)
{
	const struct held *held = h && c->blob ? held_find(h, c->blob, c->blob_len) : NULL;

	return held && held->now;
}

static bool
wants_agent(const struct keys_ask *a)
{
	bool wanted = a->more;

	for (size_t i = 0; i < a->count; i++) {
		enum keyfile_state state = a->file[i]->content.state;

		wanted = wanted || state == KEYFILE_LOCKED || state == KEYFILE_PUBLIC;
	}
	return wanted && a->holder;
}

enum decision { WAIT, GIVE, REFUSE };

/* What is being decided. */
struct offer {
	const struct key *list[OFFER_MAX];
	size_t count;
	struct file *locked; /* the first that only a passphrase opens */
	struct err err;      /* the first thing that was wrong; kind OK: nothing was */
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
	return a->holder->err.kind != OUTCOME_OK ? a->holder->err.text
						 : "the agent does not hold it";
}

static void
consider(const struct keys_ask *a, struct file *f, struct offer *o)
{
	switch (f->content.state) {
	case KEYFILE_READY:
		offer_key(o, &f->key);
		break;
	case KEYFILE_LOCKED:
		if (holds(a->holder, &f->content))
			offer_key(o, &f->key);
		else if (!o->locked)
			o->locked = f;
		break;
	case KEYFILE_PUBLIC:
		if (holds(a->holder, &f->content))
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

/* An encrypted key nobody opened yet: ask, wait, or refuse by name. */
static enum decision
unlock(const struct keys_ask *a, struct file *f, struct offer *o)
{
	const struct keys_config *c = &a->of->config;

	if (c->ask_passphrase && !f->refused) {
		if (!f->asked) {
			f->asked = true;
			c->ask_passphrase(c->user, f->path);
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
	return a->holder->err.kind != OUTCOME_OK
		   ? a->holder->err.text
		   : "ssh's usual files are not there, and the agent holds none";
}

static enum decision
decide(const struct keys_ask *a, struct offer *o)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->file[i]->loading)
			return WAIT;
	}
	if (wants_agent(a) && !is_listed(a->holder))
		return WAIT;
	for (size_t i = 0; i < a->count; i++)
		consider(a, a->file[i], o);
	for (const struct held *h = a->more && a->holder ? a->holder->held : NULL; h; h = h->next) {
		if (h->now)
			offer_key(o, &h->key);
	}
	if (a->strict && o->err.kind != OUTCOME_OK)
		return REFUSE;
	if (o->locked && wants_unlocked(a, o))
		return unlock(a, o->locked, o);
	if (o->count > 0)
		return GIVE;
	complain(o, OUTCOME_REFUSED, "no key to log in with: %s", why_none(a));
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
	k->work = work_new(config->loop, THREADS, err);
	k->settle = loop_timer_new(config->loop, on_settle, k);
	k->asks_tail = &k->asks;
	return k;
}

static void
holder_free(struct holder *h)
{
	agent_cancel(h->asking);
	while (h->held) {
		struct held *held = h->held;

		h->held = held->next;
		free(held->path);
		free(held->type);
		free(held->blob);
		free(held);
	}
	free(h->path);
	free(h);
}

void
keys_free(struct keys *k)
{
	if (!k)
		return;
	work_free(k->work);
	while (k->asks)
		ask_free(k->asks);
	while (k->files) {
		struct file *f = k->files;

		k->files = f->next;
		keyfile_fini(&f->content);
		free(f->path);
		free(f);
	}
	while (k->holders) {
		struct holder *h = k->holders;

		k->holders = h->next;
		holder_free(h);
	}
	loop_timer_free(k->settle);
	free(k);
}

void
keys_passphrase(struct keys *k, const char *path, const char *secret)
{
	struct file *f = k->files;

	while (f && !str_eq(f->path, path))
		f = f->next;
	if (!f || !f->asked)
		return;
	f->asked = false;
	if (secret)
		load(k, f, secret);
	else
		f->refused = true;
	wake(k);
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
	a->holder = holder_of(k, agent_path(w->agent));
	if (w->identity)
		a->file[a->count++] = file_of(k, w->identity);
	for (const char *const *f = w->files; !w->identity && f && *f && a->count < FILES_MAX; f++)
		a->file[a->count++] = file_of(k, *f);
	a->prev = k->asks_tail;
	*k->asks_tail = a;
	k->asks_tail = &a->next;
	wake(k);
	return a;
}

void
keys_cancel(struct keys_ask *a)
{
	if (a)
		ask_free(a);
}
