/* Verbs of the command line from within the console: each is this very program as a child, and what it
 * prints is a text on a screen of its own. */
#include "tui/confirm.h"
#include "tui/console.h"
#include "tui/launch.h"
#include "tui/outputs.h"
#include "tui/palette.h"
#include "tui/self.h"
#include "tui/verb_hosts.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A child at work. */
struct console_verb {
	struct console_verb *next;
	struct console *console;
	struct child *child;
	unsigned output;
};

static void
on_wrote(void *user, bool errors, const char *bytes, size_t len)
{
	struct console_verb *v = user;
	struct output *o = outputs_find(v->console->outputs, v->output);

	(void)errors;
	if (o)
		buf_add(&o->text, bytes, len);
	console_stale(v->console);
}

static void
unlink_verb(struct console_verb *v)
{
	struct console_verb **at = &v->console->verbs;

	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
}

/* The exit code in the words of the outcomes. */
static void
say_end(struct output *o, const struct child_result *r)
{
	o->growing = false;
	o->bad = r->status != 0;
	if (r->signum) {
		snprintf(o->end, sizeof(o->end), "ended by signal %d", r->signum);
		return;
	}
	for (int i = OUTCOME_FAILED; r->status && i < OUTCOME_COUNT; i++) {
		if (outcome_exit((enum outcome)i) == r->status) {
			snprintf(o->end, sizeof(o->end), "exit %d: %s", r->status,
			    outcome_name((enum outcome)i));
			return;
		}
	}
	snprintf(o->end, sizeof(o->end), "exit %d", r->status);
}

static void
on_done(void *user, const struct child_result *r)
{
	struct console_verb *v = user;
	struct console *c = v->console;
	struct output *o = outputs_find(c->outputs, v->output);

	if (o)
		say_end(o, r);
	unlink_verb(v);
	free(v);
	console_stale(c);
}

static void
open_output(struct console *c, const struct output *o)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", o->id);
	console_open(c, &view_text, id);
}

void
verbs_show(struct console *c, const char *title, const char *bytes, size_t len)
{
	struct output *o = outputs_add(c->outputs, title, clock_wall_ms());

	buf_add(&o->text, bytes, len);
	open_output(c, o);
}

static char *
quoted(const char *const *words)
{
	autobuf all = BUF_INIT(1 << 16);

	buf_adds(&all, "drover");
	for (size_t i = 0; words[i]; i++) {
		buf_addc(&all, ' ');
		str_shell_quote(&all, words[i]);
	}
	return buf_detach(&all, NULL);
}

/* words: from the verb on. */
static void
start(struct console *c, const char *const *words, bool yes)
{
	autofree char *title = quoted(words);
	struct self w;
	struct err err;

	self_begin(&w, &c->call->globals, command_find(words[0]));
	self_add(&w, "--no-input");
	self_add(&w, "--color");
	self_add(&w, "never");
	self_add(&w, "--progress");
	self_add(&w, "none");
	if (yes)
		self_add(&w, "--yes");
	for (size_t i = 0; words[i]; i++)
		self_add(&w, words[i]);
	struct console_verb *v = xcalloc(1, sizeof(*v));
	v->console = c;
	v->child = child_start(c->loop,
	    &(struct child_spec){
		.argv = w.word, .max = 1, .wrote = on_wrote, .done = on_done, .user = v },
	    &err);
	self_fini(&w);
	if (!v->child) {
		console_flash(c, true, "%s", err.text);
		free(v);
		return;
	}
	struct output *o = outputs_add(c->outputs, title, clock_wall_ms());
	o->growing = true;
	v->output = o->id;
	v->next = c->verbs;
	c->verbs = v;
	open_output(c, o);
}

/* Those that change something on hosts, or run there what somebody typed. */
static bool
changes_hosts(const struct palette_words *w)
{
	static const char *const verbs[] = { "apply", "undo", "run", "script", "cp", "start",
		"stop", "restart", "rollback", "replace", "reboot", "secrets", NULL };

	for (size_t i = 0; verbs[i]; i++) {
		if (str_eq(verbs[i], w->word[0]))
			return true;
	}
	return false;
}

