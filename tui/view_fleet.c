/* The fleet: pets one row each, cattle folded into herds of equals, the worst on top. */
#include "tui/view_fleet.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/fleet_source.h"

#include <stdio.h>

#define SIGHT_MAX 64 /* hosts behind folded rows that still count as seen */

static void
fleet_open(struct view *v, const char *subject)
{
	struct fleet *f = v->state;

	if (subject) {
		fleet_filter(f, subject);
		f->resort = true;
	}
}

static void
fleet_close(struct view *v)
{
	fleet_rows_free(v->state);
}

/* Read when the cursor came to another host, or a run began or ended. */
static void
read_last_run(struct view *v)
{
	struct fleet *f = v->state;
	const struct fleet_source *source = v->services->fleet;
	const struct fleet_row *r = fleet_current(v);
	const char *run = v->scene->run ? v->scene->run->run : "";

	if (!source || !r ||
	    (r->host + 1 == f->last_run_of && f->last_run_live == v->scene->run_live &&
		str_eq(run, f->last_run_after)))
		return;
	f->last_run_of = r->host + 1;
	str_copy(f->last_run_after, sizeof(f->last_run_after), run);
	f->last_run_live = v->scene->run_live;
	source->last_run(source->user, r->host, f->last_run, sizeof(f->last_run));
}

static void
fleet_refresh(struct view *v)
{
	struct fleet *f = v->state;

	fleet_rows_make(v);
	f->list.height = fleet_height(v);
	f->list.top = list_top(&f->list, f->list.height);
	read_last_run(v);
}

/* Rows of one host first: what is behind a fold is seen only as a whole. */
static void
fleet_sight(const struct view *v, bool *in)
{
	const struct fleet *f = v->state;
	int height = fleet_height(v);
	size_t first = list_top(&f->list, height), left = SIGHT_MAX;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = first;
		     i < f->count && i < first + (size_t)(height > 0 ? height : 0); i++) {
			const struct fleet_row *r = &f->rows[i];

			if (r->heading || (r->count > 1) != (pass == 1))
				continue;
			for (size_t k = 0; k < r->count && (pass == 0 || left); k++) {
				in[f->member[r->first + k]] = true;
				left -= pass == 1;
			}
		}
	}
}

static void
fleet_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct fleet_row *r = fleet_current(v);
	char note[128];

	if (!r)
		return;
	put(user, r->count > 1 ? "hosts" : "host", fleet_row_name(v, r));
	fleet_note(v, r, note, sizeof(note));
	if (*note)
		put(user, "note", note);
}

static size_t
fleet_hosts(const struct view *v, const char **to, size_t max)
{
	size_t count;
	autofree const char **names = fleet_targets(v, &count);

	if (count > max)
		count = max;
	for (size_t i = 0; i < count; i++)
		to[i] = names[i];
	return count;
}

static const char *
fleet_lacks(const struct view *v, unsigned needs)
{
	if ((needs & NEEDS_ROW) && !fleet_current(v))
		return "no host is under the cursor";
	return NULL;
}

static void
fleet_status(const struct view *v, char *to, size_t size)
{
	const struct fleet *f = v->state;

	snprintf(to, size, "sort %s %s   filter %s%s%s%s", fleet_column_title(f->sort),
	    f->inverse ? "^" : "v", match_on(&f->match) ? f->filter : "-",
	    f->faults ? "  faults" : "", f->unfolded ? "  unfolded" : "",
	    f->ranging ? "  range" : "");
}

const struct view_class view_fleet = {
	.name = "fleet",
	.title = "Fleet",
	.digit = '1',
	.actions = fleet_actions,
	.state_size = sizeof(struct fleet),
	.open = fleet_open,
	.close = fleet_close,
	.refresh = fleet_refresh,
	.paint = fleet_paint,
	.key = fleet_key,
	.status = fleet_status,
	.lacks = fleet_lacks,
	.things = fleet_things,
	.hosts = fleet_hosts,
	.sight = fleet_sight,
};
