/* Keys find their action: the overlay first, then the view's own, the view's moves, screens, those of all. */
#include "tui/confirm.h"
#include "tui/console.h"
#include "tui/frame.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/launch.h"
#include "tui/menu.h"
#include "tui/messages.h"
#include "tui/picker.h"
#include "tui/term.h"

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/herd.h"
#include "engine/poll.h"
#include "inventory/inventory.h"
#include "remote/remote.h"

#include <stdio.h>
#include <string.h>

static struct console *
console_of(struct view *v)
{
	return v->services->user;
}

static void
row_chosen(void *user, const struct picker_item *item)
{
	keys_run(user, item->what);
}

static void
do_help(struct view *v)
{
	char title[64];

	snprintf(title, sizeof(title), "Help: %s", v->class->title);
	overlay_pick(
	    &console_of(v)->overlay, OVERLAY_HELP, title, menu_help(v), row_chosen, console_of(v));
}

static void
do_actions(struct view *v)
{
	overlay_pick(&console_of(v)->overlay, OVERLAY_MENU, "Actions", menu_actions(v), row_chosen,
	    console_of(v));
}

static void
do_palette(struct view *v)
{
	command_open(console_of(v));
}

static const char *
address_of(void *user, const char *host)
{
	struct console *c = user;
	const struct host *h = inventory_find(c->call->inventory, host);

	return h ? h->address : NULL;
}

static void
copy_chosen(void *user, const struct picker_item *item)
{
	struct console *c = user;

	c->services.copy(c, item->value);
}

static void
do_copy(struct view *v)
{
	struct console *c = console_of(v);
	struct picker *p = menu_copy(v, address_of, c);

	if (p->count) {
		overlay_pick(&c->overlay, OVERLAY_MENU, "Copy", p, copy_chosen, c);
		return;
	}
	picker_free(p);
	console_flash(c, false, "there is nothing to copy here");
}

void
messages_show(struct console *c)
{
	autofree char *text = messages_text(c->messages);

	verbs_show(c, "Messages", text, strlen(text));
}

static void
do_messages(struct view *v)
{
	messages_show(console_of(v));
}

static void
do_plan(struct view *v)
{
	services_plan(console_of(v));
}

static void
do_refresh(struct view *v)
{
	struct console *c = console_of(v);

	remote_ask_anew(c->call->remote);
	for (size_t i = 0; i < c->scene.count; i++)
		poll_now(c->poll, i);
	console_flash(c, false, "asking %zu hosts", c->scene.count);
}

static void
do_redraw(struct view *v)
{
	term_redraw(console_of(v)->term);
}

static void
do_mouse(struct view *v)
{
	struct console *c = console_of(v);
	bool on = !term_has_mouse(c->term);

	term_mouse(c->term, on);
	console_flash(c, false,
	    on ? "the mouse is drover's: click, wheel; Shift-drag selects"
	       : "the mouse is the terminal's: drag selects; M takes it back");
}

static void
set_writable(struct console *c, bool on)
{
	c->scene.writable = on;
	console_flash(c, false, on ? "write mode: actions that change hosts are on" : "read-only");
}

static void
writing_confirmed(void *user, const char *input)
{
	(void)input;
	set_writable(user, true);
}

static void
do_last(struct view *v)
{
	console_last(console_of(v));
}

/* On the hosts that the screen is about; screens with hosts of another kind have an action of their own. */
static void
do_run(struct view *v)
{
	struct console *c = console_of(v);
	autofree const char **names = xcalloc(c->scene.count + 1, sizeof(*names));
	size_t n = v->class->hosts ? v->class->hosts(v, names, c->scene.count) : 0;

	if (n)
		c->services.command(c, names, n);
	else
		console_flash(c, true, "no host is marked or under the cursor");
}

