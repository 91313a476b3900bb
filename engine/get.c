#include "engine/get.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/landing.h"
#include "engine/talk.h"
#include "engine/unpack.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

extern const char host_get_sh[];

#define TICK_MS     1000
#define STALL_MS    30000 /* without a byte */
#define ANSWER_MS   60000 /* besides what the length allows */
#define RATE        2000  /* bytes a millisecond that a host is trusted to digest */
#define PROGRESS_MS 200
#define ENTRIES     500000
#define JUNK        65536 /* besides content and answers */

enum state { CONNECTING, LOOKING, ASKING, FILE_BODY, TREE_BODY, TAIL, ENDING, LANDING };

struct get {
	struct herd_job job;
	struct herd_host *hh;
	struct get_spec spec;
	enum state state;
	struct session *session;
	struct errand *errand;
	struct talk talk;
	struct buf errors;
	struct loop_timer *timer;
	struct landing *landing;
	struct unpack *unpack;
	uint64_t left; /* of a file */
	uint64_t junk; /* bytes that were no content, before and behind it */
	int64_t heard_ms, began_ms, told_ms;
	char digest[DIGEST_HEX]; /* that the host told */
	bool held, whole;
	struct get_end end;
};

static void ask(struct get *g);

static int64_t
now_ms(const struct get *g)
{
	return loop_now_ms(herd_loop(herd_host_herd(g->hh)));
}

static void
drop(struct herd_job *job)
{
	struct get *g = container_of(job, struct get, job);

	unpack_free(g->unpack);
	landing_free(g->landing);
	loop_timer_free(g->timer);
	talk_fini(&g->talk);
	buf_fini(&g->errors);
	free(g);
}

static void
finish(struct get *g)
{
	struct herd_host *hh = g->hh;
	struct get_spec spec = g->spec;
	struct get_end end = g->end;
	bool held = g->held;

	herd_remove_job(&g->job);
	drop(&g->job);
	spec.done(spec.user, hh, &end);
	if (held)
		herd_release(hh);
}

/* Of several reasons the first stands. */
static void
fail(struct get *g, const struct err *why)
{
	if (g->end.err.kind == OUTCOME_OK)
		g->end.err = *why;
	if (g->errand)
		errand_cancel(g->errand);
	else
		finish(g);
}

__attribute__((format(printf, 3, 4))) static void
fail_text(struct get *g, enum outcome kind, const char *fmt, ...)
{
	struct err err;
	char text[480];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, kind, "%s", text);
	fail(g, &err);
}

/* "SIZE MODE MTIME OFFSET" */
static void
on_file(struct get *g, const char *text)
{
	unsigned long long size, offset;
	long long mtime;
	unsigned mode;
	struct err err;

	if (sscanf(text, "%llu %o %lld %llu", &size, &mode, &mtime, &offset) != 4 ||
	    offset > size || (offset && offset != landing_part(g->landing, NULL))) {
		fail_text(g, OUTCOME_FAILED, "the host's answer cannot be read");
	} else if (size > g->spec.max) {
		fail_text(
		    g, OUTCOME_REFUSED, "%llu bytes are more than may come (--max-size)", size);
	} else if (landing_file(g->landing, offset, g->spec.want ? g->spec.want->mode : mode & 0777,
		       mtime, &err) < 0) {
		fail(g, &err);
	} else {
		g->left = size - offset;
		g->junk = 0;
		g->state = g->left ? FILE_BODY : TAIL;
		g->began_ms = g->heard_ms = now_ms(g);
	}
}

static void
on_tree(struct get *g)
{
	const struct tar_limits limits = { .bytes = g->spec.max, .entries = ENTRIES };
	struct err err;
	int fd = landing_tree(g->landing, &err);

	if (fd < 0) {
		fail(g, &err);
		return;
	}
	g->unpack = unpack_new(fd, &limits);
	g->state = TREE_BODY;
	g->junk = 0;
	g->began_ms = g->heard_ms = now_ms(g);
}

