/* Keys find their action: the overlay first, then the view's table, the view, the table of all. */
#include "tui/console.h"
#include "tui/frame.h"
#include "tui/key.h"
#include "tui/launch.h"
#include "tui/list.h"
#include "tui/term.h"

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/herd.h"
#include "engine/poll.h"
#include "remote/remote.h"

#include <signal.h>
#include <string.h>

static struct console *
console_of(struct view *v)
{
	return v->services->user;
}

static void
do_help(struct view *v)
{
	struct console *c = console_of(v);

	overlay_help(&c->overlay, v, console_actions);
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
do_write(struct view *v)
{
	struct console *c = console_of(v);

	c->scene.writable = !c->scene.writable;
	console_flash(c, false,
	    c->scene.writable ? "write mode: actions that change hosts are on" : "read-only");
}

static void
do_hold(struct view *v)
{
	struct console *c = console_of(v);

	c->held = !c->held;
	poll_hold(c->poll, c->held);
	console_flash(c, false, c->held ? "paused: nothing is asked of the hosts" : "going on");
}

static void
do_back(struct view *v)
{
	console_back(console_of(v));
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
do_suspend(struct view *v)
{
	struct console *c = console_of(v);

	term_suspend(c->term);
	raise(SIGSTOP);
	term_resume(c->term);
}

static void
do_stop(struct view *v)
{
	struct console *c = console_of(v);

	if (launch_live(c->launch))
		launch_stop(c->launch);
	else
		console_flash(c, false, "nothing is running; q leaves");
}

const struct action console_actions[] = {
	{ .key = "?|f1",
	    .name = "help",
	    .summary = "what the keys of this screen do",
	    .hint = true,
	    .run = do_help },
	{ .key = "P",
	    .name = "plan",
	    .summary = "plan a playbook, look at it, then apply it",
	    .needs = NEEDS_WRITE,
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

static bool
run_action(struct console *c, const struct action *table, const char *name)
{
	struct view *v = console_view(c);

	for (const struct action *a = table; a->key; a++) {
		if (!key_matches(a->key, name))
			continue;
		const char *why = frame_lacks(v, a);
		if (why)
			console_flash(c, true, "%s: %s", a->name, why);
		else
			a->run(v);
		return true;
	}
	return false;
}

static bool
switch_screen(struct console *c, const char *name)
{
	for (size_t i = 0; console_tabs[i]; i++) {
		if (name[0] == console_tabs[i]->digit && !name[1]) {
			console_open(c, console_tabs[i], NULL);
			return true;
		}
	}
	return false;
}

void
keys_press(struct console *c, const char *name, bool printable)
{
	struct view *v = console_view(c);

	console_dirty(c);
	if (str_eq(name, KEY_RESIZE_NAME))
		return;
	if (str_eq(name, KEY_PASTE_NAME)) {
		console_flash(c, false,
		    c->overlay.kind == OVERLAY_NONE ? "a paste at a list is ignored"
						    : "a paste is no answer: type it");
		return;
	}
	if (c->overlay.kind != OVERLAY_NONE) {
		overlay_key(&c->overlay, name, printable);
		questions_show(c);
		return;
	}
	c->flash[0] = '\0';
	if (str_eq(name, "q") && c->depth == 1) {
		do_quit(v);
		return;
	}
	if (run_action(c, v->class->actions, name) || (v->class->key && v->class->key(v, name)) ||
	    switch_screen(c, name) || run_action(c, console_actions, name))
		return;
	console_flash(c, false, "%s means nothing here; ? helps", name);
}
