#include "cli/out.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/event_json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "cli/out_fold.h"
#include "cli/out_inner.h"
#include "cli/out_progress.h"
#include "engine/run.h"

#include <string.h>

#define REASON_COLUMNS 100
#define LINE_CEILING   (16U * 1024) /* a longer line is shown in pieces */
#define GOES_ON        "    ... " /* before each but the first: none passes for a line of its own */

/* A host's lines that have begun and not ended. */
struct speaker {
	char *name;
	char *prefix;
	struct buf line[2];
	bool goes_on[2]; /* pieces of the line were shown */
};

struct follow {
	struct out *out;
	struct loop *loop;
	struct run *run;
	struct fold *fold; /* NULL: as it comes */
	struct progress *progress;
	struct speaker **speakers;
	size_t count, cap;
	struct strmap by_name;
	bool flush_soon;
	struct buf unsure; /* lines of JSON that are not durable yet */
	size_t asked;      /* how many of its bytes the ledger was asked about */
};

static struct speaker *
speaker_of(struct follow *f, const char *name)
{
	struct speaker *s;
	size_t at;
	autobuf prefix = BUF_INIT(1024);

	if (strmap_find(&f->by_name, name, &at))
		return f->speakers[at];
	s = xcalloc(1, sizeof(*s));
	s->name = xstrdup(name);
	utf8_clean_line(&prefix, name, strlen(name));
	buf_adds(&prefix, ": ");
	s->prefix = xstrdup(buf_text(&prefix));
	buf_init(&s->line[0], LINE_CEILING);
	buf_init(&s->line[1], LINE_CEILING);
	strmap_add(&f->by_name, s->name, f->count, NULL);
	mem_grow(f->speakers, f->count, f->cap);
	f->speakers[f->count++] = s;
	return s;
}

static void
flush_now(void *user)
{
	struct out *o = user;

	if (!o->follow)
		return;
	o->follow->flush_soon = false;
	out_flush(o);
}

/* Output leaves at the end of the pass, in one write for all that came in it. */
static void
flush_later(struct follow *f)
{
	if (f->flush_soon || f->out->pending.len == 0)
		return;
	f->flush_soon = true;
	loop_soon(f->loop, flush_now, f->out);
}

static void
say(struct follow *f, const struct speaker *s, int stream, const char *line, size_t n)
{
	struct out *o = f->out;
	const char *mark = s->goes_on[stream] ? GOES_ON : "";
	autobuf clean = BUF_INIT(SIZE_MAX);

	if (stream == 1) {
		utf8_clean(&clean, line, n);
		out_note(o, "%s%s%s%s%s", o->notes_colour ? "\033[33m" : "", s->prefix,
		    o->notes_colour ? "\033[0m" : "", mark, buf_text(&clean));
		return;
	}
	autofree char *prefix = xasprintf(
	    "%s%s%s%s", o->colour ? "\033[36m" : "", s->prefix, o->colour ? "\033[0m" : "", mark);
	out_remote(o, prefix, line, n);
}

static void
add_lines(struct follow *f, struct speaker *s, int stream, const char *p, size_t n)
{
	struct buf *line = &s->line[stream];

	while (n > 0) {
		const char *newline = memchr(p, '\n', n);
		size_t piece = newline ? (size_t)(newline - p) : n;
		size_t room = LINE_CEILING - line->len;

		if (piece > room) {
			piece = room;
			newline = NULL;
		}
		buf_add(line, p, piece);
		if (newline) {
			say(f, s, stream, buf_text(line), line->len);
			buf_clear(line);
			s->goes_on[stream] = false;
			piece++;
		} else if (line->len == LINE_CEILING) {
			size_t whole = utf8_whole(line->data, line->len);

			say(f, s, stream, line->data, whole);
			buf_drop(line, whole);
			s->goes_on[stream] = true;
		}
		p += piece;
		n -= piece;
	}
}

static void
on_output(struct follow *f, const struct event *e)
{
	const char *host = event_text(e, FIELD_HOST), *stream = event_text(e, FIELD_STREAM);
	size_t n;
	const char *p = event_data(e, FIELD_DATA, &n);
	int number = stream && str_eq(stream, "err");

	if (f->fold)
		fold_add(f->fold, host, number, p, n);
	else
		add_lines(f, speaker_of(f, host), number, p, n);
}

static void
end_lines(struct follow *f, const char *host)
{
	struct speaker *s;
	size_t at;

	if (!strmap_find(&f->by_name, host, &at))
		return;
	s = f->speakers[at];
	for (int i = 0; i < 2; i++) {
		if (s->line[i].len > 0)
			say(f, s, i, buf_text(&s->line[i]), s->line[i].len);
		s->goes_on[i] = false;
		buf_fini(&s->line[i]);
		buf_init(&s->line[i], LINE_CEILING);
	}
}

