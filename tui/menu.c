#include "tui/menu.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/frame.h"
#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

static char *
command_of(const struct view *v, const struct action *a)
{
	if (a->equal) {
		char *said = a->equal(v);

		if (said)
			return said;
	}
	return a->command ? xstrdup(a->command) : NULL;
}

static void
add_row(struct picker *p, const struct view *v, const struct keymap_row *r)
{
	autofree char *note = command_of(v, r->action);
	const char *why = r->action->run ? frame_lacks(v, r->action) : NULL;

	picker_add(p, &(struct picker_item){ .key = r->keys,
			  .text = (char *)(uintptr_t)r->action->summary,
			  .note = note,
			  .why = (char *)(uintptr_t)why,
			  .what = r });
}

/* It does something beyond this console, and is no mere look. */
static bool
is_deed(const struct action *a)
{
	return a->needs || (a->hint && a->command);
}

/* The rows of one kind that this view has; deeds: of those alone. */
static void
add_kind(struct picker *p, const struct view *v, enum keymap_kind kind, bool deeds)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(v->scene->keymap, &count);

	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];

		if (r->kind != kind || (kind == KEYMAP_VIEW && r->class != v->class) ||
		    (deeds && !is_deed(r->action)))
			continue;
		add_row(p, v, r);
	}
}

/* What the other screens have: to be read, not to be done from here. */
static void
add_others(struct picker *p, const struct view *v)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(v->scene->keymap, &count);
	const struct view_class *last = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];
		char title[64], why[64];

		if (r->kind != KEYMAP_VIEW || r->class == v->class)
			continue;
		snprintf(title, sizeof(title), "the screen %s", r->class->title);
		if (r->class != last)
			picker_head(p, title);
		last = r->class;
		snprintf(why, sizeof(why), "on %s", r->class->title);
		picker_add(p, &(struct picker_item){ .key = r->keys,
				  .text = (char *)(uintptr_t)r->action->summary,
				  .note = (char *)(uintptr_t)r->action->command,
				  .why = why,
				  .what = r });
	}
}

struct picker *
menu_help(const struct view *v)
{
	struct picker *p = picker_new();
	char title[64];

	snprintf(title, sizeof(title), "this screen: %s", v->class->title);
	picker_head(p, title);
	add_kind(p, v, KEYMAP_VIEW, false);
	picker_head(p, "every screen");
	add_kind(p, v, KEYMAP_GLOBAL, false);
	picker_head(p, "screens");
	add_kind(p, v, KEYMAP_SCREEN, false);
	picker_head(p, "moves");
	add_kind(p, v, KEYMAP_MOVE, false);
	add_others(p, v);
	picker_filter(p, "");
	return p;
}

struct picker *
menu_actions(const struct view *v)
{
	struct picker *p = picker_new();

	add_kind(p, v, KEYMAP_VIEW, false);
	picker_head(p, "every screen");
	add_kind(p, v, KEYMAP_GLOBAL, true);
	picker_filter(p, "");
	return p;
}

struct copying {
	struct picker *picker;
	const char *(*address)(void *user, const char *host);
	void *user;
	size_t count;
};

/* The first nine have a digit. */
static void
add_copy(struct copying *c, const char *what, const char *text)
{
	char key[2] = { (char)('1' + c->count), '\0' };
	char name[32];

	snprintf(name, sizeof(name), "%-10s", what);
	picker_add(c->picker, &(struct picker_item){ .key = c->count < 9 ? key : NULL,
				  .text = name,
				  .note = (char *)(uintptr_t)text,
				  .value = (char *)(uintptr_t)text });
	c->count++;
}

static void
put(void *user, const char *what, const char *text)
{
	struct copying *c = user;

	if (!text || !*text)
		return;
	add_copy(c, what, text);
	if (str_eq(what, "host") && c->address) {
		const char *address = c->address(c->user, text);

		if (address && !str_eq(address, text))
			add_copy(c, "address", address);
	}
}

/* "drover logs HOST UNIT": words in capitals are to be filled in. */
static bool
has_gap(const char *command)
{
	while (*command) {
		size_t len = strcspn(command, " "),
		       capitals = strspn(command, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (len > 2 && capitals == len)
			return true;
		command += len + (command[len] == ' ');
	}
	return false;
}

struct picker *
menu_copy(const struct view *v, const char *(*address)(void *user, const char *host), void *user)
{
	struct copying c = { .picker = picker_new(), .address = address, .user = user };
	const struct action *a = v->class->actions;

	if (v->class->things)
		v->class->things(v, put, &c);
	for (; a->key; a++) {
		autofree char *command = command_of(v, a);

		if (command && !has_gap(command))
			add_copy(&c, a->name, command);
	}
	picker_filter(c.picker, "");
	return c.picker;
}
