/* How the Apps screen looks: the tree, and the members below it or in its place. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/apps_source.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/table.h"
#include "tui/view_apps.h"

#include <stdio.h>

#define TREE_COL 5

enum column { COL_NAME, COL_KIND, COL_WANT, COL_HAVE, COL_IMAGE, COL_DIGEST, COL_WHERE, COL_LAST };

static const struct table_column columns[] = {
	[COL_NAME] = { "APP/SERVICE", 20, 3, 0, false },
	[COL_KIND] = { "KIND", 9, 0, 1, false },
	[COL_WANT] = { "WANT", 4, 0, 0, true },
	[COL_HAVE] = { "HAVE", 5, 0, 0, true },
	[COL_IMAGE] = { "IMAGE", 17, 3, 4, false },
	[COL_DIGEST] = { "DIGEST", 6, 0, 2, false },
	[COL_WHERE] = { "WHERE", 9, 2, 3, false },
	[COL_LAST] = { "LAST DEPLOY", 16, 1, 5, false },
};

bool
appsview_is_wide(const struct canvas *c, int top, int bottom)
{
	return c->cols >= APPS_WIDE && bottom - top >= APPS_TALL;
}

static enum style
state_style(enum roster_state s)
{
	static const enum style styles[ROSTER_STATES] = { [ROSTER_OK] = STYLE_GOOD,
		[ROSTER_WAIT] = STYLE_TEXT,
		[ROSTER_UNKNOWN] = STYLE_UNKNOWN,
		[ROSTER_PENDING] = STYLE_WARN,
		[ROSTER_DRIFT] = STYLE_WARN,
		[ROSTER_DOWN] = STYLE_BAD,
		[ROSTER_FAILED] = STYLE_BAD };

	return styles[s];
}

static const char *
state_glyph(enum roster_state s, bool ascii)
{
	static const enum glance glances[ROSTER_STATES] = { [ROSTER_OK] = GLANCE_OK,
		[ROSTER_WAIT] = GLANCE_WAIT,
		[ROSTER_UNKNOWN] = GLANCE_UNREACHABLE,
		[ROSTER_PENDING] = GLANCE_WARN,
		[ROSTER_DRIFT] = GLANCE_WARN,
		[ROSTER_DOWN] = GLANCE_FAIL,
		[ROSTER_FAILED] = GLANCE_FAIL };

	return glance_glyph(glances[s], ascii);
}

/* "r-191 1d, 1 drift" */
static void
last_text(const struct view *v, const struct apps_row *row, char *to, size_t size)
{
	const struct apps_source *s = v->services->apps;
	const struct roster_app *app = row->app;
	const char *run = row->item ? row->item->run : app->run;
	char alias[24], age[16] = "", more[48] = "";
	int64_t when = 0;

	if (row->item && row->state != ROSTER_OK)
		snprintf(more, sizeof(more), "%s", roster_state_name(row->state));
	else if (!row->item && app->drifted)
		snprintf(more, sizeof(more), "%zu drift", app->drifted);
	else if (row->state != ROSTER_OK)
		snprintf(more, sizeof(more), "%s", roster_state_name(row->state));
	if (!run) {
		snprintf(to, size, "%s", *more ? more : "-");
		return;
	}
	if (!s->run(s->user, run, alias, sizeof(alias), &when))
		snprintf(alias, sizeof(alias), "%.8s", run);
	if (when && !*more)
		clock_short(v->scene->wall_ms - when, age, sizeof(age));
	snprintf(
	    to, size, "%.20s %.24s%s", alias, *more ? more : age, *age && !*more ? " ago" : "");
}

static void
paint_tree(const struct apps_row *row, struct canvas *c, int at, const struct table *t, bool ascii)
{
	bool head = row->kind == APPS_PLAYBOOK || row->kind == APPS_HOST || row->kind == APPS_HEAD;
	int left = t->left[COL_NAME], width = t->width[COL_NAME];

	if (head) {
		canvas_print(c, at, 1, 1, STYLE_DIM, row->folded ? ">" : "v");
		canvas_print(c, at, left, width, STYLE_BOLD, row->name);
		return;
	}
	canvas_print(c, at, left, 3, STYLE_DIM,
	    row->last ? (ascii ? "`-" : "\342\224\224\342\224\200")
		      : (ascii ? "|-" : "\342\224\234\342\224\200"));
	canvas_print(c, at, left + 3, width - 3, STYLE_TEXT, row->name);
}

static void
paint_counts(const struct apps_row *row, struct canvas *c, int at, const struct table *t)
{
	enum style style = row->have < row->want && !row->unknown ? STYLE_BAD : STYLE_TEXT;
	char text[32];

	snprintf(text, sizeof(text), "%zu", row->want);
	table_cell(t, c, at, COL_WANT, STYLE_TEXT, text);
	if (row->unknown)
		snprintf(text, sizeof(text), "%zu?", row->have);
	else
		snprintf(text, sizeof(text), "%zu", row->have);
	table_cell(t, c, at, COL_HAVE, row->unknown ? STYLE_UNKNOWN : style, text);
}

