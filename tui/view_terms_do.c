/* What the command key leads to: who receives, what is asked first, which panes there are. */
#include "tui/view_terms.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/confirm.h"
#include "tui/key.h"

#include <stdio.h>
#include <string.h>

#define MANY          10 /* hosts: their number is to be typed */
#define PREVIEW_LINES 8

static struct terms *
terms_of(struct view *v)
{
	return ((struct terms_view *)v->state)->terms;
}

/* A question about what goes to several; the number of hosts is typed where there are many, or it is PROD. */
static void
ask(struct view *v, const char *title, const char *text, void (*yes)(struct view *v))
{
	struct broadcast_count n;
	char number[24];

	terms_count(terms_of(v), &n);
	snprintf(number, sizeof(number), "%zu", n.takers);
	v->services->confirm(v->services->user,
	    &(struct view_confirm){ .title = title,
		.text = text,
		.typed =
		    n.takers > MANY || confirm_is_production(v->scene->environment) ? number : NULL,
		.yes = yes });
}

static void
hold(struct terms_view *tv, const char *text, size_t len)
{
	free(tv->held);
	tv->held = xmemdup0(text, len);
	tv->held_len = len;
}

static void
enter_slowly(struct view *v)
{
	terms_slowly(terms_of(v), NULL);
}

/* What time there is between two. */
static void
say_slow(struct buf *b, const struct terms *t)
{
	buf_addf(b,
	    "\n \nIt goes to one after another, %.1f s apart, in the order of the panes. "
	    "Any key stops it.",
	    (double)t->rules.stagger_ms / 1000);
}

void
terms_view_enter(struct view *v)
{
	struct terms *t = terms_of(v);
	autobuf text = BUF_INIT(8192);
	const char *why;
	char *line;

	if (terms_judge_enter(t, &why, &line) == BROADCAST_FREE) {
		if (!terms_key(t, "enter", false))
			terms_view_say(v, true, "nobody receives that key");
		return;
	}
	autofree char *names = terms_takers(t);
	buf_addf(
	    &text, "This line, on %s:\n \n  %s\n \nterms.conf asks about it: %s", names, line, why);
	say_slow(&text, t);
	free(line);
	ask(v, "Enter in several terminals", buf_text(&text), enter_slowly);
}

static void
paste_yes(struct view *v)
{
	const struct terms_view *tv = v->state;

	if (tv->held)
		terms_paste(tv->terms, tv->held, tv->held_len);
}

void
terms_view_paste(struct view *v, const struct key *k)
{
	struct terms_view *tv = v->state;
	struct broadcast_count n;
	autobuf text = BUF_INIT(65536);
	const char *why;

	if (!k->text) {
		terms_view_say(v, true, "the paste is refused: it is longer than 64 KiB");
		return;
	}
	terms_count(tv->terms, &n);
	if (!n.takers) {
		terms_view_say(v, true, "nobody receives that paste");
		return;
	}
	enum broadcast_ask what =
	    broadcast_judge_paste(&tv->terms->rules, k->text, k->len, n.takers, &why);
	hold(tv, k->text, k->len);
	if (what == BROADCAST_FREE) {
		paste_yes(v);
		return;
	}
	autofree char *names = terms_takers(tv->terms);
	autofree char *preview = broadcast_preview(k->text, k->len, PREVIEW_LINES);
	size_t lines = broadcast_lines(k->text, k->len);
	buf_addf(&text, "%zu line%s -> %zu hosts: %s\n \n%s", lines, lines == 1 ? "" : "s",
	    n.takers, names, preview);
	if (what == BROADCAST_DANGER)
		buf_addf(&text, " \nterms.conf asks about it: %s", why);
	else if (what == BROADCAST_CONTROLS)
		buf_adds(&text, " \nControl characters in it are left out.");
	ask(v, "Paste into several terminals", buf_text(&text), paste_yes);
}

static void
do_command(struct view *v)
{
	((struct terms_view *)v->state)->mode = TERMS_COMMAND;
}

static void
do_broadcast(struct view *v)
{
	struct terms *t = terms_of(v);
	struct broadcast_count n;
	char text[200];

	terms_set_mode(t, t->mode == BROADCAST_ALL ? BROADCAST_OFF : t->mode + 1);
	terms_count(t, &n);
	if (t->mode == BROADCAST_OFF)
		snprintf(text, sizeof(text), "what is typed goes to one terminal");
	else if (t->mode == BROADCAST_MARKED)
		snprintf(text, sizeof(text),
		    "what is typed goes to the %zu put in; Space puts in and out", n.takers);
	else if (n.pets)
		snprintf(text, sizeof(text),
		    "what is typed goes to %zu; %zu pet%s: Space puts one in", n.takers, n.pets,
		    n.pets == 1 ? " does not" : "s do not");
	else
		snprintf(text, sizeof(text), "what is typed goes to all %zu", n.takers);
	terms_view_say(v, false, text);
}

