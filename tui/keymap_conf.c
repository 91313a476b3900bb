/* The user's keys.conf: lines, words, and what was meant. */
#include "tui/keymap.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/key.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CONF_MAX  65536
#define WORD_MAX  64
#define KEYS_MAX  8 /* of one action */
#define NAMES_MAX 400

static const char *const named_keys[] = { "up", "down", "left", "right", "page-up", "page-down",
	"home", "end", "enter", "esc", "tab", "shift-tab", "space", "backspace", "delete", "insert",
	"ctrl-space", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
	"hash", "none", NULL };

struct conf {
	struct keymap *map;
	const char *file;
	struct diag *diag;
	int line;
	const char *start; /* of the line */
	bool preset_said;
};

static struct mark
mark_at(const struct conf *c, const char *p)
{
	struct mark at = { .file = c->file, .line = c->line, .col = 1 };

	for (const char *s = c->start; s < p; s++)
		at.col += (*s & 0xc0) != 0x80;
	return at;
}

/* Words in small letters, but a single character stands as it is. */
static void
lower(char *word)
{
	if (utf8_columns(word, strlen(word)) > 1) {
		for (; *word; word++)
			*word = (char)tolower((unsigned char)*word);
	}
}

/* The name under which the console knows a key that is written so; false: it is none. */
static bool
key_name(char *word)
{
	uint32_t ch;
	size_t n = strlen(word);

	if (utf8_decode(word, n, &ch) == n && ch > ' ' && ch != 127 && !(ch >= 0x80 && ch < 0xa0))
		return true;
	lower(word);
	if (str_eq(word, "hash")) {
		word[0] = '#';
		word[1] = '\0';
		return true;
	}
	if (str_starts(word, "ctrl-") && n == 6 && islower((unsigned char)word[5]))
		return !strchr("hijm", word[5]); /* terminals send these for other keys */
	for (size_t i = 0; named_keys[i]; i++) {
		if (str_eq(named_keys[i], word))
			return true;
	}
	return false;
}

static void
wrong_key(const struct conf *c, const char *at, const char *word)
{
	const char *near = str_nearest(word, named_keys);

	if (str_starts(word, "ctrl-") && strlen(word) == 6)
		diag_error(c->diag, mark_at(c, at), "'%s' is another key to a terminal: %s", word,
		    word[5] == 'h'   ? "backspace"
		    : word[5] == 'i' ? "tab"
				     : "enter");
	else if (near)
		diag_error(c->diag, mark_at(c, at), "no key '%s'; did you mean '%s'?", word, near);
	else
		diag_error(c->diag, mark_at(c, at),
		    "no key '%s': a character, or a name such as ctrl-r, f5, enter, page-up", word);
}

/* The words behind = as a binding; false: something is wrong with them. */
static bool
read_keys(const struct conf *c, const char *p, char *to, size_t size)
{
	size_t count = 0, used = 0;
	bool none = false;
	const char *first = p;

	to[0] = '\0';
	while (*p) {
		char word[WORD_MAX];
		size_t len = strcspn(p, " \t");
		const char *at = p;

		snprintf(word, sizeof(word), "%.*s", len < WORD_MAX ? (int)len : WORD_MAX - 1, p);
		p = str_skip_blanks(p + len);
		if (*word == '#' && count)
			break; /* a comment: the key itself is "hash" */
		if (len >= KEY_NAME || *word == '#' || !key_name(word)) {
			wrong_key(c, at, word);
			return false;
		}
		if (count++ == KEYS_MAX)
			break; /* too many: told below */
		none = none || str_eq(word, "none");
		if (!str_eq(word, "none"))
			used +=
			    (size_t)snprintf(to + used, size - used, "%s%s", used ? "|" : "", word);
	}
	if (!count || count > KEYS_MAX || (none && count > 1)) {
		diag_error(c->diag, mark_at(c, first), "%s",
		    !count ? "keys are missing behind =; 'none' frees the action's keys"
		    : none ? "'none' stands alone"
			   : "more than 8 keys for one action");
		return false;
	}
	return true;
}

/* The nearest name of what a row may be called, on a screen or (NULL) of screens themselves. */
static const char *
nearest(const struct keymap *m, const char *screen, const char *word)
{
	const char *names[NAMES_MAX + 1] = { "*" };
	size_t n = 1, count;
	const struct keymap_row *rows = keymap_rows(m, &count);

	for (size_t i = 0; i < count && n < NAMES_MAX; i++) {
		if (!screen)
			names[n++] = rows[i].screen;
		else if (str_eq(screen, "*") || str_eq(screen, rows[i].screen))
			names[n++] = rows[i].action->name;
	}
	names[n] = NULL;
	return str_nearest(word, names);
}

static bool
is_screen(const struct keymap *m, const char *word)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(m, &count);

	for (size_t i = 0; i < count; i++) {
		if (str_eq(rows[i].screen, word))
			return true;
	}
	return false;
}