/* "failed: exit status 2", "unreachable: connect: ...". */
static void
add_verdict(struct buf *b, const struct event *e, const char *between)
{
	const char *state = event_text(e, FIELD_STATE), *text = event_text(e, FIELD_TEXT);
	int64_t rc = event_int(e, FIELD_RC, 0);

	buf_adds(b, state ? state : "?");
	if (text && *text) {
		buf_adds(b, ": ");
		utf8_clean_lines(b, text, strlen(text), between);
	} else if (rc != 0) {
		buf_addf(b, ": exit status %lld", (long long)rc);
	}
}

static void
on_host_end(struct follow *f, const struct event *e)
{
	const char *host = event_text(e, FIELD_HOST), *state = event_text(e, FIELD_STATE);
	autobuf verdict = BUF_INIT(16384), line = BUF_INIT(32768);
	enum outcome o = OUTCOME_BUG;
	bool good = state && outcome_parse(state, &o) && outcome_is_good(o);

	add_verdict(&verdict, e, "; ");
	end_lines(f, host);
	if (f->fold)
		fold_end(f->fold, host, good, buf_text(&verdict));
	/* A hundred hosts that were never tried are a number in the last line, not lines. */
	if (!good && o != OUTCOME_UNTRIED) {
		utf8_clean_line(&line, host, strlen(host));
		buf_adds(&line, ": ");
		add_verdict(&line, e, "\n    ");
		out_note(f->out, "%s%s%s", f->out->notes_colour ? "\033[31m" : "", buf_text(&line),
		    f->out->notes_colour ? "\033[0m" : "");
	}
	progress_host_ends(f->progress, host, good, buf_text(&verdict));
}

/* "r-12: ", or nothing for a run that is not recorded. */
static void
add_alias(struct buf *b, const struct run *run)
{
	if (run_ledger(run))
		buf_addf(b, "%s: ", run_alias(run));
}

static void
on_run_end(struct follow *f)
{
	const struct run_counts *c = run_counts(f->run);
	autobuf line = BUF_INIT(1024);

	progress_flush(f->progress);
	if (f->fold)
		fold_print(f->fold, f->out);
	add_alias(&line, f->run);
	outcome_tally(c->by_outcome, &line);
	out_note(f->out, "%s", buf_text(&line));
}

/* The first line of why a step failed; the host's line has it whole. */
static void
add_reason(struct buf *b, const struct event *e)
{
	const char *text = event_text(e, FIELD_TEXT), *state = event_text(e, FIELD_STATE);
	size_t n = text ? strcspn(text, "\n") : 0, fits;

	if (e->kind != EVENT_STEP_END || !n || !state || !str_eq(state, "failed"))
		return;
	fits = utf8_cut(text, n, REASON_COLUMNS, NULL);
	buf_adds(b, ": ");
	utf8_clean_line(b, text, fits);
	buf_adds(b, fits < n ? "\u2026" : "");
}

static void
note_text(struct follow *f, const struct event *e, enum event_field field)
{
	const char *host = event_text(e, FIELD_HOST), *text = event_text(e, field);
	const char *state = event_text(e, FIELD_STATE);
	autobuf line = BUF_INIT(4096);

	if (host) {
		utf8_clean_line(&line, host, strlen(host));
		buf_adds(&line, ": ");
	}
	if (text)
		utf8_clean_lines(&line, text, strlen(text), "\n    ");
	if (state)
		buf_addf(&line, ": %s", state);
	add_reason(&line, e);
	out_note(f->out, "%s", buf_text(&line));
}

static void
add_title(struct buf *b, const struct follow *f, const struct event *e)
{
	size_t hosts = run_counts(f->run)->hosts;
	const char *verb = event_text(e, FIELD_VERB);

	add_alias(b, f->run);
	buf_addf(b, "%s on %zu host%s", verb ? verb : "run", hosts, hosts == 1 ? "" : "s");
}

static void
on_step_end(struct follow *f, const struct event *e)
{
	const char *state = event_text(e, FIELD_STATE);

	if (!f->out->quiet && state && !str_eq(state, "ok") && !str_eq(state, "same"))
		note_text(f, e, FIELD_NAME);
}

static void
on_progress(struct follow *f, const struct event *e)
{
	progress_host_moves(f->progress, event_text(e, FIELD_HOST), event_int(e, FIELD_BYTES, 0),
	    event_int(e, FIELD_TOTAL, -1));
}

