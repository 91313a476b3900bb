/* What views ask of the console: another screen, a question, a change on a host. */
#include "tui/complete.h"
#include "tui/confirm.h"
#include "tui/console.h"
#include "tui/foreground.h"
#include "tui/launch.h"
#include "tui/lend.h"
#include "tui/planned.h"
#include "tui/term.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/progress.h"
#include "inventory/set.h"

#include <stdio.h>
#include <string.h>

static void
service_open(void *user, const char *view, const char *subject)
{
	struct console *c = user;

	for (size_t i = 0; console_tabs[i]; i++) {
		if (str_eq(console_tabs[i]->name, view))
			console_open(c, console_tabs[i], subject);
	}
}

void
console_stop(struct console *c)
{
	int time = launch_stop(c->launch);

	if (!time)
		console_flash(c, false, "nothing is running; q leaves");
	else if (time == 1)
		console_flash(c, false,
		    "stopping: no host starts any more, the running ones go on; Ctrl-C again cuts "
		    "them");
	else
		console_flash(c, true, "cut: what the running hosts did is not known");
}

static void
service_stop_run(void *user)
{
	console_stop(user);
}

/* What waits for its yes: a command on hosts, or a view's own question. */
struct console_asked {
	size_t *hosts;
	size_t count;
	char *command;
	enum launch_how how;
	struct view *view; /* who asked, and is told only while it is on the screen */
	struct view_prompt prompt;
	struct view_confirm confirm;
};

/* A new one in place of what was asked before. */
static struct console_asked *
asked_new(struct console *c)
{
	services_free(c);
	c->asked = xcalloc(1, sizeof(*c->asked));
	c->asked->view = console_view(c);
	return c->asked;
}

void
services_free(struct console *c)
{
	if (c->asked) {
		free(c->asked->hosts);
		free(c->asked->command);
	}
	free(take(c->asked));
}

static void
take_hosts(struct console *c, struct console_asked *a, const char *const *hosts, size_t count)
{
	a->hosts = xcalloc(count + 1, sizeof(*a->hosts));
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < c->scene.count; k++) {
			if (str_eq(c->scene.hosts[k].name, hosts[i]))
				a->hosts[a->count++] = k;
		}
	}
}

static void
command_confirmed(void *user, const char *input)
{
	struct console *c = user;
	struct console_asked *a = c->asked;
	struct err err;

	(void)input;
	if (launch_command(c->launch, a->hosts, a->count, a->command, a->how, &err) < 0)
		console_flash(c, true, "%s", err.text);
	else
		console_open(c, &view_run, NULL);
}

void
console_declined(void *user)
{
	console_flash(user, false, "that was no yes: nothing was done");
}

/* What was asked for, told as `what`. */
static void
confirm_command(struct console *c, const char *title, const char *what, enum confirm_what kind)
{
	struct console_asked *a = c->asked;
	autofree char *text = confirm_text(&c->scene, a->hosts, a->count, what);
	autofree char *rolling = xasprintf(
	    "%s\n \nOne host after another: each must be up, stay so for 3 s "
	    "and answer its health check before the next. The first failure stops the rest.",
	    text);
	char word[CONFIRM_WORD];

	confirm_word(&c->scene, a->hosts, a->count, kind, word);
	overlay_confirm(&c->overlay, title, a->how == LAUNCH_ROLLING ? rolling : text,
	    *word ? word : NULL, command_confirmed, c)
	    ->no = console_declined;
}

static void
take_command(struct console *c, const char *const *hosts, size_t count, const char *command)
{
	struct console_asked *a = asked_new(c);

	take_hosts(c, a, hosts, count);
	a->command = xstrdup(command);
	a->how = LAUNCH_OWN;
}

static void
service_change(
    void *user, const char *title, const char *const *hosts, size_t count, const char *command)
{
	take_command(user, hosts, count, command);
	confirm_command(user, title, command, CONFIRM_CHANGE);
}

static void
service_remove(
    void *user, const char *title, const char *const *hosts, size_t count, const char *command)
{
	take_command(user, hosts, count, command);
	confirm_command(user, title, command, CONFIRM_REMOVE);
}

static void
service_units(
    void *user, const char *verb, const char *const *hosts, size_t count, const char *unit)
{
	autobuf command = BUF_INIT(1024);
	char title[160];

	buf_addf(&command, "systemctl %s -- ", verb);
	str_shell_quote(&command, unit);
	snprintf(title, sizeof(title), "%s %.90s", verb, unit);
	service_change(user, title, hosts, count, buf_text(&command));
}

static void
service_rolling(void *user, const struct view_rolling *r)
{
	struct console *c = user;
	struct console_asked *a = asked_new(c);

	take_hosts(c, a, r->hosts, r->count);
	a->command = xstrdup(r->command);
	a->how = LAUNCH_ROLLING;
	confirm_command(c, r->title, r->what, CONFIRM_CHANGE);
}

static void
command_typed(void *user, const char *input)
{
	struct console *c = user;

	c->asked->command = xstrdup(input);
	confirm_command(c, "Run a command", c->asked->command, CONFIRM_COMMAND);
}

static void
service_command(void *user, const char *const *hosts, size_t count)
{
	struct console *c = user;
	char title[80];

	take_hosts(c, asked_new(c), hosts, count);
	snprintf(title, sizeof(title), "Command for %zu host%s", count, count == 1 ? "" : "s");
	overlay_prompt(&c->overlay, title, NULL, command_typed, c);
}

