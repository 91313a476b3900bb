#include "playbooks/account.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/release.h"
#include "playbooks/request.h"

#include <stdlib.h>
#include <string.h>

/* "2026-01-02 03:04" */
static const char *
minute(struct arena *a, int64_t ms)
{
	char text[32];

	clock_rfc3339(ms, text, sizeof(text));
	text[10] = ' ';
	text[16] = '\0';
	return arena_strdup(a, text);
}

/* A run's id begins with its time. */
static int64_t
run_time(const char *run)
{
	char hex[13];

	memcpy(hex, run, 8);
	memcpy(hex + 8, run + 9, 4);
	hex[12] = '\0';
	return (int64_t)strtoull(hex, NULL, 16);
}

static const struct journal_line *
find_act(const struct observation *seen, const char *run)
{
	for (size_t i = seen->journal_count; i-- > 0;)
		if (str_eq(seen->journal[i].run, run))
			return &seen->journal[i];
	return NULL;
}

/* "run r-3 of 2026-01-02 03:04", "run 01234567 of ann at web-laptop-1234 of ..." */
static const char *
run_words(struct arena *a, const struct account *acc, const char *run)
{
	const char *alias = acc->alias ? acc->alias(acc->user, run) : NULL;
	const struct journal_line *j = find_act(acc->seen, run);
	const char *time = minute(a, run_time(run));

	if (alias)
		return arena_printf(a, "run %s of %s", alias, time);
	if (j)
		return arena_printf(a, "run %.13s of %s at %s of %s", run, j->who, j->seat, time);
	return arena_printf(a, "run %.13s of %s", run, time);
}

static bool
is_ours(const struct account *acc, const char *run)
{
	const struct journal_line *j = find_act(acc->seen, run);

	return (acc->alias && acc->alias(acc->user, run)) || (j && str_eq(j->seat, acc->seat));
}

static void
add_why(struct arena *a, struct plan_step *s, const char *text)
{
	s->why = s->why ? arena_printf(a, "%s; %s", s->why, text) : text;
}

/* Whose work this step undoes: that of a person, or that of another seat. */
static void
name_author(struct arena *a, const struct account *acc, struct plan_step *s)
{
	const struct found *f = s->found;
	const struct manifest_line *m = f->known;
	const char *text = m ? manifest_text(m) : NULL;
	bool is_file = s->resource->kind == RESOURCE_FILE || s->resource->kind == RESOURCE_UNIT;
	bool there = f->present && f->kind != '-';

	if (!is_file || !text || s->resource->absent)
		return;
	const char *since = uuid_is(m->run) ? run_words(a, acc, m->run) : "drover's last act";
	if (!there) {
		s->foreign = true;
		add_why(a, s, arena_printf(a, "removed by hand since %s", since));
	} else if (f->kind != 'f' || strcmp(f->digest, text) != 0) {
		s->foreign = true;
		add_why(a, s,
		    f->written_s ? arena_printf(a, "changed by hand since %s, last on %s", since,
				       minute(a, f->written_s * 1000))
				 : arena_printf(a, "changed by hand since %s", since));
	} else if (strcmp(f->digest, s->resource->digest) != 0 && uuid_is(m->run) &&
		   !is_ours(acc, m->run)) {
		add_why(a, s, arena_printf(a, "as %s left it", since));
	}
}

/* The manifest has it of another release of its app. */
static bool
is_other(const struct plan *p, const struct resource *r, const struct manifest_line *m)
{
	const struct release *made =
	    p->releases && r->app ? release_find(p->releases->made, p->releases->made_count, r->app)
				  : NULL;

	return made && !str_eq(m->release, made->id);
}

