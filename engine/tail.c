#include "engine/tail.h"

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/probe.h"

#include <string.h>

#define HEAD_MAX   8192 /* what a login may say before the program does */
#define ERRORS_MAX 1024
#define AGAIN_MS   500 /* at first; twice as long each time it fails */
#define AGAIN_MAX  15000
#define TRIES      5   /* to read on what has an end */
#define LEASH_END  124 /* of timeout(1): its time was over */

/* Lives as long as its errand, which may be longer than its tail. */
struct source {
	struct herd_job job;
	struct tail *tail; /* NULL: nobody listens any more */
	size_t index;
	struct herd_host *host;
	struct errand *errand;
	struct loop_timer *again;
	enum tail_state state;
	struct err err;
	int64_t since_ms, wait_ms;
	char nonce[PROBE_NONCE];
	struct buf head, errors; /* before the nonce; standard error */
	bool begun, broken, waiting, paused;
	unsigned tries; /* in vain, since it was live */
	int status;
	struct journal journal;
	char cursor[2048];
	int64_t begun_s; /* by the host's clock: when it was first read */
	uint64_t entries, cut;
	unsigned losses;
};

struct tail {
	struct tail_spec spec;
	char *name, *user, *since, *until, *boot, *grep;
	struct source **sources;
	bool paused;
};

static void go(struct source *s);

static struct loop *
loop_of(const struct source *s)
{
	return herd_loop(herd_host_herd(s->host));
}

static void
set_state(struct source *s, enum tail_state state, const struct err *err)
{
	s->err = err ? *err : (struct err){ 0 };
	if (s->state != state) {
		s->since_ms = loop_now_ms(loop_of(s));
		s->losses += state == TAIL_LOST;
	}
	s->state = state;
	s->tail->spec.changed(s->tail->spec.user, s->index);
}

static void
drop(struct herd_job *job)
{
	struct source *s = container_of(job, struct source, job);

	loop_timer_free(s->again);
	buf_fini(&s->head);
	buf_fini(&s->errors);
	journal_fini(&s->journal);
	if (s->tail)
		s->tail->sources[s->index] = NULL;
	free(s);
}

static void
on_entry(void *user, const struct journal_entry *e)
{
	struct source *s = user;

	s->entries++;
	s->cut += e->cut > 0;
	if (e->cursor.p && e->cursor.n < sizeof(s->cursor)) {
		memcpy(s->cursor, e->cursor.p, e->cursor.n);
		s->cursor[e->cursor.n] = '\0';
	}
	s->tail->spec.entry(s->tail->spec.user, s->index, e);
}

/* "\nNONCE journal TIME\n", after whatever the login said: how many bytes of p belong to it. */
static size_t
take_head(struct source *s, const char *p, size_t n)
{
	autofree char *mark = xasprintf("\n%s journal ", s->nonce);
	size_t before = s->head.len;
	const char *at, *end;

	buf_add(&s->head, p, n);
	at = memmem(buf_text(&s->head), s->head.len, mark, strlen(mark));
	end = at ? memchr(at + 1, '\n', (size_t)(s->head.data + s->head.len - at) - 1) : NULL;
	if (!end) {
		if (s->head.len > HEAD_MAX)
			buf_drop(&s->head, s->head.len - HEAD_MAX / 2);
		return n;
	}
	if (!s->begun_s)
		s->begun_s = strtoll(at + strlen(mark), NULL, 10);
	s->begun = true;
	s->wait_ms = 0;
	s->tries = 0;
	size_t used = (size_t)(end + 1 - s->head.data) - before;
	buf_clear(&s->head);
	set_state(s, TAIL_LIVE, NULL);
	return used;
}

static void
on_data(void *user, enum stream stream, const void *p, size_t n)
{
	struct source *s = user;
	size_t used = 0;

	if (!s->tail || s->broken)
		return;
	if (stream == STREAM_ERR) {
		buf_add(&s->errors, p, n);
		return;
	}
	if (!s->begun)
		used = take_head(s, p, n);
	if (!s->begun || used == n)
		return;
	if (journal_feed(&s->journal, (const char *)p + used, n - used, on_entry, s, &s->err) < 0) {
		s->broken = true;
		errand_cancel(s->errand);
	}
}

/* What the program said on standard error, as a reason. */
static void
say_why(const struct source *s, const struct channel_end *e, struct err *err)
{
	autobuf clean = BUF_INIT(200);
	const char *text = buf_text(&s->errors);

	utf8_clean_line(&clean, text, strcspn(text, "\n"));
	if (clean.len)
		err_set(err, OUTCOME_FAILED, "%s", buf_text(&clean));
	else if (e->signal[0])
		err_set(err, OUTCOME_FAILED, "its reader was ended by signal %s", e->signal);
	else
		err_set(err, OUTCOME_FAILED, "its reader ended with status %d", e->status);
}

