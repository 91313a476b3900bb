/* What keys do on the Fleet screen: choose rows and hosts, and act on them. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/set.h"
#include "tui/fleet_source.h"
#include "tui/view_fleet.h"

#include <stdio.h>
#include <string.h>

const char **
fleet_targets(const struct view *v, size_t *ret_count)
{
	const struct fleet *f = v->state;
	const struct scene *s = v->scene;
	const struct fleet_row *r = fleet_current(v);
	const char **names = xcalloc(s->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < s->count && s->marked; i++) {
		if (s->hosts[i].marked)
			names[n++] = s->hosts[i].name;
	}
	for (size_t i = 0; r && !s->marked && i < r->count; i++)
		names[n++] = s->hosts[f->member[r->first + i]].name;
	*ret_count = n;
	return names;
}

/* BEFORE SET AFTER; NULL when there is nothing to act on. Caller frees. */
static char *
on_targets(const struct view *v, const char *before, const char *after)
{
	size_t n;
	autofree const char **names = fleet_targets(v, &n);
	struct buf b = BUF_INIT(SIZE_MAX);

	if (!n)
		return NULL;
	autofree char *set = names_fold(names, n);
	buf_adds(&b, before);
	str_shell_quote(&b, set);
	buf_adds(&b, after);
	return buf_detach(&b, &(size_t){ 0 });
}

static struct fleet *
touched(struct view *v)
{
	struct fleet *f = v->state;

	f->touched = true;
	return f;
}

/* What was chosen is another: rows are made and sorted at once. */
static void
again(struct view *v)
{
	struct fleet *f = touched(v);

	f->resort = true;
	fleet_rows_make(v);
}

static void
do_open(struct view *v)
{
	struct fleet *f = touched(v);
	const struct fleet_row *r = fleet_current(v);
	bool open = !r->open;

	if (r->count == 1) {
		v->services->open(v->services->user, "host", v->scene->hosts[r->host].name);
		return;
	}
	for (size_t i = 0; i < r->count; i++)
		f->hosts[f->member[r->first + i]].open = open;
	fleet_rows_make(v);
}

static void
mark_row(struct view *v, const struct fleet_row *r, bool on)
{
	const struct fleet *f = v->state;

	for (size_t i = 0; i < r->count; i++)
		v->services->mark(v->services->user, f->member[r->first + i], on);
}

static void
end_range(struct view *v)
{
	struct fleet *f = v->state;
	size_t from, to;

	if (fleet_range(f, &from, &to)) {
		for (size_t i = from; i <= to; i++)
			mark_row(v, &f->rows[i], true);
	}
	f->ranging = false;
	fleet_rows_make(v);
}

static void
do_mark(struct view *v)
{
	struct fleet *f = touched(v);
	const struct fleet_row *r = fleet_current(v);

	if (f->ranging) {
		end_range(v);
		return;
	}
	mark_row(v, r, r->marked < r->count);
	list_move(&f->list, 1, fleet_row_id, f);
	fleet_rows_make(v);
}

static void
do_range(struct view *v)
{
	struct fleet *f = touched(v);

	if (f->ranging) {
		end_range(v);
		return;
	}
	f->ranging = true;
	str_copy(f->anchor, sizeof(f->anchor), f->list.id);
}

static void
do_invert_marks(struct view *v)
{
	struct fleet *f = touched(v);

	for (size_t i = 0; i < v->scene->count; i++) {
		if (f->hosts[i].shown)
			v->services->mark(v->services->user, i, !v->scene->hosts[i].marked);
	}
	fleet_rows_make(v);
}

static void
unmark_all(struct view *v)
{
	for (size_t i = 0; i < v->scene->count; i++)
		v->services->mark(v->services->user, i, false);
}

static void
do_unmark(struct view *v)
{
	touched(v)->ranging = false;
	unmark_all(v);
	fleet_rows_make(v);
}

