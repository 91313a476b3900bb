/* The screens there are, and those that are open: a stack, of which the last is shown. */
#include "tui/console.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

const struct view_class *const console_tabs[] = { &view_fleet, &view_host, &view_apps, &view_logs,
	&view_plan, &view_run, &view_terms, &view_history, &view_record, &view_activity, &view_text,
	NULL };

struct view *
console_view(struct console *c)
{
	return &c->views[c->depth - 1];
}

static void
close_view(struct view *v)
{
	if (v->class->close)
		v->class->close(v);
	free(v->state);
	free(v->subject);
	*v = (struct view){ 0 };
}

/* Where ` goes back to. */
static void
remember(struct console *c)
{
	const struct view *v = console_view(c);

	c->last = v->class;
	str_copy(c->last_subject, sizeof(c->last_subject), v->subject ? v->subject : "");
}

void
console_last(struct console *c)
{
	char subject[sizeof(c->last_subject)];
	const struct view_class *class = c->last;

	if (!class) {
		console_flash(c, false, "no other screen was shown before");
		return;
	}
	str_copy(subject, sizeof(subject), c->last_subject);
	if (c->depth > 1 && c->views[c->depth - 2].class == class)
		console_back(c);
	else
		console_open(c, class, subject[0] ? subject : NULL);
}

void
console_close(struct console *c)
{
	while (c->depth)
		close_view(&c->views[--c->depth]);
}

void
console_open(struct console *c, const struct view_class *class, const char *subject)
{
	/* What names it may be a part of a screen that is closed here. */
	autofree char *said = subject ? xstrdup(subject) : NULL;

	if (console_view(c)->class == class && !said)
		return;
	if (console_view(c)->class != class)
		remember(c);
	if (class == &view_fleet) {
		while (c->depth > 1)
			close_view(&c->views[--c->depth]);
		if (said)
			class->open(console_view(c), said);
		console_dirty(c);
		return;
	}
	if (c->depth == CONSOLE_VIEWS || console_view(c)->class == class)
		close_view(&c->views[--c->depth]);
	if (console_view(c)->class->cover)
		console_view(c)->class->cover(console_view(c));
	struct view *v = &c->views[c->depth++];
	*v = (struct view){ .class = class,
		.scene = &c->scene,
		.services = &c->services,
		.subject = said ? xstrdup(said) : NULL,
		.state = xcalloc(1, class->state_size) };
	if (class->open)
		class->open(v, said);
	console_dirty(c);
}

void
console_back(struct console *c)
{
	if (c->depth > 1) {
		remember(c);
		close_view(&c->views[--c->depth]);
	}
	/* What it looked at may be gone: it looks anew before the next key. */
	console_view(c)->class->refresh(console_view(c));
	console_dirty(c);
}