static void
lost(struct source *s, const struct err *err)
{
	const struct tail_spec *spec = &s->tail->spec;
	bool was = s->begun_s;

	s->tries++;
	if ((!was && !spec->patient) || (was && !spec->query.follow && s->tries > TRIES)) {
		set_state(s, TAIL_FAILED, err);
		return;
	}
	set_state(s, was ? TAIL_LOST : TAIL_WAITING, err);
	s->wait_ms = s->wait_ms ? s->wait_ms * 2 : AGAIN_MS;
	if (s->wait_ms > AGAIN_MAX)
		s->wait_ms = AGAIN_MAX;
	loop_timer_start(s->again, s->wait_ms);
}

static bool
for_good(const struct err *err)
{
	return err->kind != OUTCOME_UNKNOWN && err->kind != OUTCOME_UNREACHABLE;
}

/* All there was to read; journalctl says 1 when nothing has what is looked for. */
static bool
is_read(const struct source *s, const struct channel_end *e)
{
	const struct tail_query *q = &s->tail->spec.query;

	return e->have_status && s->begun && !q->follow &&
	       (e->status == 0 || (e->status == 1 && q->grep && s->errors.len == 0));
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct source *s = user;
	struct err err;

	s->errand = NULL;
	herd_release(s->host);
	if (!s->tail) {
		herd_remove_job(&s->job);
		drop(&s->job);
		return;
	}
	if (s->broken) {
		err = s->err;
		set_state(s, TAIL_FAILED, &err);
	} else if (e->err) {
		if (for_good(e->err))
			set_state(s, TAIL_FAILED, e->err);
		else
			lost(s, e->err);
	} else if (is_read(s, e)) {
		set_state(s, TAIL_ENDED, NULL);
	} else if (e->have_status && e->status == LEASH_END && s->begun) {
		go(s);
	} else {
		say_why(s, e, &err);
		s->status = e->have_status ? e->status : -1;
		/* One that has been at work is begun again: somebody on the host ended it. */
		if (s->begun && s->tail->spec.query.follow)
			lost(s, &err);
		else
			set_state(s, TAIL_FAILED, &err);
	}
}

/* Neither a unit in full nor a pattern: perhaps an app. */
static bool
is_plain(const char *name)
{
	return !strpbrk(name, ".*?[");
}

/* journalctl's words, each of them freed by the caller; ended by NULL. */
static void
make_words(const struct source *s, char **words)
{
	const struct tail_query *q = &s->tail->spec.query;
	size_t n = 0;

	if (q->follow)
		words[n++] = xstrdup("--follow");
	if (s->cursor[0])
		words[n++] = xasprintf("--after-cursor=%s", s->cursor);
	else if (s->begun_s)
		words[n++] = xasprintf("--since=@%lld", (long long)s->begun_s);
	else if (q->since)
		words[n++] = xasprintf("--since=%s", q->since);
	if (q->boot && !s->cursor[0])
		words[n++] = xasprintf("--boot=%s", q->boot);
	if (q->lines >= 0 && !s->cursor[0] && !s->begun_s)
		words[n++] = xasprintf("--lines=%lld", (long long)q->lines);
	else
		words[n++] = xstrdup("--lines=all");
	if (q->until)
		words[n++] = xasprintf("--until=%s", q->until);
	if (q->level >= 0)
		words[n++] = xasprintf("--priority=%d", q->level);
	if (q->grep)
		words[n++] = xasprintf("--grep=%s", q->grep);
	if (q->what == TAIL_UNIT && !q->user && !is_plain(q->name))
		words[n++] = xasprintf("--unit=%s", q->name);
	else if (q->what == TAIL_CONTAINER)
		words[n++] = xasprintf("CONTAINER_NAME=%s", q->name);
	words[n] = NULL;
}

/* The program with its arguments: every word quoted. */
static char *
make_program(const struct source *s)
{
	const struct tail_query *q = &s->tail->spec.query;
	struct buf b = BUF_INIT(SIZE_MAX);
	char *words[12];

	make_words(s, words);
	buf_adds(&b, "PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
		     "LC_ALL=C\nexport PATH LC_ALL\n");
	buf_addf(&b, "set -- %s", s->nonce);
	const char *first[] = { q->what == TAIL_CONTAINER ? q->name : "", q->user ? q->user : "",
		q->user ? q->name : "",
		q->what == TAIL_UNIT && !q->user && is_plain(q->name) ? q->name : "" };
	for (size_t i = 0; i < countof(first); i++) {
		buf_addc(&b, ' ');
		str_shell_quote(&b, first[i]);
	}
	for (char **w = words; *w; w++) {
		buf_addc(&b, ' ');
		str_shell_quote(&b, *w);
		free(*w);
	}
	buf_addf(&b, "\n%s", host_tail_sh);
	return buf_detach(&b, &(size_t){ 0 });
}