static void
on_line(struct get *g, const char *line)
{
	if (g->state == ASKING && str_starts(line, "file ")) {
		on_file(g, line + 5);
	} else if (g->state == ASKING && str_eq(line, "tree") && g->spec.want) {
		fail_text(g, OUTCOME_REFUSED, "the host sends a directory");
	} else if (g->state == ASKING && str_eq(line, "tree")) {
		on_tree(g);
	} else if (str_starts(line, "failed ")) {
		const char *more = buf_text(&g->errors);

		if (g->end.err.kind == OUTCOME_OK)
			err_set(&g->end.err, OUTCOME_FAILED, "%s%s%.*s", line + 7,
			    *more ? ": " : "", (int)strcspn(more, "\n"), more);
	} else if (g->state == TAIL && str_starts(line, "done ")) {
		str_copy(g->digest, sizeof(g->digest), line + 5);
		g->whole = true;
		g->state = ENDING;
		g->heard_ms = now_ms(g);
		g->end.ms = now_ms(g) - g->began_ms;
	}
}

static size_t
take_file(struct get *g, const char *p, size_t n)
{
	struct err err;

	n = n < g->left ? n : (size_t)g->left;
	if (landing_write(g->landing, p, n, &err) < 0) {
		fail(g, &err);
		return n;
	}
	g->left -= n;
	g->end.bytes += n;
	if (g->left == 0)
		g->state = TAIL;
	return n;
}

static size_t
take_tree(struct get *g, const char *p, size_t n)
{
	size_t used = n;
	struct err err;
	int rc = unpack_feed(g->unpack, p, n, &used, &err);

	if (rc < 0) {
		fail(g, &err);
		return n;
	}
	g->end.bytes += used;
	if (rc > 0)
		g->state = TAIL;
	return used;
}

static bool
in_body(const struct get *g)
{
	return g->state == FILE_BODY || g->state == TREE_BODY;
}

/* What is no content may not go on for ever; it also buys no time. */
static void
count_junk(struct get *g, size_t n)
{
	g->junk += n;
	if (g->junk > JUNK && g->end.err.kind == OUTCOME_OK)
		fail_text(g, OUTCOME_FAILED, "the host's answer is not one");
}

static void
on_data(void *user, enum stream s, const void *bytes, size_t n)
{
	struct get *g = user;
	const char *at = bytes, *line;

	if (in_body(g) || (g->state == ASKING && g->junk == 0))
		g->heard_ms = now_ms(g);
	if (s == STREAM_ERR) {
		buf_add(&g->errors, bytes, n);
		if (!in_body(g))
			count_junk(g, n);
		return;
	}
	while (n > 0 && g->end.err.kind == OUTCOME_OK) {
		size_t used = n;

		if (g->state == FILE_BODY) {
			used = take_file(g, at, n);
		} else if (g->state == TREE_BODY) {
			used = take_tree(g, at, n);
		} else {
			used = talk_feed(&g->talk, at, n, &line);
			count_junk(g, used);
			if (line && g->end.err.kind == OUTCOME_OK)
				on_line(g, line);
		}
		at += used;
		n -= used;
	}
	if (g->spec.progress && now_ms(g) - g->told_ms >= PROGRESS_MS) {
		g->told_ms = now_ms(g);
		g->spec.progress(g->spec.user, g->hh, g->end.bytes);
	}
}

static void
on_landed(void *user, const struct err *err)
{
	struct get *g = user;

	if (err)
		g->end.err = *err;
	finish(g);
}

