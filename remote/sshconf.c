#include "remote/sshconf.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshcache.h"
#include "remote/sshfiles.h"
#include "remote/sshnotes.h"
#include "remote/sshrun.h"
#include "remote/sshscan.h"
#include "remote/sshshare.h"

#include <pwd.h>
#include <string.h>
#include <sys/socket.h>

#define CHILDREN   8
#define TIMEOUT_MS 10000

struct sshconf {
	struct sshconf_config config;
	char *file, *dir, *ssh;
	struct loop_timer *ready_timer;
	struct arena *arena;
	struct sshfiles files;
	struct sshcache *cache; /* NULL: not prepared yet */
	struct sshshare *share; /* NULL: each is asked about alone */
	struct sshconf_ask *ready, *waiting, *running;
	struct sshconf_ask *parked; /* until ssh has said something of one like them */
	struct sshconf_ask **ready_tail, **waiting_tail, **parked_tail;
	int children;
	struct sshnotes *notes;
	bool learning; /* what ssh does by itself is not known yet: no host is asked about before */
	unsigned spawned;
};

struct sshconf_ask {
	struct sshconf_ask *next, **prev;
	struct sshconf *of;
	char *host, *key;
	const char *address, *user; /* in the arena */
	int port;
	struct sshshare_group *group; /* of hosts that are alike; or NULL */
	bool leads;                   /* it is asked about for all of its group */
	struct child *child;
	struct err err; /* kind set: the question cannot be asked */
	bool usual;     /* not a host's: what ssh does with an empty configuration */
	bool bare;      /* without any configuration file */
	void (*done)(void *user, const struct sshconf_host *h, const struct err *err);
	void (*shown)(void *user, const char *lines, const struct err *err); /* instead of done */
	void *done_user;
};

static const char usual_key[] = "usual";

static void pump(struct sshconf *s);

static void
ask_unlink(struct sshconf_ask *a)
{
	struct sshconf *s = a->of;

	*a->prev = a->next;
	if (a->next)
		a->next->prev = a->prev;
	else if (s->ready_tail == &a->next)
		s->ready_tail = a->prev;
	else if (s->waiting_tail == &a->next)
		s->waiting_tail = a->prev;
	else if (s->parked_tail == &a->next)
		s->parked_tail = a->prev;
}

static void
ask_append(struct sshconf_ask *a, struct sshconf_ask ***tail)
{
	a->next = NULL;
	a->prev = *tail;
	**tail = a;
	*tail = &a->next;
}

static void
ask_free(struct sshconf_ask *a)
{
	free(a->host);
	free(a->key);
	free(a);
}

static void
end_ask(struct sshconf_ask *a, const struct sshconf_host *h, const struct err *err)
{
	struct sshconf_ask told = *a;
	struct err kept = { 0 };

	if (!h && err)
		kept = *err;
	ask_free(a);
	if (told.done)
		told.done(told.done_user, h, h ? NULL : &kept);
	else if (told.shown)
		told.shown(told.done_user, NULL, &kept);
}

/* Without ssh -G: what the inventory says is all there is. */
static const struct sshconf_host *
plain_host(const struct sshconf_ask *a)
{
	static const char *const nothing[] = { NULL };
	struct sshconf_host *h = arena_alloc(a->of->arena, sizeof(*h));
	const struct passwd *pw = getpwuid(getuid());

	h->hostname = arena_strdup(a->of->arena, a->address ? a->address : a->host);
	h->user = arena_strdup(a->of->arena, a->user ? a->user : pw ? pw->pw_name : "");
	h->port = a->port ? a->port : 22;
	h->family = AF_UNSPEC;
	h->identity_files = h->certificate_files = h->set_env = h->send_env = h->unused = nothing;
	h->connection_attempts = 1;
	h->pubkey = h->password = h->keyboard_interactive = true;
	h->password_prompts = 3;
	h->server_alive_count = 3;
	h->identity_default = true;
	h->known_hosts = nothing;
	return h;
}

static void
answer(struct sshconf_ask *a, const char *lines)
{
	struct sshconf *s = a->of;
	const char *usual = sshcache_find(s->cache, usual_key);
	struct err err = { 0 };
	const struct sshconf_host *h =
	    sshanswer_read(s->arena, a->host, lines, usual ? usual : "", &err);

	if (h)
		sshnotes_tell(s->notes, a->host, h);
	end_ask(a, h, &err);
}

static void
on_ready(void *user)
{
	struct sshconf *s = user;

	while (s->ready) {
		struct sshconf_ask *a = s->ready;

		ask_unlink(a);
		if (a->err.kind)
			end_ask(a, NULL, &a->err);
		else if (s->config.off)
			end_ask(a, plain_host(a), NULL);
		else
			answer(a, sshcache_find(s->cache, a->key));
	}
	pump(s);
}

