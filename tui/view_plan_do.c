/* What can be done with a plan: carried out, kept, made anew as drift, and its playbook edited. */
#include "tui/view_plan.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/set.h"
#include "tui/confirm.h"
#include "tui/plan_source.h"
#include "tui/planned.h"
#include "tui/view.h"

#include <stdio.h>

#define CONFIRMED 6 /* steps that the question names */

static const struct plan_source *
source_of(const struct view *v)
{
	return v->services->plan;
}

static void
flash(struct view *v, const char *text)
{
	v->services->flash(v->services->user, true, text);
}

void
planview_edit(struct view *v)
{
	const struct planview *r = v->state;
	const struct plan_row *row;
	const struct planned_step *s;

	v->class->refresh(v);
	row = planview_at(r);
	s = row && row->kind != ROW_AWAY ? &r->plan->step[row->step] : NULL;
	source_of(v)->edit(source_of(v)->user, s && s->file ? s->file : r->plan->playbook,
	    s && s->file ? s->line : 1);
}

static void
kept(struct view *v, const char *input)
{
	autofree char *said =
	    xasprintf("the plan is kept in %s, and as text in %s.txt", input, input);
	struct err err;

	if (source_of(v)->keep(source_of(v)->user, input, &err) < 0)
		flash(v, err.text);
	else
		v->services->flash(v->services->user, false, said);
}

void
planview_keep(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "Keep the plan in", .preset = "drover.plan", .yes = kept });
}

static void
drifted(struct view *v, const char *input)
{
	struct err err;

	if (source_of(v)->plan(source_of(v)->user, input, true, &err) < 0)
		flash(v, err.text);
}

void
planview_drift(struct view *v)
{
	const struct planned *p = source_of(v)->look(source_of(v)->user);

	v->services->prompt(
	    v->services->user, &(struct view_prompt){ .title = "Drift of the playbook",
				   .preset = p ? p->playbook : "playbook.yaml",
				   .yes = drifted });
}

/* The steps that would be done, as far as a question has room for them. */
static void
tell_steps(const struct planned *p, struct buf *to)
{
	size_t told = 0, more = 0;

	for (size_t i = 0; i < p->steps; i++) {
		const struct planned_step *s = &p->step[i];

		if (!s->parts || s->out)
			continue;
		if (told++ < CONFIRMED)
			buf_addf(to, "%c %.60s  %zu\n", plan_class_sign(s->class), s->title,
			    s->differing);
		else
			more++;
	}
	if (more)
		buf_addf(to, "and %zu more\n", more);
}

static void
applied(struct view *v)
{
	const struct plan_source *s = source_of(v);

	s->apply(s->user);
	v->services->open(v->services->user, "run", NULL);
}

/* Hosts of a plan as those of the scene. */
static size_t
in_scene(const struct scene *s, const struct planned *p, size_t *host, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < s->count; k++) {
			if (str_eq(s->hosts[k].name, p->host[host[i]].name)) {
				host[n++] = k;
				break;
			}
		}
	}
	return n;
}

void
planview_apply(struct view *v)
{
	const struct planned *p = source_of(v)->look(source_of(v)->user);
	autofree size_t *host = xcalloc(p->hosts + 1, sizeof(*host));
	size_t count = planned_changing(p, host), pets = 0;
	autofree const char **names = xcalloc(count + 1, sizeof(*names));
	autobuf text = BUF_INIT(65536);
	char word[CONFIRM_WORD];
	char title[128];

	for (size_t i = 0; i < count; i++) {
		names[i] = p->host[host[i]].name;
		pets += p->host[host[i]].pet;
	}
	if (!count) {
		flash(v, "everything that would change is left out");
		return;
	}
	autofree char *set = names_fold(names, count);
	buf_addf(&text, "On %.300s (%zu host%s, %zu pet%s):\n", set, count, count == 1 ? "" : "s",
	    pets, pets == 1 ? "" : "s");
	tell_steps(p, &text);
	count = in_scene(v->scene, p, host, count);
	confirm_word(v->scene, host, count, CONFIRM_CHANGE, word);
	snprintf(title, sizeof(title), "drover apply %.100s", p->playbook);
	v->services->confirm(v->services->user, &(struct view_confirm){ .title = title,
						    .text = buf_text(&text),
						    .typed = *word ? word : NULL,
						    .yes = applied });
}

char *
planview_equal_apply(const struct view *v)
{
	const struct planview *r = v->state;
	autobuf b = BUF_INIT(4096);

	if (!r->plan)
		return NULL;
	buf_adds(&b, "drover apply ");
	str_shell_quote(&b, r->plan->playbook);
	return buf_detach(&b, NULL);
}
