#include "tui/keymap.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/key.h"

#include <stdio.h>
#include <string.h>

struct keymap {
	struct keymap_row *rows;
	size_t count, cap;
	struct action *screens; /* one for each digit; their names and keys are in texts */
	char *file;             /* of the marks */
	char **texts;
	size_t text_count, text_cap;
};

const struct action keymap_moves[] = {
	{ .key = "j|down", .name = "down", .summary = "one row down" },
	{ .key = "k|up", .name = "up", .summary = "one row up" },
	{ .key = "page-down", .name = "page down", .summary = "a screenful down" },
	{ .key = "page-up", .name = "page up", .summary = "a screenful up" },
	{ .key = "ctrl-d", .name = "half down", .summary = "half a screenful down" },
	{ .key = "ctrl-u", .name = "half up", .summary = "half a screenful up" },
	{ .key = "g|home", .name = "first", .summary = "the first row" },
	{ .key = "G|end", .name = "last", .summary = "the last row" },
	{ .key = "h|left", .name = "left", .summary = "a text or its columns to the left" },
	{ .key = "l|right", .name = "right", .summary = "a text or its columns to the right" },
	{ 0 },
};

const char *const keymap_presets[] = { "default", "k9s", "vim", NULL };

/* What a preset changes: the actions of this name (NULL: any; they get one more) on this screen ("*": all) that have this key
 * in their table; a name alone may mean another thing elsewhere. */
static const struct {
	const char *preset, *screen, *action, *was, *keys;
} changes[] = {
	/* k9s: Ctrl-d removes, after its dialog, so it does not page; Ctrl-r asks anew; - goes back. */
	{ "k9s", "*", "remove", "X", "ctrl-d|X" },
	{ "k9s", "*", "half down", "ctrl-d", "" },
	{ "k9s", "*", "half up", "ctrl-u", "" },
	{ "k9s", "*", "refresh", "R", "ctrl-r|R" },
	{ "k9s", "*", "back", "esc", "esc|q" },
	{ "k9s", "*", "last view", "`", "-|`" },
	{ "k9s", "fleet", "unmark set", "-", "_" },
	/* vim: l goes in and h comes back, so logs are L; Ctrl-f and Ctrl-b page. In texts h and l move. */
	{ "vim", "fleet", NULL, "enter", "l" },
	{ "vim", "host", NULL, "enter", "l" },
	{ "vim", "apps", NULL, "enter", "l" },
	{ "vim", "plan", NULL, "enter", "l" },
	{ "vim", "run", NULL, "enter", "l" },
	{ "vim", "history", NULL, "enter", "l" },
	{ "vim", "*", "logs", "l", "L" },
	{ "vim", "*", "back", "esc", "h|q|esc" },
	{ "vim", "*", "page down", "page-down", "ctrl-f|page-down" },
	{ "vim", "*", "page up", "page-up", "ctrl-b|page-up" },
};

static char *
keep_text(struct keymap *m, char *text)
{
	mem_grow(m->texts, m->text_count, m->text_cap);
	return m->texts[m->text_count++] = text;
}

static void
add(struct keymap *m, enum keymap_kind kind, const struct view_class *class, const struct action *a)
{
	mem_grow(m->rows, m->count, m->cap);
	m->rows[m->count++] = (struct keymap_row){ .kind = kind,
		.screen = kind == KEYMAP_VIEW ? class->name : "*",
		.class = class,
		.action = a,
		.keys = xstrdup(a->key) };
}

static void
add_screens(struct keymap *m, const struct view_class *const *classes, size_t count)
{
	m->screens = xcalloc(count + 1, sizeof(*m->screens));
	for (size_t i = 0; i < count; i++) {
		const struct view_class *class = classes[i];

		if (!class->digit)
			continue;
		m->screens[i] = (struct action){ .key = keep_text(m, xasprintf("%c", class->digit)),
			.name = keep_text(m, xasprintf("screen %s", class->name)),
			.summary = keep_text(m, xasprintf("the screen %s", class->title)) };
		add(m, KEYMAP_SCREEN, class, &m->screens[i]);
	}
}

struct keymap *
keymap_new(const struct view_class *const *classes, const struct action *global)
{
	struct keymap *m = xcalloc(1, sizeof(*m));
	size_t count = 0;

	for (; classes[count]; count++) {
		for (const struct action *a = classes[count]->actions; a->key; a++)
			add(m, KEYMAP_VIEW, classes[count], a);
	}
	for (const struct action *a = keymap_moves; a->key; a++)
		add(m, KEYMAP_MOVE, NULL, a);
	add_screens(m, classes, count);
	for (const struct action *a = global; a->key; a++)
		add(m, KEYMAP_GLOBAL, NULL, a);
	return m;
}

void
keymap_free(struct keymap *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		free(m->rows[i].keys);
	for (size_t i = 0; i < m->text_count; i++)
		free(m->texts[i]);
	free(m->rows);
	free(m->texts);
	free(m->screens);
	free(m->file);
	free(m);
}

/* "next-tab" is "next tab". */
static bool
same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if (*a != *b && !(*a == '-' && *b == ' ') && !(*a == ' ' && *b == '-'))
			return false;
	}
	return *a == *b;
}

