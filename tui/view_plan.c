/* A plan: steps with the hosts they would change, what would change, and what is left out of it. */
#include "tui/view_plan.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/plan_source.h"
#include "tui/planned.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define WHOLE 100000 /* lines of context: all there are */

static const struct plan_source *
source_of(const struct view *v)
{
	return v->services->plan;
}

static void
plan_open(struct view *v, const char *subject)
{
	((struct planview *)v->state)->context = PLANNED_CONTEXT;
	(void)subject;
	if (source_of(v))
		source_of(v)->hold(source_of(v)->user, true);
}

static void
plan_close(struct view *v)
{
	struct planview *r = v->state;

	if (source_of(v))
		source_of(v)->hold(source_of(v)->user, false);
	planview_free_rows(r);
	free(r->row);
	free(r->shown);
	free(r->made);
	text_fini(&r->text);
	sieve_fini(&r->sieve);
}

/* The text is made anew only when it is another: diffs cost time. */
static void
show(struct planview *r)
{
	const struct plan_row *row = planview_at(r);

	if (!row) {
		text_set(&r->text, "", 0);
		free(take(r->shown));
		return;
	}
	bool out =
	    row->kind == ROW_AWAY ? r->plan->host[row->host].out : r->plan->step[row->step].out;
	autofree char *key =
	    xasprintf("%lld %d %zu|%s", (long long)r->plan->made_ms, out, r->context, row->id);
	const char *was = r->shown ? strchr(r->shown, '|') : NULL, *is = strchr(key, '|');
	if (r->shown && str_eq(r->shown, key))
		return;
	autofree char *said = planview_tell(r->plan, row, r->context);
	if (!was || !str_eq(was, is)) {
		r->text.top = 0;
		r->text.left = 0;
	}
	free(r->shown);
	r->shown = take(key);
	text_set(&r->text, said, strlen(said));
}

/* Rows are made anew only when they are others: there may be many. */
static void
make_rows(struct planview *r)
{
	size_t out = 0;

	for (size_t i = 0; r->plan && i < r->plan->hosts; i++)
		out = out * 31 + r->plan->host[i].out * (i + 1);
	autofree char *key =
	    r->plan ? xasprintf("%lld %zu %zu %zu %d %d %d %s", (long long)r->plan->made_ms,
			  r->plan->hosts, r->plan->steps, out, (int)r->plan->drift, r->changes,
			  r->unfold, r->sieve.typed)
		    : NULL;
	if (key && r->made && str_eq(key, r->made))
		return;
	planview_rows(r);
	free(r->made);
	r->made = take(key);
}

static void
plan_refresh(struct view *v)
{
	struct planview *r = v->state;
	int body = v->height >= 12 ? v->height - 4 : v->height - 2;

	r->plan = source_of(v) ? source_of(v)->look(source_of(v)->user) : NULL;
	r->text.diff = true;
	make_rows(r);
	r->list.height = body;
	text_height(&r->text, body);
	show(r);
}

static void
flash(struct view *v, const char *text)
{
	v->services->flash(v->services->user, true, text);
}

static void
do_open(struct view *v)
{
	struct planview *r = v->state;

	r->reading = r->rows > 0;
}

/* One host, or all the hosts of a part: out when one of them is in. */
static void
turn_hosts(struct view *v, const size_t *host, size_t count)
{
	const struct plan_source *s = source_of(v);
	const struct planview *r = v->state;
	bool out = false;
	struct err err;

	for (size_t i = 0; i < count; i++)
		out = out || !r->plan->host[host[i]].out;
	for (size_t i = 0; i < count; i++) {
		if (s->leave_host(s->user, host[i], out, &err) < 0) {
			flash(v, err.text);
			return;
		}
	}
}

static void
do_turn(struct view *v)
{
	const struct planview *r = v->state;
	const struct plan_source *s = source_of(v);
	const struct plan_row *row;
	struct err err;

	plan_refresh(v);
	row = planview_at(r);
	if (!row)
		return;
	if (row->kind == ROW_PART) {
		const struct planned_part *part = &r->plan->step[row->step].part[row->part];

		turn_hosts(v, part->host, part->count);
	} else if (row->kind != ROW_STEP) {
		turn_hosts(v, &row->host, 1);
	} else if (s->leave_step(s->user, row->step, !r->plan->step[row->step].out, &err) < 0) {
		flash(v, err.text);
	}
	plan_refresh(v);
}

static void
go_change(struct view *v, bool back)
{
	struct planview *r = v->state;

	plan_refresh(v);
	for (size_t i = 1; i <= r->rows; i++) {
		size_t at = (r->list.cursor + (back ? r->rows - i : i)) % r->rows;
		const struct plan_row *row = &r->row[at];

		if (row->kind == ROW_AWAY || !r->plan->step[row->step].parts)
			continue;
		list_move(&r->list, (long)at - (long)r->list.cursor, planview_id, r);
		break;
	}
	show(r);
}

static void
do_next(struct view *v)
{
	go_change(v, false);
}

static void
do_previous(struct view *v)
{
	go_change(v, true);
}

static void
do_faults(struct view *v)
{
	struct planview *r = v->state;

	r->changes = !r->changes;
	plan_refresh(v);
}

static void
do_unfold(struct view *v)
{
	struct planview *r = v->state;

	r->unfold = !r->unfold;
	plan_refresh(v);
}

static void
do_search(struct view *v)
{
	sieve_ask(v, "Steps with");
}

static void
do_wrap(struct view *v)
{
	struct planview *r = v->state;

	text_key(&r->text, "w");
}

static void
do_more(struct view *v)
{
	struct planview *r = v->state;

	r->context = r->context < 3 ? 3 : r->context * 3;
	if (r->context > WHOLE)
		r->context = WHOLE;
	show(r);
}