/* Why there is not all of it, where nobody has said so yet. */
static void
judge(struct get *g, const struct channel_end *e)
{
	struct err *err = &g->end.err;

	if (e->err && e->err->kind != OUTCOME_UNKNOWN && e->err->kind != OUTCOME_CANCELLED) {
		*err = *e->err;
	} else if (e->cancelled) {
		g->end.lost = true;
		err_set(err, OUTCOME_FAILED, "cut");
	} else if (e->err) {
		g->end.lost = true;
		*err = *e->err;
		err->kind = OUTCOME_FAILED;
	} else if (g->talk.heard && g->errors.len > 0) {
		err_set(err, OUTCOME_FAILED, "%.*s", (int)strcspn(buf_text(&g->errors), "\n"),
		    buf_text(&g->errors));
	} else if (in_body(g)) {
		err_set(err, OUTCOME_FAILED, "it became shorter while it was read");
	} else {
		talk_silent(&g->talk, &g->errors, err);
	}
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct get *g = user;
	const char *first, *digest = g->spec.verify ? g->digest : NULL;

	g->errand = NULL;
	loop_timer_stop(g->timer);
	if (g->end.err.kind == OUTCOME_OK && !g->whole)
		judge(g, e);
	if (g->end.err.kind != OUTCOME_OK) {
		finish(g);
		return;
	}
	if (g->unpack)
		g->end.left_out = unpack_left_out(g->unpack, &first);
	if (g->spec.want && g->spec.want->digest)
		digest = g->spec.want->digest;
	g->state = LANDING;
	landing_end(g->landing, g->spec.work, digest, on_landed, g);
}

static void
on_tick(void *user)
{
	struct get *g = user;
	uint64_t slow = g->state == ASKING ? landing_part(g->landing, NULL) : g->end.bytes;
	int64_t limit = in_body(g) ? STALL_MS : ANSWER_MS + (int64_t)(slow / RATE);

	loop_timer_start(g->timer, TICK_MS);
	if (!g->errand || now_ms(g) - g->heard_ms < limit)
		return;
	if (g->junk > 0 && g->state == ASKING)
		fail_text(g, OUTCOME_FAILED, "the host's answer is not one");
	else
		fail_text(g, OUTCOME_FAILED, "nothing came for %lld s", (long long)limit / 1000);
}

static void
ask(struct get *g)
{
	static const struct errand_listener listener = { .data = on_data, .end = on_end };
	char offset[24], digest[DIGEST_HEX];

	snprintf(
	    offset, sizeof(offset), "%llu", (unsigned long long)landing_part(g->landing, digest));
	g->state = ASKING;
	g->heard_ms = now_ms(g);
	g->timer = loop_timer_new(herd_loop(herd_host_herd(g->hh)), on_tick, g);
	loop_timer_start(g->timer, TICK_MS);
	g->errand = talk_start(&g->talk, &(struct talk_spec){ .hh = g->hh,
					     .session = g->session,
					     .become = g->spec.become,
					     .own = g->spec.want != NULL,
					     .program = host_get_sh,
					     .args = (const char *const[]){ g->spec.path, offset,
						 digest, g->spec.verify ? "-v" : "-", NULL },
					     .listener = &listener,
					     .user = g });
}

static void
on_looked(void *user, const struct err *err)
{
	struct get *g = user;

	if (err) {
		g->end.err = *err;
		finish(g);
		return;
	}
	ask(g);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	struct get *g = user;

	if (!s) {
		g->end.lost = err->kind != OUTCOME_REFUSED;
		g->end.err = *err;
		finish(g);
		return;
	}
	g->session = s;
	g->held = true;
	herd_hold(g->hh);
	g->state = LOOKING;
	landing_look(g->landing, g->spec.work, on_looked, g);
}

struct get *
get_start(struct herd_host *hh, const struct get_spec *spec)
{
	struct get *g = xcalloc(1, sizeof(*g));

	g->hh = hh;
	g->spec = *spec;
	talk_init(&g->talk);
	buf_init(&g->errors, TALK_NOISE);
	g->landing = landing_new(spec->dir, spec->name, spec->resume ? spec->path : NULL);
	g->job.drop = drop;
	herd_add_job(herd_host_herd(hh), &g->job);
	herd_session(hh, on_ready, g);
	return g;
}

void
get_cut(struct get *g)
{
	if (g->state == CONNECTING) {
		herd_forget(g->hh, g);
		g->end.lost = true;
		err_set(&g->end.err, OUTCOME_UNTRIED, "cut before it was reached");
		finish(g);
	} else if (g->errand) {
		errand_cancel(g->errand);
	}
}