static struct sshconf_query
query_of(const struct sshconf_ask *a)
{
	return (struct sshconf_query){
		.host = a->host, .address = a->address, .user = a->user, .port = a->port
	};
}

/* What came of the one that was asked about for its group; then the others go on. */
static void
tell_group(struct sshconf_ask *a, const char *lines, bool again)
{
	struct sshconf *s = a->of;

	if (!a->leads)
		return;
	a->leads = false;
	sshshare_learn(s->share, a->group, lines, again);
	while (s->parked) {
		struct sshconf_ask *p = s->parked;

		ask_unlink(p);
		ask_append(p, &s->waiting_tail);
	}
}

/* True when it need not be asked about now: it waits for another, or is answered. */
static bool
is_spared(struct sshconf_ask *a)
{
	struct sshconf *s = a->of;
	struct sshconf_query q = query_of(a);
	autobuf lines = BUF_INIT(SSHRUN_MAX);

	if (!a->group)
		return false;
	switch (sshshare_state(a->group)) {
	case SSHSHARE_NEW:
		sshshare_ask(a->group, &q);
		a->leads = true;
		return false;
	case SSHSHARE_ASKED:
		ask_append(a, &s->parked_tail);
		return true;
	case SSHSHARE_KNOWN:
		if (!sshshare_answer(a->group, &q, &lines))
			return false;
		sshcache_add(s->cache, a->key, buf_text(&lines));
		ask_append(a, &s->ready_tail);
		loop_timer_start(s->ready_timer, 0);
		return true;
	case SSHSHARE_USELESS:
		break;
	}
	return false;
}

static void
end_show(struct sshconf_ask *a, const char *lines)
{
	struct sshconf_ask told = *a;

	pump(a->of);
	ask_free(a);
	told.shown(told.done_user, lines, NULL);
}

static void
on_child(void *user, const struct child_result *r)
{
	struct sshconf_ask *a = user;
	struct sshconf *s = a->of;
	struct err err;

	a->child = NULL;
	s->children--;
	s->learning = s->learning && !a->usual;
	ask_unlink(a);
	if (r->status != 0 || r->timed_out) {
		sshrun_failure(r, &err);
		tell_group(a, NULL, false);
		pump(s);
		end_ask(a, NULL, &err);
		return;
	}
	if (a->shown) {
		end_show(a, buf_text(r->out));
		return;
	}
	autobuf lines = BUF_INIT(SSHRUN_MAX);
	const char *usual = a->usual ? NULL : sshcache_find(s->cache, usual_key);
	sshanswer_pick(buf_text(r->out), usual ? usual : "", &lines);
	if (a->usual || s->files.cacheable)
		sshcache_add(s->cache, a->key, buf_text(&lines));
	tell_group(a, buf_text(&lines), false);
	pump(s);
	if (a->usual)
		end_ask(a, NULL, &err);
	else
		answer(a, buf_text(&lines));
}

static struct child *
spawn(struct sshconf_ask *a, struct err *err)
{
	struct sshconf *s = a->of;
	struct sshconf_query q = query_of(a);

	s->spawned++;
	return sshrun_start(
	    &(struct sshrun){ .loop = s->config.loop,
		.ssh = s->ssh,
		.file = s->file,
		.bare = a->bare,
		.shown = a->shown != NULL,
		.timeout_ms = s->config.timeout_ms ? s->config.timeout_ms : TIMEOUT_MS,
		.done = on_child,
		.user = a },
	    &q, err);
}

static void
ask_run(struct sshconf_ask *a)
{
	struct sshconf *s = a->of;

	a->next = s->running;
	a->prev = &s->running;
	if (a->next)
		a->next->prev = &a->next;
	s->running = a;
	s->children++;
}

static void
pump(struct sshconf *s)
{
	while (s->waiting && s->children < (s->learning ? 1 : CHILDREN)) {
		struct sshconf_ask *a = s->waiting;

		ask_unlink(a);
		if (is_spared(a))
			continue;
		ask_run(a);
		a->child = spawn(a, &a->err);
		if (a->child)
			continue;
		tell_group(a, NULL, false);
		s->children--;
		s->learning = s->learning && !a->usual;
		ask_unlink(a);
		ask_append(a, &s->ready_tail);
		loop_timer_start(s->ready_timer, 0);
	}
}

static struct sshconf_ask *
ask_new(struct sshconf *s, const char *host, const char *key)
{
	struct sshconf_ask *a = xcalloc(1, sizeof(*a));

	a->of = s;
	a->host = xstrdup(host);
	a->key = xstrdup(key);
	return a;
}

/* Before the first question: the state of the files, what the cache knows of it, and what ssh does
 * by itself, to tell the user's algorithms from its own. */
static void
prepare(struct sshconf *s)
{
	if (s->cache)
		return;
	s->share = sshshare_new(sshscan_new(s->file, s->ssh, &s->files));
	s->cache = sshcache_load(s->dir, s->file ? s->file : "", s->files.stamp);
	if (!sshcache_find(s->cache, usual_key)) {
		struct sshconf_ask *a = ask_new(s, "usual", usual_key);

		a->usual = a->bare = s->learning = true;
		ask_append(a, &s->waiting_tail);
	}
}