static void
do_less(struct view *v)
{
	struct planview *r = v->state;

	r->context = r->context > 3 ? r->context / 3 : 0;
	show(r);
}

static bool
plan_key(struct view *v, const char *key)
{
	struct planview *r = v->state;

	if (r->reading && (str_eq(key, "esc") || str_eq(key, "q"))) {
		r->reading = false;
		return true;
	}
	if (str_eq(key, "esc") && sieve_clear(&r->sieve))
		return true;
	if (r->reading)
		return text_key(&r->text, key);
	plan_refresh(v);
	if (!list_key(&r->list, key, planview_id, r))
		return (str_eq(key, "left") || str_eq(key, "right")) && text_key(&r->text, key);
	show(r);
	return true;
}

/* Not one host could be looked at, or may be acted on. */
static bool
is_barren(const struct planned *p)
{
	size_t away = 0;

	for (size_t i = 0; i < p->hosts; i++)
		away += p->host[i].why != NULL;
	return p->state == PLANNED_NOTHING && p->hosts && away == p->hosts;
}

static void
plan_status(const struct view *v, char *to, size_t size)
{
	static const char *const words[] = { [PLANNED_LOOKING] = "looking",
		[PLANNED_WAITS] = "waits: A applies",
		[PLANNED_APPLIED] = "applied",
		[PLANNED_LEFT] = "left",
		[PLANNED_NOTHING] = "nothing to change",
		[PLANNED_STOPPED] = "stopped" };
	const struct planview *r = v->state;
	char age[16] = "";

	if (!r->plan) {
		snprintf(to, size, "no plan");
		return;
	}
	if (is_barren(r->plan)) {
		snprintf(to, size, "no host can be planned for");
		return;
	}
	if (r->plan->made_ms)
		clock_short(v->scene->wall_ms - r->plan->made_ms, age, sizeof(age));
	snprintf(to, size, "%s%s%s%s", r->plan->drift && *age ? "looked at" : words[r->plan->state],
	    *age ? "  " : "", age, *age ? " old" : "");
}

static struct sieve *
plan_sieve(struct view *v)
{
	return &((struct planview *)v->state)->sieve;
}

static struct text *
plan_reads(struct view *v)
{
	struct planview *r = v->state;

	return r->reading ? &r->text : NULL;
}

static const char *
plan_lacks(const struct view *v, unsigned needs)
{
	const struct planned *p = source_of(v) ? source_of(v)->look(source_of(v)->user) : NULL;

	if (!(needs & (NEEDS_ROW | NEEDS_PLAN)))
		return NULL;
	if (!p)
		return "there is no plan: P makes one";
	if (!(needs & NEEDS_PLAN) || p->state == PLANNED_WAITS)
		return NULL;
	if (p->state == PLANNED_NOTHING)
		return is_barren(p) ? "no host can be planned for" : "nothing would change";
	return p->state == PLANNED_LOOKING ? "the hosts are still being looked at"
					   : "this plan does not wait any more: P plans anew";
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "read",
	    .summary = "go to the diff; Esc comes back",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open },
	{ .key = "space",
	    .name = "include",
	    .summary =
		"take the step or the hosts under the cursor out of what is applied, or in again",
	    .needs = NEEDS_PLAN,
	    .hint = true,
	    .run = do_turn },
	{ .key = "A",
	    .name = "apply",
	    .summary = "carry the plan out, after a question",
	    .needs = NEEDS_PLAN | NEEDS_WRITE,
	    .hint = true,
	    .run = planview_apply,
	    .command = "drover apply FILE",
	    .equal = planview_equal_apply },
	{ .key = "n",
	    .name = "change",
	    .summary = "to the next change",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_next },
	{ .key = "N",
	    .name = "previous change",
	    .summary = "to the change before",
	    .needs = NEEDS_ROW,
	    .run = do_previous },
	{ .key = "f",
	    .name = "changes",
	    .summary = "show only what would change",
	    .hint = true,
	    .run = do_faults },
	{ .key = "=", .name = "hosts", .summary = "hosts one by one, or folded", .run = do_unfold },
	{ .key = "/",
	    .name = "filter",
	    .summary = "steps that match; in the diff: search",
	    .run = do_search },
	{ .key = "w", .name = "wrap", .summary = "wrap long lines of the diff", .run = do_wrap },
	{ .key = "}",
	    .name = "more context",
	    .summary = "more lines around each change, up to the whole file",
	    .run = do_more },
	{ .key = "{",
	    .name = "less context",
	    .summary = "fewer lines around each change",
	    .run = do_less },
	{ .key = "e",
	    .name = "edit",
	    .summary = "the playbook in $EDITOR, at the step under the cursor",
	    .needs = NEEDS_ROW,
	    .run = planview_edit },
	{ .key = "E",
	    .name = "export",
	    .summary = "keep the plan in a file that drover apply takes, and beside it as text",
	    .needs = NEEDS_PLAN,
	    .run = planview_keep,
	    .command = "drover plan -o FILE PLAYBOOK" },
	{ .key = "d",
	    .name = "drift",
	    .summary = "what is no longer as the last apply left it",
	    .run = planview_drift,
	    .command = "drover diff PLAYBOOK" },
	{ 0 },
};

const struct view_class view_plan = {
	.name = "plan",
	.title = "Plan",
	.digit = '5',
	.actions = actions,
	.state_size = sizeof(struct planview),
	.open = plan_open,
	.close = plan_close,
	.refresh = plan_refresh,
	.paint = planview_paint,
	.key = plan_key,
	.status = plan_status,
	.lacks = plan_lacks,
	.sieve = plan_sieve,
	.reads = plan_reads,
};