size_t
keymap_set(struct keymap *m, const char *screen, const char *action, const char *keys,
    const struct mark *at)
{
	size_t found = 0;
	bool all = str_eq(screen, "*");

	if (at->file && !m->file)
		m->file = xstrdup(at->file);
	for (size_t i = 0; i < m->count; i++) {
		struct keymap_row *r = &m->rows[i];

		if (!same_name(r->action->name, action) || (!all && !str_eq(screen, r->screen)))
			continue;
		found++;
		/* What is said of one screen outweighs what is said of all. */
		if (r->user && !r->all && all)
			continue;
		free(r->keys);
		r->keys = xstrdup(keys);
		r->user = true;
		r->all = all;
		r->at = (struct mark){ m->file, at->line, at->col };
	}
	return found;
}

static void
change(struct keymap *m, size_t which)
{
	for (size_t i = 0; i < m->count; i++) {
		struct keymap_row *r = &m->rows[i];
		const char *screen = changes[which].screen, *name = changes[which].action;

		if ((!str_eq(screen, "*") && !str_eq(screen, r->screen)) ||
		    (name && !str_eq(name, r->action->name)) ||
		    !key_matches(r->action->key, changes[which].was))
			continue;
		char *keys = name ? xstrdup(changes[which].keys)
				  : xasprintf("%s|%s", changes[which].keys, r->keys);
		free(r->keys);
		r->keys = keys;
	}
}

bool
keymap_preset(struct keymap *m, const char *name)
{
	bool known = false;

	for (size_t i = 0; keymap_presets[i]; i++)
		known = known || str_eq(keymap_presets[i], name);
	for (size_t i = 0; known && i < countof(changes); i++) {
		if (str_eq(changes[i].preset, name))
			change(m, i);
	}
	return known;
}

/* The first key of a binding that another has too; false: none. */
static bool
shared(const char *a, const char *b, char *to, size_t size)
{
	while (*a) {
		size_t len = strcspn(a, "|");

		len = len ? len : 1;
		if (len < size) {
			memcpy(to, a, len);
			to[len] = '\0';
			if (key_matches(b, to))
				return true;
		}
		a += len;
		a += *a == '|';
	}
	return false;
}

/* Both are to be had on one screen, and nothing says which is meant. */
static bool
clash(const struct keymap_row *a, const struct keymap_row *b, bool all)
{
	if (a->kind == KEYMAP_VIEW && b->kind == KEYMAP_VIEW && a->class != b->class)
		return false;
	if (a->kind == b->kind)
		return a->user || b->user || all;
	return (a->user || b->user) && !same_name(a->action->name, b->action->name);
}

static void
say_clash(const struct keymap_row *a, const struct keymap_row *b, const char *key, struct diag *d)
{
	const struct keymap_row *mine = b->user ? b : a, *other = b->user ? a : b;
	const char *where = a->kind == KEYMAP_VIEW ? a->screen : b->screen;

	diag_error(d, mine->at, "%s is '%s' and '%s' on %s; free it: %s %s = none", key,
	    mine->action->name, other->action->name, str_eq(where, "*") ? "every screen" : where,
	    other->screen, other->action->name);
}

size_t
keymap_clashes(const struct keymap *m, bool all, struct diag *d)
{
	size_t found = 0;
	char key[KEY_NAME];

	for (size_t i = 0; i < m->count; i++) {
		for (size_t k = i + 1; k < m->count; k++) {
			const struct keymap_row *a = &m->rows[i], *b = &m->rows[k];

			if (!clash(a, b, all) || !shared(a->keys, b->keys, key, sizeof(key)))
				continue;
			say_clash(a, b, key, d);
			found++;
		}
	}
	return found;
}

const char *
keymap_keys(const struct keymap *m, const struct action *a)
{
	for (size_t i = 0; m && i < m->count; i++) {
		if (m->rows[i].action == a)
			return m->rows[i].keys;
	}
	return a->key;
}

const struct keymap_row *
keymap_rows(const struct keymap *m, size_t *ret_count)
{
	*ret_count = m->count;
	return m->rows;
}

const struct keymap_row *
keymap_find(
    const struct keymap *m, const struct view_class *class, enum keymap_kind kind, const char *key)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct keymap_row *r = &m->rows[i];

		if (r->kind == kind && (kind != KEYMAP_VIEW || r->class == class) &&
		    key_matches(r->keys, key))
			return r;
	}
	return NULL;
}

const char *
keymap_move(const struct keymap *m, const char *key)
{
	bool was = false;

	for (size_t i = 0; i < m->count; i++) {
		const struct keymap_row *r = &m->rows[i];

		if (r->kind != KEYMAP_MOVE)
			continue;
		if (key_matches(r->keys, key)) {
			const char *last = strrchr(r->action->key, '|');

			return last ? last + 1 : r->action->key;
		}
		was = was || key_matches(r->action->key, key);
	}
	return was ? NULL : key;
}

const char *
keymap_label(const char *keys, char *to, size_t size)
{
	size_t used = 0;

	to[0] = '\0';
	while (*keys && used + 2 < size) {
		size_t len = strcspn(keys, "|");
		char label[KEY_NAME * 2];

		len = len ? len : 1;
		used += (size_t)snprintf(to + used, size - used, "%s%s", used ? " " : "",
		    key_label(keys, label, sizeof(label)));
		keys += len;
		keys += *keys == '|';
	}
	return to;
}