static void
paint_app(const struct view *v, const struct apps_row *row, struct canvas *c, int at,
    const struct table *t)
{
	const struct roster_app *app = row->app;
	const char *image = row->item ? row->item->image : app->image;
	const char *id = row->item ? row->item->image_id : app->image_id;
	bool odd = row->item ? (row->item->differs & DIFFERS_IMAGE) != 0
			     : app->mixed || (app->differs & DIFFERS_IMAGE);
	char text[64] = "";

	table_cell(t, c, at, COL_KIND, STYLE_TEXT, roster_kind_name(app->kind));
	paint_counts(row, c, at, t);
	table_cell(t, c, at, COL_IMAGE, STYLE_TEXT, image ? image : "");
	if (id)
		snprintf(text, sizeof(text), "%.4s%s", id, odd ? "!" : "");
	table_cell(t, c, at, COL_DIGEST, odd ? STYLE_WARN : STYLE_TEXT, text);
	table_cell(t, c, at, COL_WHERE, STYLE_TEXT, row->item ? row->item->host : app->where);
	last_text(v, row, text, sizeof(text));
	table_cell(t, c, at, COL_LAST,
	    row->state == ROSTER_OK ? STYLE_DIM : state_style(row->state), text);
}

static void
paint_row(const struct view *v, const struct apps_row *row, struct canvas *c, int at,
    const struct table *t)
{
	const struct roster_foreign *f = row->foreign;

	paint_tree(row, c, at, t, v->scene->ascii);
	if (f) {
		canvas_print(c, at, 3, 1, glance_unit_style(f->state),
		    glance_unit_glyph(f->state, v->scene->ascii));
		table_cell(t, c, at, COL_KIND, STYLE_TEXT, "container");
		table_cell(t, c, at, COL_IMAGE, STYLE_TEXT, f->image);
		table_cell(t, c, at, COL_WHERE, STYLE_TEXT, f->host);
		table_cell(t, c, at, COL_LAST, glance_unit_style(f->state), f->state);
		return;
	}
	if (row->kind == APPS_HEAD) {
		canvas_printf(c, at, 5, c->cols - 6, STYLE_BOLD, "%s (%zu, %zu up)", row->name,
		    row->members, row->have);
		return;
	}
	canvas_print(
	    c, at, 3, 1, state_style(row->state), state_glyph(row->state, v->scene->ascii));
	if (row->app) {
		paint_app(v, row, c, at, t);
		return;
	}
	if (row->kind == APPS_PLAYBOOK)
		table_cell(t, c, at, COL_KIND, STYLE_DIM, "playbook");
	paint_counts(row, c, at, t);
	if (row->state != ROSTER_OK)
		table_cell(
		    t, c, at, COL_LAST, state_style(row->state), roster_state_name(row->state));
}

static void
paint_list(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct appsview *a = v->state;
	size_t first = list_top(&a->list, bottom - top - 1);
	struct table t;

	table_lay(&t, columns, countof(columns), TREE_COL, c->cols - TREE_COL);
	canvas_print(c, top, 3, 1, STYLE_HEAD, "S");
	table_head(&t, c, top);
	for (int i = 0; top + 1 + i < bottom && first + (size_t)i < a->rows; i++) {
		int at = top + 1 + i;

		paint_row(v, &a->row[first + (size_t)i], c, at, &t);
		if (first + (size_t)i != a->list.cursor || a->inside)
			continue;
		canvas_select(c, at, 0, c->cols);
		c->cursor_row = at;
		c->cursor_col = TREE_COL;
	}
}

static void
paint_group(const struct view *v, const struct roster_app *app, const struct apps_group *g,
    struct canvas *c, int at)
{
	const struct roster_instance *x = &app->item[g->first];
	bool wide = c->cols >= APPS_WIDE;
	int name = wide ? 16 : 12, col = 5 + name + 1;
	char since[16] = "-", text[200];

	canvas_print(c, at, 3, 1, state_style(x->state), state_glyph(x->state, v->scene->ascii));
	canvas_print(c, at, 5, name, STYLE_TEXT, g->name);
	if (x->since_s >= 0)
		clock_short(x->since_s > 0 ? x->since_s * 1000 : 1000, since, sizeof(since));
	snprintf(text, sizeof(text), "%s %s", *x->sub ? x->sub : "?", since);
	col += canvas_print(c, at, col, 16, state_style(x->state), text) + 2;
	if (x->image && wide)
		col += canvas_printf(c, at, col, c->cols - col - 1, STYLE_TEXT, "%.40s%s%.4s",
			   x->image, x->image_id ? "@" : "", x->image_id ? x->image_id : "") +
		       2;
	else if (x->image_id)
		col += canvas_printf(c, at, col, 6, STYLE_TEXT, "@%.4s", x->image_id) + 2;
	if (*x->health && wide)
		col += canvas_printf(
			   c, at, col, c->cols - col - 1, STYLE_TEXT, "health %s", x->health) +
		       2;
	if (x->restarts >= 0 && col < c->cols)
		col += canvas_printf(c, at, col, c->cols - col - 1,
			   x->restarts ? STYLE_WARN : STYLE_DIM, "restarts %d", x->restarts) +
		       2;
	if (g->odd && col < c->cols)
		canvas_printf(c, at, col, c->cols - col - 1, STYLE_WARN, "<- %s", g->odd);
}

