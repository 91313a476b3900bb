#include "tui/overlay.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/picker.h"

#include <string.h>

/* What it holds is gone, and what stood behind it comes. */
void
overlay_close(struct overlay *o)
{
	struct overlay *behind = o->behind;

	free(o->title);
	free(o->text);
	free(o->typed);
	picker_free(o->picker);
	explicit_bzero(o->input, sizeof(o->input));
	*o = behind ? *behind : (struct overlay){ 0 };
	free(behind);
}

/* A place for a new one: in front, or behind the question that is being answered. */
static struct overlay *
place(struct overlay *o)
{
	if (o->kind != OVERLAY_QUESTION) {
		overlay_close(o);
		return o;
	}
	if (o->behind)
		overlay_close(o->behind);
	else
		o->behind = xcalloc(1, sizeof(*o));
	return o->behind;
}

void
overlay_pick(struct overlay *o, enum overlay_kind kind, const char *title, struct picker *p,
    void (*pick)(void *user, const struct picker_item *item), void *user)
{
	o = place(o);
	o->kind = kind;
	o->title = xstrdup(title);
	o->picker = p;
	p->clicked = kind == OVERLAY_MENU;
	o->pick = pick;
	o->user = user;
}

struct overlay *
overlay_palette(struct overlay *o, void (*yes)(void *user, const char *input), void *user)
{
	o = place(o);
	o->kind = OVERLAY_PALETTE;
	o->picker = picker_new();
	o->yes = yes;
	o->user = user;
	return o;
}

struct overlay *
overlay_confirm(struct overlay *o, const char *title, const char *text, const char *typed,
    void (*yes)(void *user, const char *input), void *user)
{
	o = place(o);
	o->kind = OVERLAY_CONFIRM;
	o->title = xstrdup(title);
	o->text = xstrdup(text);
	o->typed = typed ? xstrdup(typed) : NULL;
	o->yes = yes;
	o->user = user;
	return o;
}

struct overlay *
overlay_prompt(struct overlay *o, const char *title, const char *preset,
    void (*yes)(void *user, const char *input), void *user)
{
	o = place(o);
	o->kind = OVERLAY_PROMPT;
	o->title = xstrdup(title);
	str_copy(o->input, sizeof(o->input), preset ? preset : "");
	o->yes = yes;
	o->user = user;
	return o;
}

void
overlay_question(struct overlay *o, const char *title, const char *text, const char *typed,
    void (*yes)(void *user, const char *input), void *user)
{
	overlay_close(o);
	o->kind = OVERLAY_QUESTION;
	o->title = xstrdup(title);
	o->text = text ? xstrdup(text) : NULL;
	o->typed = typed ? xstrdup(typed) : NULL;
	o->yes = yes;
	o->user = user;
}

/* Any answer but yes. */
static void
decline(struct overlay *o)
{
	void (*no)(void *user) = o->no;
	void *user = o->user;

	overlay_close(o);
	if (no)
		no(user);
}

static void
answer(struct overlay *o)
{
	struct overlay was = *o;

	/* All but what stands behind is the answer's for the call. */
	*o = was.behind ? *was.behind : (struct overlay){ 0 };
	free(take(was.behind));
	was.yes(was.user, was.input);
	overlay_close(&was);
}

static void
edit(struct overlay *o, const char *key, bool printable)
{
	size_t len = strlen(o->input);

	if (str_eq(key, "backspace")) {
		while (len && (o->input[len - 1] & 0xc0) == 0x80)
			len--;
		if (len)
			len--;
		o->input[len] = '\0';
	} else if (str_eq(key, "ctrl-u")) {
		o->input[0] = '\0';
	} else if (str_eq(key, "ctrl-w")) {
		while (len && o->input[len - 1] == ' ')
			len--;
		while (len && o->input[len - 1] != ' ')
			len--;
		o->input[len] = '\0';
	} else if (printable) {
		const char *text = str_eq(key, "space") ? " " : key;

		if (len + strlen(text) < sizeof(o->input))
			memcpy(o->input + len, text, strlen(text) + 1);
	}
}

