#include "tui/view_run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "inventory/set.h"
#include "tui/plan_source.h"
#include "tui/planned.h"
#include "tui/run_source.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX (1U << 20)

enum rank { RANK_BAD, RANK_RUNNING, RANK_GOOD, RANK_WAITS };

bool
runview_is_bad(const struct progress_row *row)
{
	return row->state == PROGRESS_ENDED && !outcome_is_good(row->outcome) &&
	       row->outcome != OUTCOME_HELD && row->outcome != OUTCOME_UNTRIED;
}

static enum rank
rank_of(const struct progress_row *row)
{
	if (runview_is_bad(row))
		return RANK_BAD;
	if (row->state == PROGRESS_RUNNING)
		return RANK_RUNNING;
	return row->state == PROGRESS_ENDED && outcome_is_good(row->outcome) ? RANK_GOOD
									     : RANK_WAITS;
}

void
runview_free_groups(struct runview *r)
{
	for (size_t i = 0; i < r->groups; i++)
		free(r->group[i].row);
	r->groups = 0;
}

const struct run_group *
runview_at(const struct runview *r)
{
	return r->run && r->list.cursor < r->groups ? &r->group[r->list.cursor] : NULL;
}

const struct progress_row *
runview_row(const struct runview *r, const struct run_group *g)
{
	return &r->run->rows[g->row[0]];
}

/* The host the cursor was on stands for its group, whoever is its first. */
const char *
runview_id(const void *user, size_t i)
{
	const struct runview *r = user;
	const struct run_group *g = &r->group[i];

	for (size_t k = 0; r->host && k < g->count; k++) {
		if (str_eq(r->run->rows[g->row[k]].host, r->host))
			return r->host;
	}
	return runview_row(r, g)->host;
}

char *
runview_set(const struct runview *r, const struct run_group *g)
{
	autofree const char **names = xcalloc(g->count + 1, sizeof(*names));

	for (size_t i = 0; i < g->count; i++)
		names[i] = r->run->rows[g->row[i]].host;
	return names_fold(names, g->count);
}

/* What hosts must share to be one row. */
static char *
key_of(const struct runview *r, const struct progress_row *row)
{
	const char *step = row->step ? row->step : "", *last = row->last ? row->last : "";

	if (r->unfold)
		return xstrdup(row->host);
	switch (row->state) {
	case PROGRESS_WAITING:
	case PROGRESS_PLANNED:
		return xasprintf("w %d", (int)row->state);
	case PROGRESS_RUNNING:
		return xasprintf("r %d/%d %s", row->steps_done, row->steps, step);
	case PROGRESS_ENDED:
		break;
	}
	if (runview_is_bad(row))
		return xasprintf("b %d %s\n%s", (int)row->outcome, step, last);
	return xasprintf("e %d %lld", (int)row->outcome, (long long)row->changed);
}

static int
by_rank(const void *a, const void *b, void *user)
{
	const struct progress *p = user;
	const struct progress_row *x = &p->rows[*(const size_t *)a],
				  *y = &p->rows[*(const size_t *)b];
	enum rank rx = rank_of(x), ry = rank_of(y);

	if (rx != ry)
		return (int)rx - (int)ry;
	if (rx == RANK_RUNNING && x->steps_done != y->steps_done)
		return x->steps_done - y->steps_done;
	return str_natural(x->host, y->host);
}

static struct run_group *
group_of(struct runview *r, struct strmap *keys, char **key, size_t row)
{
	char *k = key_of(r, &r->run->rows[row]);
	size_t at;

	if (strmap_add(keys, k, r->groups, &at)) {
		mem_grow(r->group, r->groups, r->cap);
		r->group[r->groups] =
		    (struct run_group){ .rank = (int)rank_of(&r->run->rows[row]) };
		key[r->groups] = k;
		return &r->group[r->groups++];
	}
	free(k);
	return &r->group[at];
}

static bool
shown(const struct runview *r, const struct progress_row *row)
{
	if (r->faults && rank_of(row) > RANK_RUNNING && row->outcome != OUTCOME_UNTRIED)
		return false;
	return match_row(&r->sieve.match, row->host, NULL, NULL);
}

