#include "remote/keystore.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"
#include "remote/sshfiles.h"

#include <string.h>

#define THREADS  4
#define FRESH_MS 5000
#define ATTEMPTS 3

/* A certificate with the key that it is made for: of a file, or (NULL) of an agent. */
struct pair {
	struct pair *next;
	struct key key;
	const struct keystore_cert *cert;
	const struct keystore_file *file;
};

struct keystore {
	struct work *work;
	void (*changed)(void *user);
	void *user;
	struct keystore_file *files;
	struct keystore_cert *certs;
	struct pair *pairs;
};

/* What a thread reads, and what it found there. */
struct job {
	struct keystore *store;
	struct keystore_file *file; /* NULL: a certificate's */
	struct keystore_cert *cert;
	char *path, *secret;
	struct keyfile content;
	struct keycert certificate;
};

static void
job_free(void *data)
{
	struct job *j = data;

	keyfile_fini(&j->content);
	keycert_fini(&j->certificate);
	keyfile_wipe(j->secret, j->secret ? strlen(j->secret) : 0);
	free(j->path);
	free(j);
}

static void
job_run(void *data)
{
	struct job *j = data;

	if (j->file)
		keyfile_read(j->path, j->secret, &j->content);
	else
		keycert_read(j->path, &j->certificate);
}

static void
cert_done(struct job *j)
{
	struct keystore_cert *c = j->cert;

	c->loading = false;
	c->read_ms = clock_mono_ms();
	keycert_fini(&c->content);
	c->content = j->certificate;
	j->certificate = (struct keycert){ .blob = NULL };
}

static void
file_done(struct job *j)
{
	struct keystore_file *f = j->file;

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
		.private_len = f->content.private_len,
		.secret = f->content.secret };
}

static void
job_done(void *data, void *user)
{
	struct job *j = data;

	(void)user;
	if (j->file)
		file_done(j);
	else
		cert_done(j);
	j->store->changed(j->store->user);
	job_free(j);
}

static void
load(struct keystore *k, struct keystore_file *f, struct keystore_cert *c, const char *secret)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->store = k;
	j->file = f;
	j->cert = c;
	j->path = xstrdup(f ? f->path : c->path);
	j->secret = secret ? xstrdup(secret) : NULL;
	work_add(k->work,
	    &(struct work_job){ .run = job_run, .done = job_done, .drop = job_free, .data = j });
}

void
keystore_open(struct keystore *k, struct keystore_file *f, const char *secret)
{
	f->loading = true;
	load(k, f, NULL, secret);
}

/* What was not there, or of no use, may have been put right since. */
static bool
is_stale(const struct keystore_file *f)
{
	bool useless = f->content.state == KEYFILE_MISSING || f->content.state == KEYFILE_BAD;

	return !f->loading && useless && clock_mono_ms() - f->read_ms > FRESH_MS;
}

struct keystore_file *
keystore_file(struct keystore *k, const char *given)
{
	autofree char *path = sshfiles_tilde(given);
	struct keystore_file **slot = &k->files;

	while (*slot && !str_eq((*slot)->path, path))
		slot = &(*slot)->next;
	if (!*slot) {
		*slot = xcalloc(1, sizeof(**slot));
		(*slot)->path = take(path);
		keystore_open(k, *slot, NULL);
	} else if (is_stale(*slot)) {
		keystore_open(k, *slot, NULL);
	}
	return *slot;
}

/* As it is now; one that was not there may be there since. */
struct keystore_cert *
keystore_cert(struct keystore *k, const char *given)
{
	autofree char *path = sshfiles_tilde(given);
	struct keystore_cert **slot = &k->certs;

	while (*slot && !str_eq((*slot)->path, path))
		slot = &(*slot)->next;
	struct keystore_cert *c = *slot;
	if (!c) {
		c = *slot = xcalloc(1, sizeof(*c));
		c->path = take(path);
	} else if (c->loading || c->content.blob || clock_mono_ms() - c->read_ms <= FRESH_MS) {
		return c;
	}
	c->loading = true;
	load(k, NULL, c, NULL);
	return c;
}

const struct key *
keystore_pair(struct keystore *k, const struct keystore_cert *c, const struct keystore_file *f)
{
	struct pair *p = k->pairs;

	while (p && !(p->cert == c && p->file == f))
		p = p->next;
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->cert = c;
		p->file = f;
		p->next = k->pairs;
		k->pairs = p;
	}
	p->key = (struct key){ .path = c->path,
		.type = c->content.type,
		.blob = c->content.blob,
		.blob_len = c->content.blob_len,
		.plain = c->content.plain,
		.plain_len = c->content.plain_len,
		.by_plain = f == NULL };
	if (f) {
		p->key.private_text = f->key.private_text;
		p->key.private_len = f->key.private_len;
		p->key.secret = f->key.secret;
		p->key.certificate = c->content.text;
	}
	return &p->key;
}

struct keystore *
keystore_new(struct loop *loop, void (*changed)(void *user), void *user, struct err *err)
{
	struct keystore *k = xcalloc(1, sizeof(*k));

	k->work = work_new(loop, THREADS, err);
	k->changed = changed;
	k->user = user;
	return k;
}

static void
free_certs(struct keystore *k)
{
	while (k->certs) {
		struct keystore_cert *c = k->certs;

		k->certs = c->next;
		keycert_fini(&c->content);
		free(c->path);
		free(c);
	}
	while (k->pairs) {
		struct pair *p = k->pairs;

		k->pairs = p->next;
		free(p);
	}
}

void
keystore_free(struct keystore *k)
{
	if (!k)
		return;
	work_free(k->work);
	while (k->files) {
		struct keystore_file *f = k->files;

		k->files = f->next;
		keyfile_fini(&f->content);
		free(f->path);
		free(f);
	}
	free_certs(k);
	free(k);
}

struct keystore_file *
keystore_files(struct keystore *k)
{
	return k->files;
}