/* NULL when the view that asked is not on the screen any more. */
static struct view *
asker(struct console *c)
{
	return c->asked && c->asked->view == console_view(c) ? c->asked->view : NULL;
}

static void
prompt_changed(void *user, const char *input)
{
	struct console *c = user;

	if (asker(c))
		c->asked->prompt.changed(asker(c), input);
}

static void
prompt_yes(void *user, const char *input)
{
	struct console *c = user;

	if (asker(c))
		c->asked->prompt.yes(asker(c), input);
}

static void
prompt_no(void *user)
{
	struct console *c = user;

	if (asker(c) && c->asked->prompt.no)
		c->asked->prompt.no(asker(c));
}

static void
service_prompt(void *user, const struct view_prompt *p)
{
	struct console *c = user;
	struct overlay *o;

	asked_new(c)->prompt = *p;
	o = overlay_prompt(&c->overlay, p->title, p->preset, prompt_yes, c);
	o->empty = p->empty;
	o->no = prompt_no;
	o->changed = p->changed ? prompt_changed : NULL;
}

static void
confirm_yes(void *user, const char *input)
{
	struct console *c = user;

	(void)input;
	if (asker(c))
		c->asked->confirm.yes(asker(c));
}

static void
service_confirm(void *user, const struct view_confirm *confirm)
{
	struct console *c = user;

	asked_new(c)->confirm = *confirm;
	overlay_confirm(&c->overlay, confirm->title, confirm->text, confirm->typed, confirm_yes, c)
	    ->no = console_declined;
}

static void
service_flash(void *user, bool bad, const char *text)
{
	console_flash(user, bad, "%s", text);
}

static void
service_mark(void *user, size_t host, bool on)
{
	struct console *c = user;

	c->scene.marked += (size_t)on;
	c->scene.marked -= (size_t)c->hosts[host].marked;
	c->hosts[host].marked = on;
}

static void
service_page(void *user, const char *command, int fd, bool hold)
{
	lend_input(user, command, fd, hold);
}

static void
service_changed(void *user)
{
	console_stale(user);
}

static void
plan_named(void *user, const char *input)
{
	struct console *c = user;
	struct err err;

	str_copy(c->playbook, sizeof(c->playbook), input);
	if (launch_plan(c->launch, input, false, &err) < 0)
		console_flash(c, true, "%s", err.text);
	else
		console_open(c, &view_plan, NULL);
}

/* The names there are to choose from are told below. */
static bool
complete_playbook(void *user, struct overlay *o, const char *key)
{
	static const char *const endings[] = { ".yaml", ".yml", NULL };
	autobuf choice = BUF_INIT(400);

	if (!str_eq(key, "tab"))
		return false;
	if (!complete_path(o->input, sizeof(o->input), endings, &choice))
		console_flash(user, true, "no playbook begins like this");
	else
		console_flash(user, false, "%s", buf_text(&choice));
	return true;
}

static bool
plan_waits(struct console *c)
{
	const struct planned *p = launch_planned(c->launch);

	if (!launch_live(c->launch))
		return false;
	console_flash(c, true,
	    p && p->state == PLANNED_WAITS
		? "a plan waits: apply it or leave it (5)"
		: "a run is at work: wait for it, or stop it with Ctrl-C");
	return true;
}

void
services_plan_file(struct console *c, const char *path)
{
	if (!plan_waits(c))
		plan_named(c, path);
}

void
services_plan(struct console *c)
{
	if (plan_waits(c))
		return;
	overlay_prompt(&c->overlay, "Playbook to plan (Tab completes)", c->playbook, plan_named, c)
	    ->key = complete_playbook;
}

static void
service_show(void *user, const char *title, const char *bytes, size_t len)
{
	verbs_show(user, title, bytes, len);
}

static void
service_verb(void *user, const char *line)
{
	verbs_run(user, line);
}

static void
service_stop_output(void *user, unsigned id)
{
	verbs_stop(user, id);
}

static void
service_save(void *user, const char *path, const char *bytes, size_t len)
{
	struct err err;

	if (file_replace(path, bytes, len, 0600, &err) < 0)
		console_flash(user, true, "%s", err.text);
	else
		console_flash(user, false, "%zu bytes saved to %s", len, path);
}

static void
service_copy(void *user, const char *text)
{
	struct console *c = user;

	if (term_copy(c->term, text))
		console_flash(c, false, "copied: %zu bytes, if the terminal lets it", strlen(text));
	else if (strlen(text) > TERM_COPY_MAX)
		console_flash(
		    c, true, "too long for a clipboard (%zu bytes): save it", strlen(text));
	else
		console_flash(c, true, "this terminal has no clipboard for programs");
}

static void
service_login(void *user, const char *subject)
{
	struct console *c = user;
	autofree char *host = xasprintf("%.*s", (int)strcspn(subject, " "), subject);

	if (c->terms)
		console_open(c, &view_terms, subject);
	else
		foreground_login(c, host);
}

void
services_init(struct console *c)
{
	c->services = (struct view_services){ .user = c,
		.open = service_open,
		.login = service_login,
		.units = service_units,
		.command = service_command,
		.rolling = service_rolling,
		.change = service_change,
		.remove = service_remove,
		.stop_run = service_stop_run,
		.prompt = service_prompt,
		.confirm = service_confirm,
		.flash = service_flash,
		.mark = service_mark,
		.show = service_show,
		.verb = service_verb,
		.stop_output = service_stop_output,
		.save = service_save,
		.copy = service_copy,
		.outputs = c->outputs,
		.page = service_page,
		.changed = service_changed };
}
