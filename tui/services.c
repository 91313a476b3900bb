/* What views ask of the console: another screen, a question, a change on a host. */
#include "tui/console.h"
#include "tui/launch.h"

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/progress.h"

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

static void
service_stop_run(void *user)
{
	struct console *c = user;

	launch_stop(c->launch);
}

static void
unit_confirmed(void *user, const char *input)
{
	struct console *c = user;
	struct err err;

	(void)input;
	if (launch_unit(c->launch, c->asked.host, c->asked.verb, c->asked.unit, &err) < 0)
		console_flash(c, true, "%s", err.text);
	else
		console_open(c, &view_run, NULL);
}

static void
service_unit(void *user, const char *host, const char *verb, const char *unit)
{
	struct console *c = user;
	char title[160], text[512];

	for (size_t i = 0; i < c->scene.count; i++) {
		if (!str_eq(c->scene.hosts[i].name, host))
			continue;
		bool pet = c->scene.hosts[i].pet;
		c->asked.host = i;
		str_copy(c->asked.verb, sizeof(c->asked.verb), verb);
		str_copy(c->asked.unit, sizeof(c->asked.unit), unit);
		snprintf(title, sizeof(title), "%s %.90s", verb, unit);
		snprintf(text, sizeof(text), "On %s (%s) this runs:\n\n  systemctl %s -- %.300s",
		    host, pet ? "pet" : "cattle", verb, unit);
		overlay_confirm(&c->overlay, title, text, pet ? host : NULL, unit_confirmed, c);
		return;
	}
}

static void
apply_refused(void *user)
{
	struct console *c = user;

	launch_answer(c->launch, false);
	console_flash(c, false, "nothing was changed");
}

static void
apply_confirmed(void *user, const char *input)
{
	struct console *c = user;

	(void)input;
	launch_answer(c->launch, true);
	console_open(c, &view_run, NULL);
}

/* The word to type: a pet's name when there is one, else the number of hosts above ten. */
static void
apply_word(const struct launch_plan *p, char *to, size_t size)
{
	to[0] = '\0';
	if (p->pets && p->pets[0]) {
		for (size_t i = 0; p->pets[i]; i++)
			snprintf(
			    to + strlen(to), size - strlen(to), "%s%s", i ? "," : "", p->pets[i]);
	} else if (p->changes > 10) {
		snprintf(to, size, "%zu", p->changes);
	}
}

static void
on_planned(void *user, const struct launch_plan *p, const struct err *err)
{
	struct console *c = user;
	char word[512], title[128];

	c->planning = false;
	if (err->kind != OUTCOME_OK) {
		console_flash(c, true, "%s", err->text);
		return;
	}
	if (!p->changes) {
		console_flash(
		    c, false, "nothing to change: %zu hosts are as %s says", p->hosts, c->playbook);
		return;
	}
	c->flash[0] = '\0';
	apply_word(p, word, sizeof(word));
	snprintf(title, sizeof(title), "Apply %.80s", c->playbook);
	overlay_confirm(&c->overlay, title, p->text, word[0] ? word : NULL, apply_confirmed, c)
	    ->no = apply_refused;
	console_dirty(c);
}

static void
plan_named(void *user, const char *input)
{
	struct console *c = user;
	struct err err;

	str_copy(c->playbook, sizeof(c->playbook), input);
	c->planning = true;
	if (launch_plan(c->launch, input, on_planned, c, &err) < 0) {
		c->planning = false;
		console_flash(c, true, "%s", err.text);
		return;
	}
	console_flash(c, false, "planning %s", input);
}

void
services_plan(struct console *c)
{
	if (c->planning || launch_live(c->launch)) {
		console_flash(c, true, "a run is at work: wait for it, or stop it with Ctrl-C");
		return;
	}
	overlay_prompt(&c->overlay, "Playbook to plan", c->playbook, plan_named, c);
}

void
services_init(struct console *c)
{
	c->services = (struct view_services){
		.open = service_open, .unit = service_unit, .stop_run = service_stop_run, .user = c
	};
}