/* What drover owns of a thing it need not touch; NULL: the manifest says so already. */
static const char *
records(struct arena *a, const struct account *acc, const struct plan *p, const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const struct manifest_line *m = s->found->known;
	const char *digest = request_digest(r);

	if (r->absent)
		return m && s->class == PLAN_SAME && !s->stays ? "" : NULL;
	if (!digest || (s->class != PLAN_SAME && !m))
		return NULL;
	if (!m)
		return arena_printf(a, "adopts %s, which is as it should be", r->id);
	/* An image that is there is whose it was: copies of an app have it in common. */
	if (!str_eq(m->playbook, acc->playbook) && r->kind == RESOURCE_IMAGE)
		return NULL;
	if (!str_eq(m->playbook, acc->playbook))
		return arena_printf(a, "takes over %s from the playbook %s", r->id, m->playbook);
	return s->class == PLAN_SAME && (strcmp(m->digest, digest) != 0 || is_other(p, r, m))
		   ? ""
		   : NULL;
}

void
account_plan(struct arena *a, const struct account *acc, struct plan *p)
{
	const char **notes = arena_alloc(a, (p->note_count + p->count) * sizeof(*notes) + 1);

	if (p->note_count)
		memcpy(notes, p->notes, p->note_count * sizeof(*notes));
	p->notes = notes;
	for (size_t i = 0; i < p->count; i++) {
		struct plan_step *s = &p->steps[i];
		const char *note = records(a, acc, p, s);

		if (note && s->class == PLAN_SAME)
			p->records++;
		if (note && *note)
			notes[p->note_count++] = note;
		if (s->class != PLAN_SAME)
			name_author(a, acc, s);
	}
}

/* The newest act of the playbook that went well; NULL: none that the host remembers. */
static const struct journal_line *
last_act(const struct account *acc)
{
	for (size_t i = acc->seen->journal_count; i-- > 0;) {
		const struct journal_line *j = &acc->seen->journal[i];

		if (str_eq(j->playbook, acc->playbook) &&
		    (str_eq(j->outcome, "changed") || str_eq(j->outcome, "ok")))
			return j;
	}
	return NULL;
}

/* whole: the playbook as it is now is what was applied last. */
static bool
is_drift(const struct plan_step *s, bool whole)
{
	const struct resource *r = s->resource;
	const struct manifest_line *m = s->found->known;
	const char *digest = request_digest(r);

	/* What is fetched is of the seat, and what is exported is there for a change. */
	if (s->class == PLAN_SAME || s->class == PLAN_UNPREDICTED || r->absent ||
	    r->kind == RESOURCE_FETCH || r->kind == RESOURCE_EXPORT)
		return false;
	if (!digest || !m)
		return whole;
	return s->foreign || strcmp(m->digest, digest) == 0;
}

/* What it was is not known here any more: the playbook says something else by now. */
static bool
says_another(const struct plan_step *s)
{
	const struct manifest_line *m = s->found->known;
	const char *text = m ? manifest_text(m) : NULL;

	return s->foreign && text && strcmp(text, s->resource->digest) != 0;
}

static void
note_applied(
    struct arena *a, const struct account *acc, const struct journal_line *j, struct plan *p)
{
	const char **note = arena_alloc(a, sizeof(*note));

	p->notes = note;
	p->note_count = 1;
	if (j && uuid_is(j->run))
		*note = arena_printf(a, "applied last by %s", run_words(a, acc, j->run));
	else
		*note = "the host remembers no act of this playbook";
}

void
account_drift(struct arena *a, const struct account *acc, struct plan *p)
{
	const struct journal_line *j = last_act(acc);
	bool whole = j && str_eq(j->release, acc->release);

	p->then_count = 0;
	p->records = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct plan_step *s = &p->steps[i];

		if (!is_drift(s, whole)) {
			p->by_class[s->class]--;
			p->by_class[PLAN_SAME]++;
			s->class = PLAN_SAME;
		} else if (says_another(s)) {
			s->diff = NULL;
			add_why(a, s, "and the playbook says something else by now");
		}
	}
	note_applied(a, acc, j, p);
}