static void
show(struct follow *f, const struct event *e)
{
	autobuf title = BUF_INIT(256);

	switch (e->kind) {
	case EVENT_RUN_START:
		add_title(&title, f, e);
		progress_begin(f->progress, buf_text(&title), run_counts(f->run)->hosts);
		break;
	case EVENT_HOST_START:
		progress_host_begins(f->progress, event_text(e, FIELD_HOST));
		break;
	case EVENT_HOST_PROGRESS:
		on_progress(f, e);
		break;
	case EVENT_HOST_OUT:
		on_output(f, e);
		break;
	case EVENT_HOST_END:
		on_host_end(f, e);
		break;
	case EVENT_STEP_END:
		on_step_end(f, e);
		break;
	case EVENT_ROLLOUT:
	case EVENT_WARN:
	case EVENT_MACHINE:
		if (!f->out->quiet || e->kind == EVENT_WARN)
			note_text(f, e, FIELD_TEXT);
		break;
	case EVENT_RUN_END:
		on_run_end(f);
		break;
	case EVENT_HOST_OUTPUT:
	case EVENT_FACT:
	case EVENT_PLAN_STEP:
	case EVENT_PLAN_NOTE:
	case EVENT_ACT_SENT:
	case EVENT_STEP_START:
	case EVENT_TRUST:
	case EVENT_RELEASE:
	case EVENT_TRANSCRIPT:
	case EVENT_COUNT:
		break;
	}
}

/* JSON is for programs: the same events, and on a terminal still the progress block. */
static void ask_durable(struct follow *f);

static void
on_durable(void *user, const struct err *err)
{
	struct out *o = user;
	struct follow *f = o->follow;

	(void)err; /* told at the end, and by the exit code */
	if (!f)
		return;
	buf_add(&o->pending, f->unsure.data, f->asked);
	buf_drop(&f->unsure, f->asked);
	f->asked = 0;
	out_flush(o);
	ask_durable(f);
}

static void
ask_durable(struct follow *f)
{
	if (f->asked > 0 || f->unsure.len == 0)
		return;
	f->asked = f->unsure.len;
	run_sync(f->run, on_durable, f->out);
}

/* A line of JSON is an acknowledgement: it leaves when what it tells can no longer be lost. */
static void
tell_json(struct follow *f, const struct event *e)
{
	bool sure = event_is_passing(e->kind) && f->unsure.len == 0;
	struct buf *to = sure ? &f->out->pending : &f->unsure;

	event_to_json(e, to);
	buf_addc(to, '\n');
	if (sure)
		out_text(f->out, "", 0);
}

static void
show_json(struct follow *f, const struct event *e)
{
	tell_json(f, e);
	if (e->kind == EVENT_RUN_START) {
		autobuf title = BUF_INIT(256);

		add_title(&title, f, e);
		progress_begin(f->progress, buf_text(&title), run_counts(f->run)->hosts);
	}
	if (e->kind == EVENT_HOST_START)
		progress_host_begins(f->progress, event_text(e, FIELD_HOST));
	if (e->kind == EVENT_HOST_PROGRESS)
		on_progress(f, e);
	if (e->kind == EVENT_HOST_END)
		progress_host_ends(f->progress, event_text(e, FIELD_HOST), true, "");
}

static void
on_event(void *user, const struct event *e)
{
	struct follow *f = user;

	if (f->out->json)
		show_json(f, e);
	else
		show(f, e);
	ask_durable(f);
	flush_later(f);
}

void
out_follow(struct out *o, struct loop *loop, struct run *run, bool fold)
{
	struct follow *f = xcalloc(1, sizeof(*f));

	if (o->json && o->mode == PROGRESS_PLAIN)
		o->mode = PROGRESS_NONE;
	f->out = o;
	f->loop = loop;
	f->run = run;
	f->fold = fold ? fold_new() : NULL;
	f->progress = progress_new(o, loop);
	buf_init(&f->unsure, SIZE_MAX);
	o->follow = f;
	run_add_sink(run, &(struct event_sink){ on_event, f });
}

void
out_unfollow(struct out *o)
{
	struct follow *f = o->follow;

	if (!f)
		return;
	run_remove_sink(f->run, f);
	progress_free(f->progress);
	buf_add(&o->pending, f->unsure.data, f->unsure.len);
	buf_fini(&f->unsure);
	out_flush(o);
	fold_free(f->fold);
	for (size_t i = 0; i < f->count; i++) {
		buf_fini(&f->speakers[i]->line[0]);
		buf_fini(&f->speakers[i]->line[1]);
		free(f->speakers[i]->prefix);
		free(f->speakers[i]->name);
		free(f->speakers[i]);
	}
	strmap_fini(&f->by_name);
	free(f->speakers);
	free(f);
	o->follow = NULL;
}

void
out_uses_stdin(struct out *o)
{
	o->stdin_used = true;
}