static void
unknown(const struct conf *c, const char *at, const char *screen, const char *word)
{
	const char *near = nearest(c->map, screen, word);
	const char *what = screen ? "action" : "screen";
	char on[WORD_MAX + 8] = "";

	if (screen && !str_eq(screen, "*"))
		snprintf(on, sizeof(on), " on %s", screen);
	if (near)
		diag_error(c->diag, mark_at(c, at), "no %s '%s'%s; did you mean '%s'?", what, word,
		    on, near);
	else
		diag_error(c->diag, mark_at(c, at), "no %s '%s'%s", what, word, on);
}

static bool
set_before(const struct conf *c, const char *screen, const char *action)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(c->map, &count);

	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];

		if (r->user && str_eq(r->action->name, action) &&
		    (r->all ? str_eq(screen, "*") : str_eq(screen, r->screen)))
			return true;
	}
	return false;
}

static void
read_binding(const struct conf *c, const char *p, const char *equals)
{
	char screen[WORD_MAX], action[WORD_MAX], keys[KEYS_MAX * KEY_NAME + 1];
	size_t len = strcspn(p, " \t=");
	const char *name = str_skip_blanks(p + len), *end = equals;
	struct mark at = mark_at(c, p);

	while (end > name && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (len >= WORD_MAX || end - name >= WORD_MAX || name >= end) {
		diag_error(
		    c->diag, at, "a line is: SCREEN ACTION = KEY..., with * for every screen");
		return;
	}
	snprintf(screen, sizeof(screen), "%.*s", (int)len, p);
	snprintf(action, sizeof(action), "%.*s", (int)(end - name), name);
	if (!is_screen(c->map, screen)) {
		unknown(c, p, NULL, screen);
		return;
	}
	if (!read_keys(c, str_skip_blanks(equals + 1), keys, sizeof(keys)))
		return;
	if (set_before(c, screen, action))
		diag_error(c->diag, at, "the keys of '%s' are given twice", action);
	else if (!keymap_set(c->map, screen, action, keys, &at))
		unknown(c, name, screen, action);
}

/* "preset = NAME": its end, or NULL when the line is something else. */
static const char *
preset_value(const char *p)
{
	if (!str_starts(p, "preset"))
		return NULL;
	p = str_skip_blanks(p + strlen("preset"));
	return *p == '=' ? str_skip_blanks(p + 1) : NULL;
}

static void
read_preset(struct conf *c, const char *value, const char *instead)
{
	char name[WORD_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(value, " \t#"), value);
	bool known = false;
	for (size_t i = 0; keymap_presets[i]; i++)
		known = known || str_eq(keymap_presets[i], name);
	if (!known) {
		const char *near = str_nearest(name, keymap_presets);

		diag_error(c->diag, mark_at(c, value),
		    "no preset '%s'; there are default, k9s and vim%s%s", name,
		    near ? ": did you mean " : "", near ? near : "");
	} else if (c->preset_said) {
		diag_error(c->diag, mark_at(c, value), "a second preset");
	} else if (!instead) {
		keymap_preset(c->map, name);
	}
	c->preset_said = true;
}

/* One line, which ends with a NUL. The presets are read first: they are what the rest changes. */
static void
read_line(struct conf *c, const char *instead, bool presets)
{
	const char *p = str_skip_blanks(c->start), *value = preset_value(p);

	if (!*p || *p == '#')
		return;
	if (value || presets) {
		if (value && presets)
			read_preset(c, value, instead);
		return;
	}
	/* The key = may stand behind the first one. */
	const char *equals = strchr(p, '=');
	if (equals)
		read_binding(c, p, equals);
	else
		diag_error(
		    c->diag, mark_at(c, p), "no = in this line; a line is: SCREEN ACTION = KEY...");
}

void
keymap_read(struct keymap *m, const char *file, const char *text, size_t len, const char *preset,
    struct diag *d)
{
	struct conf c = { .map = m, .file = file, .diag = d };

	if (preset)
		keymap_preset(m, preset);
	if (!utf8_valid(text, len) || memchr(text, '\0', len)) {
		diag_error(d, (struct mark){ .file = file, .line = 0 }, "not a text in UTF-8");
		return;
	}
	for (int pass = 0; pass < 2; pass++) {
		c.line = 0;
		for (size_t at = 0; at < len;) {
			const char *nl = memchr(text + at, '\n', len - at);
			size_t n = nl ? (size_t)(nl - text) - at : len - at;
			autofree char *line = xmemdup0(text + at, n);

			if (n && line[n - 1] == '\r')
				line[n - 1] = '\0';
			c.line++;
			c.start = line;
			read_line(&c, preset, pass == 0);
			at += n + 1;
		}
	}
}

int
keymap_load(struct keymap *m, const char *preset, struct diag *d, struct err *err)
{
	autofree char *dir = file_config_dir();
	autofree char *path = file_join(dir, "keys.conf");
	size_t len;

	if (preset && !keymap_preset(m, preset))
		return err_set(
		    err, OUTCOME_USAGE, "no preset '%s': there are default, k9s and vim", preset);
	if (!file_exists(path))
		return 0;
	autofree char *text = file_read(path, CONF_MAX, &len, err);
	if (!text)
		return -1;
	keymap_read(m, path, text, len, preset, d);
	if (!d->errors)
		keymap_clashes(m, false, d);
	diag_sort(d);
	if (!d->errors)
		return 0;
	return err_set(err, OUTCOME_INPUT, "%s has mistakes", path);
}