/* In or out, by what the pane is now. */
static void
do_toggle(struct view *v)
{
	struct terms *t = terms_of(v);
	struct terms_pane *p = terms_view_focus(v);
	char text[200], title[120];
	bool in;

	if (t->mode == BROADCAST_ALL && !p->pet) {
		p->out = !p->out;
		in = !p->out;
	} else {
		p->in = !p->in;
		in = p->in;
	}
	terms_title(p, title, sizeof(title));
	snprintf(text, sizeof(text), "%s is %s%s", title, in ? "in" : "out",
	    t->mode == BROADCAST_OFF ? "; b types to those that are in" : "");
	t->line = (struct broadcast_line){ 0 }; /* it does not have what was typed so far */
	terms_view_say(v, false, text);
}

static void
do_zoom(struct view *v)
{
	struct terms_view *tv = v->state;

	tv->zoom = !tv->zoom;
}

static void
turn(struct terms_view *tv, long by)
{
	long page = (long)tv->page + by, pages = (long)tv->grid.pages;

	page = (page + pages) % pages;
	if (tv->shown_count)
		tv->terms->focus = tv->shown[(size_t)page * tv->grid.per_page];
}

static void
do_next(struct view *v)
{
	if (!terms_view_again(v, false))
		turn(v->state, 1);
}

static void
do_previous(struct view *v)
{
	turn(v->state, -1);
}

static void
do_again(struct view *v)
{
	if (!terms_view_again(v, true))
		turn(v->state, -1);
}

static void
do_fold(struct view *v)
{
	struct terms *t = terms_of(v);

	t->fold = !t->fold;
	terms_compare(t);
	terms_view_say(v, false, t->fold ? "equal panes are one" : "each pane by itself");
}

static void
do_hold_odd(struct view *v)
{
	struct terms *t = terms_of(v);

	t->hold_odd = !t->hold_odd;
	terms_view_say(v, false,
	    t->hold_odd ? "a pane that differs gets no more of what goes to several"
			: "panes that differ are fed as the others are");
}

/* Against the first that does not differ; where it is one itself, the first other pane. */
static void
do_diff(struct view *v)
{
	struct terms *t = terms_of(v);
	size_t other = SIZE_MAX;

	for (size_t i = 0; i < t->count; i++) {
		const struct terms_pane *p = t->panes[i];

		if (i == t->focus || !terms_is_live(p))
			continue;
		if (other == SIZE_MAX || (t->panes[other]->differs && !p->differs))
			other = i;
	}
	if (other == SIZE_MAX) {
		terms_view_say(v, true, "there is no other live pane to compare it with");
		return;
	}
	char one[120], two[120];
	terms_title(t->panes[other], one, sizeof(one));
	terms_title(t->panes[t->focus], two, sizeof(two));
	autofree char *diff = terms_diff(t, other, t->focus);
	autofree char *title = xasprintf("Terms: from %s to %s", one, two);
	if (diff)
		v->services->show(v->services->user, title, diff, strlen(diff));
	else
		terms_view_say(v, false, "they show the same, but for names and times");
}

/* Nothing is typed where a name would be missing from it. */
static bool
lacks_user(struct view *v, const char *input)
{
	const char *host = terms_nameless(terms_of(v), input);
	autofree char *why = xasprintf("%%u: the inventory names no user of %s, and ssh's "
				       "configuration is not asked here",
	    host ? host : "");

	if (host)
		terms_view_say(v, true, why);
	return host;
}

static void
insert_typed(struct view *v, const char *input)
{
	if (lacks_user(v, input))
		return;
	terms_insert(terms_of(v), input);
}

static void
do_insert(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "Into each, without Enter: %h host, %u user, %n number, %% is %",
		.yes = insert_typed });
}

static void
line_yes(struct view *v)
{
	const struct terms_view *tv = v->state;

	if (tv->held)
		terms_slowly(tv->terms, tv->held);
}

static void
line_typed(struct view *v, const char *input)
{
	struct terms_view *tv = v->state;
	autobuf text = BUF_INIT(8192);
	struct broadcast_count n;
	autofree char *names = terms_takers(tv->terms);

	if (lacks_user(v, input))
		return;
	hold(tv, input, strlen(input));
	terms_count(tv->terms, &n);
	if (n.takers < 2) {
		line_yes(v);
		return;
	}
	buf_addf(&text, "This line, on %s:\n \n  %s", names, input);
	say_slow(&text, tv->terms);
	ask(v, "A line, one terminal after another", buf_text(&text), line_yes);
}