static void
paint_members(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	size_t first = list_top(&a->members, bottom - top);

	for (int i = 0; top + i < bottom && first + (size_t)i < a->groups; i++) {
		int at = top + i;

		paint_group(v, row->app, &a->group[first + (size_t)i], c, at);
		if (!a->inside || first + (size_t)i != a->members.cursor)
			continue;
		canvas_select(c, at, 0, c->cols);
		c->cursor_row = at;
		c->cursor_col = 5;
	}
}

/* Why the member under the cursor, or the worst, is not as it should be. */
static void
paint_why(const struct view *v, struct canvas *c, int at)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	const struct apps_group *g = a->inside ? appsview_member(a) : NULL;
	const struct roster_app *app = row->app;

	for (size_t i = 0; !g && i < a->groups; i++)
		if (*app->item[a->group[i].first].why)
			g = &a->group[i];
	if (g && *app->item[g->first].why)
		canvas_printf(c, at, 1, c->cols - 2, state_style(app->item[g->first].state),
		    "%s: %s", g->name, app->item[g->first].why);
}

static void
paint_pane(const struct view *v, struct canvas *c, int top, int bottom)
{
	static const char *const titles[APPS_TABS] = { "instances", "releases", "differences" };
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	int col = 1;

	canvas_fill(c, top, 0, c->cols, STYLE_HEAD, '-');
	if (!row || !row->app) {
		if (row && row->foreign)
			canvas_printf(c, top + 1, 3, c->cols - 4, STYLE_TEXT, "%s on %s: %s, %s",
			    row->foreign->name, row->foreign->host, row->foreign->image,
			    row->foreign->status);
		return;
	}
	col += canvas_printf(
	    c, top, col, c->cols / 2, STYLE_HEAD, "%s/%s:", row->app->playbook, row->app->name);
	for (int i = 0; i < APPS_TABS; i++)
		col += canvas_printf(c, top, col, c->cols - col - 1,
		    i == (int)a->tab ? STYLE_TAB_ON : STYLE_HEAD,
		    i == (int)a->tab ? "[%s]" : " %s ", titles[i]);
	if (a->tab != APPS_INSTANCES) {
		text_paint(&a->text, c, top + 1, bottom, 2, c->cols - 3);
		return;
	}
	paint_members(v, c, top + 1, bottom - 1);
	paint_why(v, c, bottom - 1);
}

/* What is wanted comes from where, and who was not seen. */
static void
paint_foot(const struct view *v, struct canvas *c, int at)
{
	const struct appsview *a = v->state;
	const struct apps_source *s = v->services->apps;
	const char *mistake = s->mistake(s->user), *path = s->playbook(s->user);
	size_t asking = s->asking(s->user);
	int64_t age = s->age_ms(s->user);
	char text[16];
	int col = 1;

	if (mistake) {
		canvas_print(c, at, 1, c->cols - 2, STYLE_BAD, mistake);
		return;
	}
	if (asking)
		col += canvas_printf(c, at, col, c->cols - 2, STYLE_WARN, "looking at %zu host%s  ",
		    asking, asking == 1 ? "" : "s");
	if (path)
		col +=
		    canvas_printf(c, at, col, c->cols - col - 1, STYLE_DIM, "wanted by %s", path);
	else
		col += canvas_print(c, at, col, c->cols - col - 1, STYLE_DIM,
		    "no playbook: wanted is what drover put on each host");
	if (age >= 0 && !asking) {
		clock_short(age, text, sizeof(text));
		col += canvas_printf(
		    c, at, col, c->cols - col - 1, STYLE_DIM, "  looked %s ago", text);
	}
	if (*a->roster->unseen)
		canvas_printf(c, at, col, c->cols - col - 1, STYLE_UNKNOWN, "  not seen: %s",
		    a->roster->unseen);
}

void
appsview_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct appsview *a = v->state;
	bool wide = appsview_is_wide(c, top, bottom);
	int foot = bottom - top >= 8 ? bottom - 1 : bottom, pane = foot - (foot - top) * 2 / 5;

	if (!v->services->apps || !a->roster)
		return;
	if (!wide && a->inside && appsview_at(a)) {
		paint_pane(v, c, top, foot);
	} else {
		paint_list(v, c, top, wide ? pane : foot);
		if (!a->rows)
			canvas_print(c, top + 2, TREE_COL, c->cols - TREE_COL - 1, STYLE_DIM,
			    a->faults || match_on(&a->sieve.match) ? "nothing to show"
			    : a->roster->seen ? "drover put nothing on these hosts yet"
					      : "the hosts are not looked at yet");
		if (wide)
			paint_pane(v, c, pane, foot);
	}
	if (foot < bottom)
		paint_foot(v, c, foot);
}