static void
do_write(struct view *v)
{
	struct console *c = console_of(v);

	if (c->readonly) {
		console_flash(c, true, "read-only: drover was started with --readonly");
		return;
	}
	if (!c->scene.writable && confirm_is_production(c->scene.environment)) {
		autofree char *title = xasprintf("Write mode on %.60s", c->scene.environment->name);

		overlay_confirm(&c->overlay, title,
		    "Actions that change hosts will be on until W is pressed again. Each still "
		    "asks.",
		    NULL, writing_confirmed, c);
		return;
	}
	set_writable(c, !c->scene.writable);
}

static void
do_hold(struct view *v)
{
	struct console *c = console_of(v);

	c->held = !c->held;
	poll_hold(c->poll, c->held);
	console_tick(c);
	console_flash(c, false, c->held ? "paused: nothing is asked of the hosts" : "going on");
}

static void
leave(void *user, const char *input)
{
	struct console *c = user;

	(void)input;
	c->leaving = true;
	loop_stop(c->loop);
}

static void
do_quit(struct view *v)
{
	struct console *c = console_of(v);

	if (launch_live(c->launch))
		overlay_confirm(&c->overlay, "Leave while a run is at work",
		    "The run goes on on the hosts it has reached and starts no more. drover resume "
		    "reads "
		    "what they did.",
		    NULL, leave, c);
	else
		leave(c, NULL);
}

static void
do_back(struct view *v)
{
	struct console *c = console_of(v);

	if (c->depth > 1)
		console_back(c);
	else if (!str_eq(c->pressed, "esc"))
		do_quit(v);
}

static void
do_suspend(struct view *v)
{
	console_suspend(console_of(v));
}

static void
do_stop(struct view *v)
{
	console_stop(console_of(v));
}

static void
do_activity(struct view *v)
{
	console_open(console_of(v), &view_activity, NULL);
}

const struct action console_actions[] = {
	{ .key = "?|f1",
	    .name = "help",
	    .summary = "what the keys of this screen do",
	    .hint = true,
	    .run = do_help },
	{ .key = "a",
	    .name = "actions",
	    .summary = "every action for what is under the cursor",
	    .hint = true,
	    .run = do_actions },
	{ .key = ":",
	    .name = "palette",
	    .summary = "any screen, action or verb by its name; a node set marks",
	    .hint = true,
	    .run = do_palette },
	{ .key = "y",
	    .name = "copy",
	    .summary = "copy its name, address, or the command that an action equals",
	    .run = do_copy },
	{ .key = "!",
	    .name = "run",
	    .summary = "run a command on the marked hosts, or on what is under the cursor",
	    .run = do_run,
	    .command = "drover run SET -- COMMAND" },
	{ .key = "`",
	    .name = "last view",
	    .summary = "the screen before, and back",
	    .run = do_last },
	{ .key = "ctrl-g",
	    .name = "messages",
	    .summary = "what was said at the bottom, errors too",
	    .run = do_messages },
	{ .key = "P",
	    .name = "plan",
	    .summary = "plan a playbook, look at it, then apply it",
	    .hint = true,
	    .run = do_plan,
	    .command = "drover plan FILE; drover apply FILE" },
	{ .key = "W",
	    .name = "write",
	    .summary = "write mode on and off: off refuses every change",
	    .hint = true,
	    .run = do_write },
	{ .key = "R",
	    .name = "refresh",
	    .summary = "ask all hosts now",
	    .run = do_refresh,
	    .command = "drover facts" },
	{ .key = "Z",
	    .name = "pause",
	    .summary = "stop and go on asking the hosts",
	    .run = do_hold },
	{ .key = "M",
	    .name = "mouse",
	    .summary = "mouse on and off: off, the terminal selects",
	    .run = do_mouse },
	{ .key = "J",
	    .name = "activity",
	    .summary = "what this console and other drovers do now",
	    .run = do_activity,
	    .command = "drover history" },
	{ .key = "ctrl-c",
	    .name = "stop",
	    .summary = "stop the run; twice: cut it",
	    .run = do_stop },
	{ .key = "ctrl-l", .name = "redraw", .summary = "draw the screen anew", .run = do_redraw },
	{ .key = "ctrl-z",
	    .name = "suspend",
	    .summary = "back to the shell; fg returns",
	    .run = do_suspend },
	{ .key = "q|esc",
	    .name = "back",
	    .summary = "one step back; q on the first screen leaves",
	    .hint = true,
	    .run = do_back },
	{ .key = "Q", .name = "quit", .summary = "leave the console", .run = do_quit },
	{ 0 },
};

