/* Terminals of many hosts in a grid: what is typed goes to one of them, or to many at once. */
#include "tui/view_terms.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/frame.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/pane.h"

#include <string.h>

#define WHEEL_LINES 3

struct terms_pane *
terms_view_focus(const struct view *v)
{
	const struct terms_view *tv = v->state;

	return tv->terms && tv->terms->count ? tv->terms->panes[tv->terms->focus] : NULL;
}

size_t
terms_view_slot(const struct terms_view *tv)
{
	for (size_t i = 0; i < tv->shown_count; i++) {
		if (tv->shown[i] == tv->terms->focus)
			return i;
	}
	return 0;
}

bool
terms_view_box(const struct terms_view *tv, size_t slot, size_t *ret_pane, struct grid_box *ret_box)
{
	size_t at = tv->page * tv->grid.per_page + slot;

	if (slot >= tv->grid.per_page || at >= tv->shown_count)
		return false;
	*ret_pane = tv->zoom ? tv->terms->focus : tv->shown[at];
	grid_place(&tv->grid, slot, ret_box);
	return true;
}

void
terms_view_say(struct view *v, bool bad, const char *text)
{
	v->services->flash(v->services->user, bad, text);
}

/* What is folded into another has that one's place, and its focus. */
static void
choose_shown(struct terms_view *tv)
{
	struct terms *t = tv->terms;

	tv->shown_count = 0;
	for (size_t i = 0; i < t->count; i++) {
		if (t->fold && !t->panes[i]->leads)
			continue;
		mem_grow(tv->shown, tv->shown_count, tv->shown_cap);
		tv->shown[tv->shown_count++] = i;
	}
	if (!t->count || !t->fold || t->panes[t->focus]->leads)
		return;
	for (size_t i = 0; i < t->count; i++) {
		if (t->panes[i]->leads && t->panes[i]->group == t->panes[t->focus]->group &&
		    t->panes[i]->kind == t->panes[t->focus]->kind)
			t->focus = i;
	}
}

/* Those on other pages have the same size: they are compared with those here. */
static void
place_panes(struct terms_view *tv)
{
	struct grid_box box;
	size_t at;

	grid_place(&tv->grid, 0, &box);
	for (size_t i = 0; i < tv->terms->count; i++) {
		struct grid_box mine;
		bool seen = false;

		for (size_t slot = 0; !seen && terms_view_box(tv, slot, &at, &mine); slot++)
			seen = at == i;
		terms_place(tv->terms, i, seen, box.rows, box.cols);
	}
}

static void
terms_refresh(struct view *v)
{
	struct terms_view *tv = v->state;

	if (!tv->terms)
		return;
	choose_shown(tv);
	grid_make(v->height - 1, v->width, tv->zoom ? 1 : tv->shown_count, &tv->grid);
	if (tv->zoom)
		tv->grid.pages = tv->shown_count ? tv->shown_count : 1;
	tv->page = terms_view_slot(tv) / tv->grid.per_page;
	place_panes(tv);
}

static void
terms_open(struct view *v, const char *subject)
{
	struct terms_view *tv = v->state;

	tv->terms = v->services->terms;
	tv->anchor = -1;
	if (subject && tv->terms)
		terms_view_subject(v, subject);
}

/* Panes live on; what is typed does not go to many of them any more. */
static void
terms_cover(struct view *v)
{
	struct terms_view *tv = v->state;

	tv->mode = TERMS_TYPING;
	if (!tv->terms)
		return;
	if (tv->terms->mode != BROADCAST_OFF) {
		terms_set_mode(tv->terms, BROADCAST_OFF);
		terms_view_say(v, false, "Terms was left: what is typed there goes to one again");
	}
	for (size_t i = 0; i < tv->terms->count; i++)
		terms_place(tv->terms, i, false, 0, 0);
}

static void
terms_close(struct view *v)
{
	struct terms_view *tv = v->state;

	terms_cover(v);
	free(tv->shown);
	free(tv->held);
}

static const char *
terms_lacks(const struct view *v, unsigned needs)
{
	const struct terms_view *tv = v->state;
	const struct terms_pane *p = terms_view_focus(v);

	if (!tv->terms)
		return "there are no terminals here";
	if ((needs & (NEEDS_ROW | NEEDS_LINK)) && !p)
		return "no terminal is open: + opens some";
	if ((needs & NEEDS_LINK) && !terms_is_live(p))
		return "that terminal has ended: r connects it again";
	return NULL;
}

/* The focus by so many panes of those shown. */
static void
move(struct terms_view *tv, long by)
{
	long at = (long)terms_view_slot(tv) + by;

	if (at >= 0 && at < (long)tv->shown_count)
		tv->terms->focus = tv->shown[at];
}