/* An apply of a playbook and no more: its plan is looked at first, and applied from there. */
static bool
is_plain_apply(const struct palette_words *w)
{
	return w->count == 2 && str_eq(w->word[0], "apply") && w->word[1][0] != '-' &&
	       (str_ends(w->word[1], ".yaml") || str_ends(w->word[1], ".yml"));
}

static bool
wants_terminal(const char *verb)
{
	return str_eq(verb, "ui") || str_eq(verb, "ssh");
}

static void
confirmed(void *user, const char *input)
{
	struct console *c = user;
	struct palette_words w;

	(void)input;
	palette_split(c->verb_asked, &w);
	start(c, (const char *const *)w.word + 1, true);
	palette_words_fini(&w);
}

static char *
with_warning(char *text)
{
	char *all =
	    xasprintf("%s\n \nThe console is read-only; this changes hosts nevertheless.", text);

	free(text);
	return all;
}

/* The line as it will run: with the names of the pets, which are typed for it. */
static char *
with_pets(const struct palette_words *w, const char *pets)
{
	autofree const char **word = xcalloc(w->count + 3, sizeof(*word));
	size_t n = 0;

	word[n++] = w->word[0];
	if (pets) {
		word[n++] = "--pet";
		word[n++] = pets;
	}
	for (size_t i = 1; i < w->count; i++)
		word[n++] = w->word[i];
	return quoted(word);
}

static void
ask(struct console *c, const struct palette_words *w)
{
	struct verb_hosts h;
	char word[CONFIRM_WORD];

	verb_hosts(c->call, w, &h);
	autofree char *command = with_pets(w, h.pets);
	autofree char *text =
	    h.host ? confirm_text(&c->scene, h.host, h.count, command)
		   : xasprintf("On the hosts that it names this runs:\n \n  %.300s", command);
	confirm_word(&c->scene, h.host, h.count, h.pets ? CONFIRM_CHANGE : CONFIRM_COMMAND, word);
	if (!h.host)
		snprintf(word, sizeof(word), "yes");
	else if (!c->scene.writable && !h.pets)
		snprintf(word, sizeof(word), "%zu", h.count);
	if (!c->scene.writable)
		text = with_warning(take(text));
	free(c->verb_asked);
	c->verb_asked = take(command);
	overlay_confirm(
	    &c->overlay, "Run a command of drover", text, word[0] ? word : NULL, confirmed, c)
	    ->no = console_declined;
	verb_hosts_fini(&h);
}

void
verbs_run(struct console *c, const char *line)
{
	struct palette_words w;

	palette_split(line, &w);
	if (w.count > 1 && str_eq(w.word[0], "drover")) {
		palette_words_fini(&w);
		verbs_run(c, line + strcspn(line, "d") + strlen("drover"));
		return;
	}
	if (!w.count || w.open)
		console_flash(c, true, w.open ? "a quote is not closed" : "no command");
	else if (!command_find(w.word[0]))
		console_flash(c, true, "no verb '%s'", w.word[0]);
	else if (wants_terminal(w.word[0]))
		console_flash(c, true, "%s needs the terminal to itself", w.word[0]);
	else if (is_plain_apply(&w))
		services_plan_file(c, w.word[1]);
	else if (changes_hosts(&w))
		ask(c, &w);
	else
		start(c, (const char *const *)w.word, false);
	palette_words_fini(&w);
}

void
verbs_stop(struct console *c, unsigned output)
{
	for (struct console_verb *v = c->verbs; v; v = v->next) {
		if (v->output == output) {
			child_signal(v->child, SIGINT);
			console_flash(c, false, "told it to stop");
			return;
		}
	}
	console_flash(c, false, "nothing is at work on it");
}

void
verbs_free(struct console *c)
{
	while (c->verbs) {
		struct console_verb *v = c->verbs;

		c->verbs = v->next;
		child_cancel(v->child);
		free(v);
	}
	free(take(c->verb_asked));
	outputs_free(take(c->outputs));
}