/* Console or view, the move is made by what has the key. */
static bool
press_view(struct view *v, const struct keymap *m, const char *name)
{
	const char *move = keymap_move(m, name);

	if (!move || !v->class->key)
		return false;
	return v->class->key(v, name) || (!str_eq(move, name) && v->class->key(v, move));
}

/* h and l of a preset: where a text is read they move it; in the list beside it they do what the preset says. */
static bool
is_the_texts(struct view *v, const struct keymap *m, const char *name)
{
	return v->class->reads && v->class->reads(v) && keymap_find(m, v->class, KEYMAP_MOVE, name);
}

static bool
is_one_more(const struct keymap_row *r, const char *name)
{
	return r && !r->user && !key_matches(r->action->key, name);
}

static bool
is_the_lists(struct view *v, const struct keymap *m, const char *name)
{
	return v->class->reads && !v->class->reads(v) &&
	       is_one_more(keymap_find(m, v->class, KEYMAP_GLOBAL, name), name);
}

/* A host's screen is about the host under the cursor, where there is one. */
static void
open_screen(struct console *c, const struct view_class *class)
{
	autofree const char **names = xcalloc(c->scene.count + 1, sizeof(*names));
	bool about = false;

	/* The host is that of this screen, else of the last one that was about a host. */
	for (int i = c->depth;
	     class == &view_host && console_view(c)->class != class && i && !about; i--) {
		const struct view *v = &c->views[i - 1];

		about = (i == c->depth || v->class == class) && v->class->hosts &&
			v->class->hosts(v, names, c->scene.count) > 0;
	}
	console_open(c, class, about ? names[0] : NULL);
}

void
keys_run(struct console *c, const struct keymap_row *r)
{
	struct view *v = console_view(c);

	if (r->kind == KEYMAP_SCREEN) {
		open_screen(c, r->class);
		return;
	}
	if (r->kind == KEYMAP_MOVE) {
		const char *last = strrchr(r->action->key, '|');

		if (v->class->key)
			v->class->key(v, last ? last + 1 : r->action->key);
		return;
	}
	const char *why = frame_lacks(v, r->action);
	if (why)
		console_flash(c, true, "%s: %s", r->action->name, why);
	else
		r->action->run(v);
}

static void
unknown_key(struct console *c, const char *name)
{
	char label[KEY_NAME * 2] = ":";
	const struct action *a = console_actions;

	while (a->key && !str_eq(a->name, "help"))
		a++;
	const char *keys = a->key ? keymap_keys(c->keymap, a) : "";
	if (*keys)
		console_flash(c, false, "%s means nothing here; %s helps", name,
		    key_label(keys, label, sizeof(label)));
	else
		console_flash(c, false, "%s means nothing here", name);
}

void
keys_press(struct console *c, const char *name, bool printable)
{
	struct view *v = console_view(c);

	c->pressed = name;
	console_dirty(c);
	if (c->overlay.kind != OVERLAY_NONE) {
		overlay_key(&c->overlay, name, printable);
		questions_show(c);
		return;
	}
	c->flash[0] = '\0';
	static const enum keymap_kind kinds[] = { KEYMAP_VIEW, KEYMAP_SCREEN, KEYMAP_GLOBAL };
	for (size_t i = 0; i < countof(kinds); i++) {
		const struct keymap_row *r = keymap_find(c->keymap, v->class, kinds[i], name);

		if (r && !(is_one_more(r, name) && is_the_texts(v, c->keymap, name))) {
			keys_run(c, r);
			return;
		}
		if (kinds[i] == KEYMAP_VIEW && !is_the_lists(v, c->keymap, name) &&
		    press_view(v, c->keymap, name))
			return;
	}
	unknown_key(c, name);
}