/* The hosts of a set are marked, or unmarked; only them when the others are to go. */
static void
mark_set(struct view *v, const char *expr, bool on, bool only)
{
	const struct fleet_source *source = v->services->fleet;
	autofree bool *in = xcalloc(v->scene->count + 1, sizeof(*in));
	char said[64];
	struct err err;
	size_t n = 0;

	if (source->set(source->user, expr, in, &err) < 0) {
		v->services->flash(v->services->user, true, err.text);
		return;
	}
	if (only)
		unmark_all(v);
	for (size_t i = 0; i < v->scene->count; i++) {
		if (!in[i])
			continue;
		v->services->mark(v->services->user, i, on);
		n++;
	}
	snprintf(said, sizeof(said), "%zu host%s %s", n, n == 1 ? "" : "s",
	    on ? "marked" : "not marked any more");
	v->services->flash(v->services->user, false, said);
	fleet_rows_make(v);
}

static void
set_added(struct view *v, const char *expr)
{
	mark_set(v, expr, true, false);
}

static void
set_removed(struct view *v, const char *expr)
{
	mark_set(v, expr, false, false);
}

static void
set_alone(struct view *v, const char *expr)
{
	mark_set(v, expr, true, true);
}

static void
ask_set(struct view *v, const char *title, void (*yes)(struct view *v, const char *expr))
{
	touched(v);
	v->services->prompt(v->services->user, &(struct view_prompt){ .title = title, .yes = yes });
}

static void
do_add(struct view *v)
{
	ask_set(v, "Mark these hosts too: web[1-9], @db, os=debian*", set_added);
}

static void
do_remove(struct view *v)
{
	ask_set(v, "Mark these hosts no more", set_removed);
}

static void
do_set(struct view *v)
{
	ask_set(v, "Mark these hosts and no others", set_alone);
}

void
fleet_filter(struct fleet *f, const char *typed)
{
	match_fini(&f->match);
	match_init(&f->match, typed);
	str_copy(f->filter, sizeof(f->filter), typed);
}

static void
filter_changed(struct view *v, const char *typed)
{
	fleet_filter(v->state, typed);
	again(v);
}

static void
filter_refused(struct view *v)
{
	struct fleet *f = v->state;
	char kept[sizeof(f->kept)];

	str_copy(kept, sizeof(kept), f->kept);
	filter_changed(v, kept);
}

static void
do_filter(struct view *v)
{
	struct fleet *f = touched(v);

	str_copy(f->kept, sizeof(f->kept), f->filter);
	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Show only (a regex; !not; -f letters; os=debian*)",
		.preset = f->filter,
		.empty = true,
		.changed = filter_changed,
		.yes = filter_changed,
		.no = filter_refused });
}

static void
do_fold(struct view *v)
{
	struct fleet *f = v->state;

	f->unfolded = !f->unfolded;
	for (size_t i = 0; i < f->known; i++)
		f->hosts[i].open = false;
	again(v);
}

static void
do_faults(struct view *v)
{
	struct fleet *f = v->state;

	f->faults = !f->faults;
	again(v);
}

/* The note sorts as the glyph does. */
static void
sort_by(struct view *v, unsigned step)
{
	struct fleet *f = v->state;

	f->sort = (enum fleet_column)(((unsigned)f->sort + step) % FLEET_NOTE);
	again(v);
}

static void
do_sort_left(struct view *v)
{
	sort_by(v, FLEET_NOTE - 1);
}

static void
do_sort_right(struct view *v)
{
	sort_by(v, 1);
}

static void
do_sort_inverse(struct view *v)
{
	struct fleet *f = v->state;

	f->inverse = !f->inverse;
	again(v);
}

static void
do_logs(struct view *v)
{
	size_t n;
	autofree const char **names = fleet_targets(v, &n);

	touched(v);
	autofree char *set = names_fold(names, n);
	v->services->open(v->services->user, "logs", set);
}

static void
do_command(struct view *v)
{
	size_t n;
	autofree const char **names = fleet_targets(v, &n);

	touched(v);
	v->services->command(v->services->user, names, n);
}

static void
do_shell(struct view *v)
{
	size_t n;
	autofree const char **names = fleet_targets(v, &n);
	autofree char *set = names_fold(names, n);

	touched(v);
	if (n > 1 && !v->services->terms)
		v->services->flash(v->services->user, true,
		    "a shell is on one host: Enter shows the hosts of this herd");
	else
		v->services->login(v->services->user, set);
}