static bool
terms_key_pressed(struct view *v, const char *key)
{
	struct terms_view *tv = v->state;
	const struct {
		const char *key;
		long by;
	} moves[] = { { "left", -1 }, { "h", -1 }, { "shift-tab", -1 }, { "right", 1 }, { "l", 1 },
		{ "tab", 1 }, { "up", -tv->grid.across }, { "k", -tv->grid.across },
		{ "down", tv->grid.across }, { "j", tv->grid.across } };

	if (!terms_view_focus(v))
		return false;
	if (tv->mode == TERMS_SCROLL)
		return terms_view_scroll_key(v, key);
	for (size_t i = 0; i < countof(moves); i++) {
		if (!str_eq(key, moves[i].key))
			continue;
		move(tv, moves[i].by);
		return true;
	}
	return false;
}

/* The pane at a cell of the screen, and where in it; its title is row -1. */
static bool
pane_at(
    const struct terms_view *tv, const struct key *k, size_t *ret_pane, int *ret_row, int *ret_col)
{
	struct grid_box box;

	for (size_t slot = 0; terms_view_box(tv, slot, ret_pane, &box); slot++) {
		*ret_row = k->row - FRAME_TOP - 1 - box.row;
		*ret_col = k->col - box.col;
		if (*ret_row >= -1 && *ret_row < box.rows && *ret_col >= 0 && *ret_col < box.cols)
			return true;
	}
	return false;
}

/* What the program asked for is its own, else the wheel scrolls and a click chooses the pane. */
static bool
take_mouse(struct view *v, const struct key *k)
{
	struct terms_view *tv = v->state;
	bool up = str_eq(k->name, KEY_WHEEL_UP_NAME), down = str_eq(k->name, KEY_WHEEL_DOWN_NAME);
	struct pane_state s;
	size_t at;
	int row, col;

	if (!pane_at(tv, k, &at, &row, &col))
		return false;
	struct terms_pane *p = tv->terms->panes[at];
	if (at != tv->terms->focus) {
		tv->terms->focus = at;
		tv->mode = TERMS_TYPING;
		return true;
	}
	pane_get(p->pane, &s);
	if (tv->mode != TERMS_SCROLL && s.mouse && row >= 0)
		pane_mouse(p->pane, row, col,
		    up     ? PANE_WHEEL_UP
		    : down ? PANE_WHEEL_DOWN
			   : PANE_CLICK);
	else if (up || (down && tv->mode == TERMS_SCROLL))
		terms_view_scroll(v, up ? -WHEEL_LINES : WHEEL_LINES);
	return true;
}

static bool
is_mouse(const char *name)
{
	return str_eq(name, KEY_CLICK_NAME) || str_eq(name, KEY_CLICK_2_NAME) ||
	       str_eq(name, KEY_WHEEL_UP_NAME) || str_eq(name, KEY_WHEEL_DOWN_NAME) ||
	       str_eq(name, KEY_DRAG_NAME);
}

/* The key behind the command key. False: it is one of the map. */
static bool
take_command(struct view *v, const struct key *k)
{
	struct terms_view *tv = v->state;

	tv->mode = TERMS_TYPING;
	if (key_matches(keymap_keys(v->scene->keymap, &terms_view_actions[0]), k->name)) {
		terms_key(tv->terms, k->name, false);
		return true;
	}
	return str_eq(k->name, "esc");
}

static bool
has_takers(const struct terms *t)
{
	struct broadcast_count n;

	terms_count(t, &n);
	return n.takers > 0;
}

bool
terms_view_typed(struct view *v, const struct key *k)
{
	struct terms_view *tv = v->state;

	if (!terms_view_focus(v))
		return false;
	if (is_mouse(k->name))
		return take_mouse(v, k);
	if (tv->terms->slow.count) {
		terms_slow_stop(tv->terms);
		return true;
	}
	if (tv->mode == TERMS_SCROLL)
		return false;
	if (tv->mode == TERMS_COMMAND)
		return take_command(v, k);
	if (!has_takers(tv->terms)) /* the keys of the screen are to be had at once */
		return false;
	if (key_matches(keymap_keys(v->scene->keymap, &terms_view_actions[0]), k->name))
		tv->mode = TERMS_COMMAND;
	else if (str_eq(k->name, KEY_PASTE_NAME))
		terms_view_paste(v, k);
	else if (str_eq(k->name, "enter"))
		terms_view_enter(v);
	else if (!terms_key(tv->terms, k->name, k->printable))
		terms_view_say(v, true, "no terminal has that key");
	return true;
}

static size_t
terms_hosts(const struct view *v, const char **to, size_t max)
{
	const struct terms_pane *p = terms_view_focus(v);

	if (!p || !max)
		return 0;
	to[0] = p->host;
	return 1;
}

const struct view_class view_terms = {
	.name = "terms",
	.title = "Terms",
	.digit = '7',
	.actions = terms_view_actions,
	.state_size = sizeof(struct terms_view),
	.open = terms_open,
	.close = terms_close,
	.cover = terms_cover,
	.refresh = terms_refresh,
	.paint = terms_view_paint,
	.key = terms_key_pressed,
	.typed = terms_view_typed,
	.status = terms_view_status,
	.lacks = terms_lacks,
	.hosts = terms_hosts,
};