static void
confirm_key(struct overlay *o, const char *key, bool printable)
{
	if (!o->typed) {
		if (str_eq(key, "y"))
			answer(o);
		else if (str_eq(key, "tab") || str_eq(key, "shift-tab") || str_eq(key, "left") ||
			 str_eq(key, "right"))
			o->on_yes = !o->on_yes;
		else if (str_eq(key, "enter") && o->on_yes)
			answer(o);
		else if (str_eq(key, "n") || str_eq(key, "enter") || str_eq(key, "q"))
			decline(o);
		return;
	}
	if (!str_eq(key, "enter")) {
		edit(o, key, printable);
		return;
	}
	if (str_eq(o->input, o->typed))
		answer(o);
	else
		decline(o);
}

bool
overlay_takes_text(const struct overlay *o)
{
	return o->kind == OVERLAY_PROMPT || o->kind == OVERLAY_PALETTE ||
	       o->kind == OVERLAY_QUESTION || o->kind == OVERLAY_HELP ||
	       (o->kind == OVERLAY_CONFIRM && o->typed);
}

static void
question_key(struct overlay *o, const char *key, bool printable)
{
	if (!str_eq(key, "enter"))
		edit(o, key, printable);
	else if (o->typed ? str_eq(o->input, o->typed) : o->empty || o->input[0])
		answer(o);
	else
		decline(o);
}

static void
prompt_key(struct overlay *o, const char *key, bool printable)
{
	if (o->kind == OVERLAY_PROMPT && o->key && o->key(o->user, o, key))
		return;
	if (str_eq(key, "enter")) {
		if (o->input[0] || o->empty)
			answer(o);
		else
			decline(o);
		return;
	}
	edit(o, key, printable);
	if (o->changed)
		o->changed(o->user, o->input);
}

/* The overlay is closed before what was chosen takes place. */
static void
choose(struct overlay *o, const struct picker_item *item)
{
	struct overlay was = *o;

	if (!item || item->why)
		return;
	*o = was.behind ? *was.behind : (struct overlay){ 0 };
	free(take(was.behind));
	was.pick(was.user, item);
	overlay_close(&was);
}

static void
picker_pressed(struct overlay *o, const char *key, bool printable)
{
	if (picker_key(o->picker, key))
		return;
	if (str_eq(key, "enter")) {
		choose(o, picker_current(o->picker));
		return;
	}
	if (o->kind == OVERLAY_MENU) {
		const struct picker_item *item = picker_by_key(o->picker, key);

		if (item)
			choose(o, item);
		else if (str_eq(key, "q"))
			overlay_close(o);
		return;
	}
	if (str_eq(key, "f1") || (str_eq(key, "?") && !o->input[0])) {
		overlay_close(o);
		return;
	}
	edit(o, key, printable);
	picker_filter(o->picker, o->input);
}

static void
palette_pressed(struct overlay *o, const char *key, bool printable)
{
	if (o->key && o->key(o->user, o, key))
		return;
	if (str_eq(key, "backspace") && !o->input[0])
		overlay_close(o);
	else
		prompt_key(o, key, printable);
}

/* What Escape leaves: first the filter, then the overlay. */
static bool
clear_filter(struct overlay *o, const char *key)
{
	if (o->kind != OVERLAY_HELP || !o->input[0] || !str_eq(key, "esc"))
		return false;
	o->input[0] = '\0';
	picker_filter(o->picker, "");
	return true;
}

void
overlay_key(struct overlay *o, const char *key, bool printable)
{
	if (clear_filter(o, key))
		return;
	if (str_eq(key, "esc") || str_eq(key, "ctrl-c")) {
		decline(o);
		return;
	}
	switch (o->kind) {
	case OVERLAY_NONE:
		break;
	case OVERLAY_HELP:
	case OVERLAY_MENU:
		picker_pressed(o, key, printable);
		break;
	case OVERLAY_PALETTE:
		palette_pressed(o, key, printable);
		break;
	case OVERLAY_CONFIRM:
		confirm_key(o, key, printable);
		break;
	case OVERLAY_PROMPT:
		prompt_key(o, key, printable);
		break;
	case OVERLAY_QUESTION:
		question_key(o, key, printable);
		break;
	}
}