static void
on_ready(void *user, struct session *session, const struct err *err)
{
	static const struct errand_listener listener = { .data = on_data, .end = on_end };
	struct source *s = user;

	s->waiting = false;
	if (!session) {
		if (for_good(err))
			set_state(s, TAIL_FAILED, err);
		else
			lost(s, err);
		return;
	}
	probe_nonce(s->nonce);
	s->begun = false;
	buf_clear(&s->head);
	buf_clear(&s->errors);
	journal_fini(&s->journal);
	journal_init(&s->journal);
	autofree char *program = make_program(s);
	herd_hold(s->host);
	s->errand = errand_start(s->host, session,
	    &(struct errand_spec){ .who = ERRAND_OWN,
		.program = program,
		.input_len = 0,
		.verbatim = true,
		.listener = &listener,
		.user = s });
	errand_write_end(s->errand);
	if (s->tail->paused || s->paused)
		errand_pause(s->errand, true);
}

static void
go(struct source *s)
{
	s->waiting = true;
	herd_session(s->host, on_ready, s);
}

static void
on_again(void *user)
{
	go(user);
}

static char *
copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

/* USER/UNIT is the unit of a user's own. */
static void
part_user(struct tail *t)
{
	char *slash = t->spec.query.what == TAIL_UNIT && !t->user ? strchr(t->name, '/') : NULL;

	if (!slash)
		return;
	t->spec.query.user = t->user = xasprintf("%.*s", (int)(slash - t->name), t->name);
	t->spec.query.name = slash + 1;
}

struct tail *
tail_start(const struct tail_spec *spec)
{
	struct tail *t = xcalloc(1, sizeof(*t));

	t->spec = *spec;
	t->spec.query.name = t->name = copy(spec->query.name);
	t->spec.query.user = t->user = copy(spec->query.user);
	t->spec.query.since = t->since = copy(spec->query.since);
	t->spec.query.until = t->until = copy(spec->query.until);
	part_user(t);
	t->spec.query.boot = t->boot = copy(spec->query.boot);
	t->spec.query.grep = t->grep = copy(spec->query.grep);
	t->sources = xcalloc(spec->count + 1, sizeof(struct source *));
	for (size_t i = 0; i < spec->count; i++) {
		struct source *s = xcalloc(1, sizeof(*s));

		*s = (struct source){ .tail = t, .index = i, .host = spec->hosts[i], .status = -1 };
		t->sources[i] = s;
		buf_init(&s->head, SIZE_MAX);
		buf_init(&s->errors, ERRORS_MAX);
		journal_init(&s->journal);
		s->again = loop_timer_new(herd_loop(spec->herd), on_again, s);
		s->since_ms = loop_now_ms(herd_loop(spec->herd));
		s->job.drop = drop;
		herd_add_job(spec->herd, &s->job);
	}
	for (size_t i = 0; i < spec->count; i++)
		loop_timer_start(t->sources[i]->again, 0);
	return t;
}

void
tail_free(struct tail *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->spec.count; i++) {
		struct source *s = t->sources[i];

		if (!s)
			continue;
		s->tail = NULL;
		loop_timer_stop(s->again);
		if (s->waiting)
			herd_forget(s->host, s);
		if (s->errand) {
			errand_pause(s->errand, false);
			errand_cancel(s->errand);
			continue;
		}
		herd_remove_job(&s->job);
		drop(&s->job);
	}
	free(t->name);
	free(t->user);
	free(t->since);
	free(t->until);
	free(t->boot);
	free(t->grep);
	free(t->sources);
	free(t);
}

void
tail_pause(struct tail *t, bool on)
{
	if (t->paused == on)
		return;
	t->paused = on;
	for (size_t i = 0; i < t->spec.count; i++) {
		if (t->sources[i] && t->sources[i]->errand)
			errand_pause(t->sources[i]->errand, on || t->sources[i]->paused);
	}
}

void
tail_pause_source(struct tail *t, size_t source, bool on)
{
	struct source *s = t->sources[source];

	if (!s || s->paused == on)
		return;
	s->paused = on;
	if (s->errand)
		errand_pause(s->errand, on || t->paused);
}

void
tail_get(const struct tail *t, size_t source, struct tail_status *ret)
{
	const struct source *s = t->sources[source];

	*ret = (struct tail_status){ .state = TAIL_FAILED, .status = -1 };
	if (!s)
		return;
	*ret = (struct tail_status){ .state = s->state,
		.err = &s->err,
		.since_ms = s->since_ms,
		.entries = s->entries,
		.cut = s->cut,
		.losses = s->losses,
		.status = s->status };
}