static void
do_line(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "To one after another: %h host, %u user, %n number, %% is %",
		.yes = line_typed });
}

static void
do_record(struct view *v)
{
	struct terms_recorded r;
	autobuf text = BUF_INIT(1024);

	terms_record(terms_of(v), &r);
	if (r.changed && r.on)
		buf_addf(&text, "%zu recorded from here on, for history play", r.changed);
	else if (r.changed)
		buf_addf(&text, "%zu not recorded any more", r.changed);
	if (r.never)
		buf_addf(&text, "%s%zu never: the inventory says transcripts: never",
		    text.len ? "; " : "", r.never);
	if (r.always)
		buf_addf(&text, "%s%zu always: the inventory says transcripts: always",
		    text.len ? "; " : "", r.always);
	terms_view_say(v, r.changed == 0, buf_text(&text));
}

/* The first is the command key. */
const struct action terms_view_actions[] = {
	{ .key = "ctrl-]",
	    .name = "command",
	    .summary = "the next key is one of these; twice: it goes to the panes itself",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_command },
	{ .key = "b",
	    .name = "broadcast",
	    .summary = "type to one, to those put in, to all",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_broadcast },
	{ .key = "space",
	    .name = "in/out",
	    .summary = "the pane receives what goes to several, or not; a pet only when put in",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_toggle },
	{ .key = "z",
	    .name = "zoom",
	    .summary = "this pane alone, and back",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_zoom },
	{ .key = "[",
	    .name = "scroll",
	    .summary = "move in its lines with the keys that move; Esc ends it",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_scroll },
	{ .key = "n",
	    .name = "next page",
	    .summary = "the next page; in a scrolled pane the next line that has it",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_next },
	{ .key = "p",
	    .name = "previous page",
	    .summary = "the page before",
	    .needs = NEEDS_ROW,
	    .run = do_previous },
	{ .key = "N",
	    .name = "previous",
	    .summary = "in a scrolled pane the line before that has it; else the page before",
	    .needs = NEEDS_ROW,
	    .run = do_again },
	{ .key = "/",
	    .name = "search",
	    .summary = "search in its lines, upwards",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_search },
	{ .key = "v",
	    .name = "select",
	    .summary = "lines from here to the cursor, in a scrolled pane",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_select },
	{ .key = "y",
	    .name = "copy lines",
	    .summary = "the selected lines, or the screen of the pane",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_copy },
	{ .key = "=",
	    .name = "fold",
	    .summary = "panes that show the same are one",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_fold },
	{ .key = "d",
	    .name = "diff",
	    .summary = "what this pane shows in place of what others show",
	    .needs = NEEDS_LINK,
	    .run = do_diff },
	{ .key = "o",
	    .name = "hold odd",
	    .summary = "a pane that differs gets no more of what goes to several",
	    .needs = NEEDS_ROW,
	    .run = do_hold_odd },
	{ .key = "i",
	    .name = "insert",
	    .summary = "type a text with %h, %u, %n into each",
	    .needs = NEEDS_ROW,
	    .run = do_insert },
	{ .key = "L",
	    .name = "line",
	    .summary = "a line and Enter, one terminal after another",
	    .needs = NEEDS_ROW,
	    .run = do_line },
	{ .key = "+",
	    .name = "add",
	    .summary = "open terminals on a set of hosts",
	    .hint = true,
	    .run = terms_view_do_add,
	    .command = "drover ssh SET" },
	{ .key = "t",
	    .name = "record",
	    .summary = "keep what those that are typed to show from here on; again: no more",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_record },
	{ .key = "-",
	    .name = "drop",
	    .summary = "close the terminals of a set of hosts",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_drop },
	{ .key = "r",
	    .name = "reconnect",
	    .summary = "connect this pane again; its lines stay",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_reconnect },
	{ .key = "R",
	    .name = "reconnect all",
	    .summary = "all that have ended or were lost",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_reconnect_all },
	{ .key = "x",
	    .name = "close",
	    .summary = "close this pane",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_close },
	{ .key = "s",
	    .name = "shell",
	    .summary = "the pane becomes a shell of the login",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_shell },
	{ .key = "S",
	    .name = "root shell",
	    .summary = "the pane becomes a shell of root, as become says",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_root },
	{ .key = "c",
	    .name = "container",
	    .summary = "the pane becomes a shell in a container",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_container },
	{ .key = "l",
	    .name = "log",
	    .summary = "the pane follows the journal of a unit",
	    .needs = NEEDS_ROW,
	    .run = terms_view_do_log },
	{ 0 },
};