struct sshconf *
sshconf_new(const struct sshconf_config *config, struct err *err)
{
	struct sshconf *s = xcalloc(1, sizeof(*s));
	autofree char *cache = file_cache_dir();

	(void)err;
	s->config = *config;
	s->file = config->file ? sshfiles_tilde(config->file) : NULL;
	s->ssh = xstrdup(config->ssh ? config->ssh : "ssh");
	s->dir = config->cache_dir ? xstrdup(config->cache_dir) : file_join(cache, "sshconf");
	s->arena = arena_new();
	s->notes = sshnotes_new(config->note, config->note_user);
	s->ready_tail = &s->ready;
	s->waiting_tail = &s->waiting;
	s->parked_tail = &s->parked;
	s->ready_timer = loop_timer_new(config->loop, on_ready, s);
	return s;
}

void
sshconf_free(struct sshconf *s)
{
	struct err err;

	if (!s)
		return;
	sshconf_save(s, &err); /* a cache that is not there costs time, nothing else */
	while (s->ready)
		sshconf_cancel(s->ready);
	while (s->parked)
		sshconf_cancel(s->parked);
	while (s->waiting)
		sshconf_cancel(s->waiting);
	while (s->running)
		sshconf_cancel(s->running);
	sshcache_free(s->cache);
	sshshare_free(s->share);
	sshnotes_free(s->notes);
	loop_timer_free(s->ready_timer);
	arena_free(s->arena);
	free(s->file);
	free(s->dir);
	free(s->ssh);
	free(s);
}

void
sshconf_refresh(struct sshconf *s)
{
	struct sshfiles now;
	struct err err;

	if (!s->cache)
		return;
	sshfiles_read(s->file, s->ssh, &now);
	if (str_eq(now.stamp, s->files.stamp) || s->ready || s->waiting || s->running || s->parked)
		return;
	sshconf_save(s, &err);
	sshcache_free(take(s->cache));
	sshshare_free(take(s->share));
}

static const char *
part(const char *s)
{
	return s && *s ? s : "-";
}

static struct sshconf_ask *
ask_for(struct sshconf *s, const struct sshconf_query *q, const char *key)
{
	struct sshconf_ask *a = ask_new(s, q->host, key);

	a->port = q->port;
	a->address = q->address ? arena_strdup(s->arena, q->address) : NULL;
	a->user = q->user ? arena_strdup(s->arena, q->user) : NULL;
	if (!sshrun_may_ask(q))
		err_set(&a->err, OUTCOME_INPUT, "not a host, address or user name for ssh");
	loop_timer_start(s->ready_timer, 0);
	return a;
}

struct sshconf_ask *
sshconf_ask(struct sshconf *s, const struct sshconf_query *q,
    void (*done)(void *user, const struct sshconf_host *h, const struct err *err), void *user)
{
	autofree char *key =
	    xasprintf("%s %s %s %d", q->host, part(q->address), part(q->user), q->port);
	struct sshconf_ask *a = ask_for(s, q, key);

	a->done = done;
	a->done_user = user;
	if (!a->err.kind && !s->config.off) {
		prepare(s);
		a->group = s->config.alone ? NULL : sshshare_find(s->share, q);
	}
	if (a->err.kind || s->config.off || sshcache_find(s->cache, a->key))
		ask_append(a, &s->ready_tail);
	else
		ask_append(a, &s->waiting_tail);
	return a;
}

struct sshconf_ask *
sshconf_show(struct sshconf *s, const struct sshconf_query *q, bool bare,
    void (*done)(void *user, const char *lines, const struct err *err), void *user)
{
	struct sshconf_ask *a = ask_for(s, q, "");

	a->shown = done;
	a->done_user = user;
	a->bare = bare;
	ask_append(a, a->err.kind ? &s->ready_tail : &s->waiting_tail);
	return a;
}

void
sshconf_cancel(struct sshconf_ask *a)
{
	if (!a)
		return;
	struct sshconf *s = a->of;
	ask_unlink(a);
	tell_group(a, NULL, true);
	if (a->child) {
		child_cancel(a->child);
		s->children--;
		loop_timer_start(s->ready_timer, 0); /* its place is free */
	}
	ask_free(a);
}

int
sshconf_save(struct sshconf *s, struct err *err)
{
	if (!s->cache || !sshcache_changed(s->cache))
		return 0;
	if (file_mkdirs(s->dir, err) < 0 || sshcache_save(s->cache, err) < 0) {
		err->kind = OUTCOME_STORAGE;
		return -1;
	}
	return 0;
}

unsigned
sshconf_spawned(const struct sshconf *s)
{
	return s->spawned;
}