static char *
open_equal(const struct view *v)
{
	const struct fleet_row *r = fleet_current(v);

	if (!r || r->count > 1)
		return on_targets(v, "drover hosts ", "");
	return xasprintf("drover ps %s", v->scene->hosts[r->host].name);
}

static char *
hosts_equal(const struct view *v)
{
	return on_targets(v, "drover hosts ", "");
}

static char *
logs_equal(const struct view *v)
{
	return on_targets(v, "drover logs -f ", "");
}

static char *
command_equal(const struct view *v)
{
	return on_targets(v, "drover run ", " -- COMMAND");
}

static char *
shell_equal(const struct view *v)
{
	return on_targets(v, "drover ssh ", "");
}

bool
fleet_key(struct view *v, const char *key)
{
	struct fleet *f = touched(v);

	f->list.height = fleet_height(v);
	if (str_eq(key, "esc") && (f->ranging || match_on(&f->match))) {
		if (f->ranging)
			f->ranging = false;
		else
			filter_changed(v, "");
		return true;
	}
	return list_key(&f->list, key, fleet_row_id, f);
}

const struct action fleet_actions[] = {
	{ .key = "enter",
	    .name = "open",
	    .summary =
		"open the host under the cursor; a herd shows its hosts, and hides them again",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open,
	    .command = "drover ps HOST",
	    .equal = open_equal },
	{ .key = "space",
	    .name = "mark",
	    .summary = "mark what is under the cursor, or take its mark away, and go down",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_mark,
	    .command = "drover hosts SET",
	    .equal = hosts_equal },
	{ .key = "+",
	    .name = "mark set",
	    .summary = "mark the hosts of a node set too",
	    .run = do_add,
	    .command = "drover hosts SET" },
	{ .key = "-",
	    .name = "unmark set",
	    .summary = "take the marks of the hosts of a node set away",
	    .run = do_remove,
	    .command = "drover hosts SET" },
	{ .key = "@",
	    .name = "mark only",
	    .summary = "mark the hosts of a node set and no others",
	    .run = do_set,
	    .command = "drover hosts SET" },
	{ .key = "v",
	    .name = "range",
	    .summary = "begin a range here; v or Space where it ends marks it",
	    .needs = NEEDS_ROW,
	    .run = do_range },
	{ .key = "*",
	    .name = "invert marks",
	    .summary = "mark what is not marked, of the hosts that are shown",
	    .run = do_invert_marks },
	{ .key = "U", .name = "unmark", .summary = "take all marks away", .run = do_unmark },
	{ .key = "l",
	    .name = "logs",
	    .summary = "logs of the marked hosts, or of what is under the cursor",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_logs,
	    .command = "drover logs -f SET",
	    .equal = logs_equal },
	{ .key = "s",
	    .name = "shell",
	    .summary = "terminals on the marked hosts, or on what is under the cursor",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_shell,
	    .command = "drover ssh SET",
	    .equal = shell_equal },
	{ .key = "!",
	    .name = "run",
	    .summary = "run a command on the marked hosts, or on what is under the cursor",
	    .needs = NEEDS_ROW | NEEDS_WRITE,
	    .hint = true,
	    .run = do_command,
	    .command = "drover run SET -- COMMAND",
	    .equal = command_equal },
	{ .key = "/",
	    .name = "filter",
	    .summary = "show only the hosts that match; Esc shows all again",
	    .hint = true,
	    .run = do_filter },
	{ .key = "=",
	    .name = "fold",
	    .summary = "fold and unfold identical cattle",
	    .run = do_fold },
	{ .key = "f",
	    .name = "faults",
	    .summary = "show only hosts that are not ok",
	    .run = do_faults },
	{ .key = "<",
	    .name = "sort left",
	    .summary = "sort by the column before",
	    .run = do_sort_left },
	{ .key = ">",
	    .name = "sort right",
	    .summary = "sort by the next column",
	    .run = do_sort_right },
	{ .key = "I",
	    .name = "invert sort",
	    .summary = "sort the other way round",
	    .run = do_sort_inverse },
	{ 0 },
};
