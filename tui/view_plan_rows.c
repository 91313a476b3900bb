#include "tui/view_plan.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/planned.h"

#include <string.h>

#define TEXT_MAX   (16U << 20)
#define PARTS_TOLD 20 /* at once */

const char *
planview_id(const void *user, size_t i)
{
	return ((const struct planview *)user)->row[i].id;
}

const struct plan_row *
planview_at(const struct planview *r)
{
	return r->plan && r->list.cursor < r->rows ? &r->row[r->list.cursor] : NULL;
}

void
planview_free_rows(struct planview *r)
{
	for (size_t i = 0; i < r->rows; i++)
		free(r->row[i].id);
	r->rows = 0;
}

static struct plan_row *
add_row(struct planview *r, struct plan_row row)
{
	mem_grow(r->row, r->rows, r->cap);
	r->row[r->rows] = row;
	return &r->row[r->rows++];
}

static void
add_parts(struct planview *r, size_t step)
{
	const struct planned *p = r->plan;
	const struct planned_step *s = &p->step[step];

	for (size_t k = 0; k < s->parts; k++) {
		const struct planned_part *part = &s->part[k];
		const char *first = p->host[part->host[0]].name;

		for (size_t n = 0; r->unfold && n < part->count; n++)
			add_row(r,
			    (struct plan_row){ .kind = ROW_HOST,
				.step = step,
				.part = k,
				.host = part->host[n],
				.last = k + 1 == s->parts && n + 1 == part->count,
				.id = xasprintf("h %s %s", p->host[part->host[n]].name, s->id) });
		if (!r->unfold && s->parts > 1)
			add_row(r, (struct plan_row){ .kind = ROW_PART,
				       .step = step,
				       .part = k,
				       .host = part->host[0],
				       .last = k + 1 == s->parts,
				       .id = xasprintf("p %s %s", first, s->id) });
	}
}

void
planview_rows(struct planview *r)
{
	const struct planned *p = r->plan;

	planview_free_rows(r);
	for (size_t i = 0; p && i < p->steps; i++) {
		const struct planned_step *s = &p->step[i];

		if ((r->changes && !s->parts) || !match_row(&r->sieve.match, s->title, NULL, NULL))
			continue;
		add_row(r, (struct plan_row){
			       .kind = ROW_STEP, .step = i, .id = xasprintf("s %s", s->id) });
		add_parts(r, i);
	}
	for (size_t i = 0; p && i < p->hosts; i++) {
		if (p->host[i].why || (p->host[i].out && !r->unfold))
			add_row(r, (struct plan_row){ .kind = ROW_AWAY,
				       .host = i,
				       .id = xasprintf("a %s", p->host[i].name) });
	}
	list_update(&r->list, r->rows, planview_id, r);
}

static void
tell_unpredicted(const struct planned_step *s, struct buf *to)
{
	if (s->command)
		buf_addf(to, "$ %s\n\n", s->command);
	if (s->follows)
		buf_adds(to,
		    "It follows the tasks: it is done once on each host where one of those "
		    "that ask for it changed something.\n");
	else
		buf_adds(to, "What it does cannot be told before: it will run, and counts as a "
			     "change. Say creates: or unless: in its task, and the plan knows.\n");
}

static void
tell_part(const struct planned *p, const struct planned_step *s, const struct planned_part *part,
    size_t context, struct buf *to)
{
	autofree char *diff = planned_diff(p, part, context);
	autofree char *set = planned_set(p, part);

	buf_addf(to, "@ %s: %s%s\n", set, plan_class_name(part->class),
	    part->count > 1 && part->diff
		? (part->named ? ", identical but for the host's name" : ", identical")
		: "");
	if (part->why)
		buf_addf(to, "%s\n", part->why);
	if (part->secret)
		buf_adds(to, "(secret, changed)\n");
	else if (diff)
		buf_adds(to, diff);
	if (part->class == PLAN_UNPREDICTED)
		tell_unpredicted(s, to);
}

static void
tell_step(const struct planned *p, const struct planned_step *s, size_t context, struct buf *to)
{
	if (s->out)
		buf_adds(to, "It is left out.\n\n");
	if (!s->parts)
		buf_addf(to, "The same on %zu host%s: nothing is done.\n", s->same,
		    s->same == 1 ? "" : "s");
	for (size_t i = 0; i < s->parts && i < PARTS_TOLD; i++) {
		if (i)
			buf_addc(to, '\n');
		tell_part(p, s, &s->part[i], context, to);
	}
	if (s->parts > PARTS_TOLD)
		buf_addf(to, "\n%zu more differ: their rows have them.\n", s->parts - PARTS_TOLD);
	if (s->parts && s->same)
		buf_addf(to, "\nThe same on %zu other host%s.\n", s->same, s->same == 1 ? "" : "s");
	if (s->file)
		buf_addf(to, "\n%s:%d\n", s->file, s->line);
}

char *
planview_tell(const struct planned *p, const struct plan_row *row, size_t context)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	if (row->kind == ROW_STEP)
		tell_step(p, &p->step[row->step], context, &b);
	else if (row->kind != ROW_AWAY)
		tell_part(p, &p->step[row->step], &p->step[row->step].part[row->part], context, &b);
	else if (p->host[row->host].why)
		buf_addf(&b, "Nothing is done on %s:\n\n%s\n", p->host[row->host].name,
		    p->host[row->host].why);
	else
		buf_addf(&b, "%s is left out. Space takes it in again.\n", p->host[row->host].name);
	return buf_detach(&b, NULL);
}