void
runview_groups(struct runview *r)
{
	size_t count = r->run ? r->run->count : 0, n = 0;
	autofree size_t *order = xcalloc(count + 1, sizeof(*order));
	autofree char **key = xcalloc(count + 1, sizeof(*key));
	autostrmap keys = STRMAP_INIT;

	runview_free_groups(r);
	for (size_t i = 0; i < count; i++) {
		if (shown(r, &r->run->rows[i]))
			order[n++] = i;
	}
	if (n)
		qsort_r(order, n, sizeof(*order), by_rank, (void *)(uintptr_t)r->run);
	for (size_t i = 0; i < n; i++) {
		struct run_group *g = group_of(r, &keys, key, order[i]);

		mem_grow(g->row, g->count, g->cap);
		g->row[g->count++] = order[i];
	}
	for (size_t i = 0; i < r->groups; i++)
		free(key[i]);
	list_update(&r->list, r->groups, runview_id, r);
}

static void
tell_step(const struct progress_step *s, const char *command, struct buf *to)
{
	char took[16] = "";

	if (s->ended)
		clock_short(s->ms, took, sizeof(took));
	if (command)
		buf_addf(to, "$ %s\n", command);
	buf_addf(to, "%s %s: %s", s->ended ? outcome_is_good(s->state) ? "@" : "-" : "@", s->name,
	    s->ended ? outcome_name(s->state) : "at work");
	if (s->ended && !outcome_is_good(s->state) && s->rc)
		buf_addf(to, ", exit status %lld", (long long)s->rc);
	buf_addf(to, "%s%s\n", *took ? ", " : "", took);
	if (!s->output)
		return;
	buf_adds(to, s->output);
	if (!*s->output || s->output[strlen(s->output) - 1] != '\n')
		buf_addc(to, '\n');
}

char *
runview_tell(
    const struct progress *p, const struct progress_row *row, const struct run_source *source)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	for (size_t i = 0; i < row->step_count; i++)
		tell_step(&row->step_list[i],
		    source ? source->command(source->user, row->step_list[i].id) : NULL, &b);
	if (!row->step_count && p->argv && str_eq(p->verb ? p->verb : "", "run")) {
		const char *command = strstr(p->argv, " -- ");

		buf_addf(&b, "$ %s\n", command ? command + 4 : p->argv);
	}
	if (!row->step_count && row->output_len)
		buf_add(&b, row->output, row->output_len);
	if (b.len && b.data[b.len - 1] != '\n')
		buf_addc(&b, '\n');
	if (row->why)
		buf_addf(&b, "- %s: %s\n", outcome_name(row->outcome), row->why);
	else if (row->state == PROGRESS_ENDED)
		buf_addf(&b, "@ %s\n", outcome_name(row->outcome));
	return buf_detach(&b, NULL);
}

static void
foot_live(const struct view *v, struct buf *to)
{
	const struct progress *p = v->scene->run;
	const struct plan_source *s = v->services->plan;
	const struct planned *plan = s ? s->look(s->user) : NULL;

	if (plan && plan->state == PLANNED_WAITS) {
		buf_adds(to, "Its plan waits for an answer: 5.");
		return;
	}
	if (p->note)
		buf_addf(to, "%s.  ", p->note);
	buf_adds(to, "Ctrl-C: no host starts any more; twice: cut the running ones");
}

/* What a person does next, by how it ended. */
static void
foot_ended(const struct progress *p, const char *alias, struct buf *to)
{
	const char *verb = p->verb ? p->verb : "";
	bool apply = str_eq(verb, "apply");
	autofree char *summary = progress_summary(p, alias);
	size_t bad = 0;

	for (size_t i = 0; i < p->count; i++)
		bad += runview_is_bad(&p->rows[i]) || p->rows[i].outcome == OUTCOME_UNTRIED;
	buf_addf(to, "%s  exit %d", summary, p->exit);
	if (p->by_outcome[OUTCOME_UNKNOWN])
		buf_addf(to, "  drover resume %s: what became of it", alias);
	if (bad && (apply || str_eq(verb, "run")))
		buf_addf(to, "  r: retry %zu", bad);
	if (apply && p->by_outcome[OUTCOME_CHANGED])
		buf_addf(to, "  drover undo %s: take it back", alias);
}

char *
runview_foot(const struct view *v)
{
	const struct progress *p = v->scene->run;
	struct buf b = BUF_INIT(4096);

	if (p && p->ended)
		foot_ended(p, v->scene->run_alias, &b);
	else if (p && v->scene->run_live)
		foot_live(v, &b);
	return buf_detach(&b, NULL);
}
