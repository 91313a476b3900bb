/* Lines: their words, and what they are. */
#include "tui/palette.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "tui/keymap.h"

#include <string.h>

static void
keep(struct palette_words *w, size_t *cap, char *word)
{
	if (w->count + 1 >= *cap) {
		*cap = *cap ? *cap * 2 : 8;
		w->word = xrealloc(w->word, *cap, sizeof(*w->word));
	}
	w->word[w->count++] = word;
	w->word[w->count] = NULL;
}

/* One word from p on; where it ends. */
static const char *
one_word(const char *p, struct buf *to, bool *ret_open)
{
	char quote = '\0';

	for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
		if (quote && *p == quote)
			quote = '\0';
		else if (!quote && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p[1])
			buf_addc(to, *++p);
		else
			buf_addc(to, *p);
	}
	*ret_open = quote != '\0';
	return p;
}

void
palette_split(const char *line, struct palette_words *ret)
{
	size_t cap = 0;
	const char *p = line;

	*ret = (struct palette_words){ .word = xcalloc(1, sizeof(char *)) };
	for (;;) {
		autobuf word = BUF_INIT(1 << 16);

		p += strspn(p, " \t");
		if (!*p)
			return;
		p = one_word(p, &word, &ret->open);
		keep(ret, &cap, xstrdup(buf_text(&word)));
	}
}

void
palette_words_fini(struct palette_words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->word[i]);
	free(w->word);
	*w = (struct palette_words){ 0 };
}

/* A name as it is typed: dashes for blanks. */
static bool
named(const char *name, const char *typed)
{
	for (; *name && *typed; name++, typed++) {
		if (*name != *typed && !(*name == ' ' && *typed == '-'))
			return false;
	}
	return *name == *typed;
}

static const struct keymap_row *
find_screen(const struct view *v, const char *word)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(v->scene->keymap, &count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind == KEYMAP_SCREEN && str_eq(rows[i].class->name, word))
			return &rows[i];
	}
	return NULL;
}

/* The view's own first. */
static const struct keymap_row *
find_action(const struct view *v, const char *word)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(v->scene->keymap, &count), *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];

		if (!r->action->run || !named(r->action->name, word))
			continue;
		if (r->kind == KEYMAP_VIEW && r->class == v->class)
			return r;
		if (r->kind == KEYMAP_GLOBAL)
			found = r;
	}
	return found;
}

static bool
has_options(const struct palette_words *w)
{
	for (size_t i = 1; i < w->count; i++) {
		if (w->word[i][0] == '-')
			return true;
	}
	return false;
}

static char *
join(const struct palette_words *w, size_t from)
{
	autobuf all = BUF_INIT(1 << 16);

	for (size_t i = from; i < w->count; i++)
		buf_addf(&all, "%s%s", i > from ? " " : "", w->word[i]);
	return buf_detach(&all, NULL);
}

/* What a screen is opened with; the others take none from here. */
static bool
takes_subject(const char *screen)
{
	static const char *const screens[] = { "fleet", "host", "logs", "plan", NULL };

	for (size_t i = 0; screens[i]; i++) {
		if (str_eq(screens[i], screen))
			return true;
	}
	return false;
}

/* "host web1", "logs web1 nginx", and every screen by its name alone; with options it is the verb. */
static bool
read_screen(struct palette_line *l, const struct view *v)
{
	const char *first = l->words.word[0];
	const struct keymap_row *r = find_screen(v, first);

	if (!r || has_options(&l->words) ||
	    (l->words.count > 1 && !takes_subject(first) && command_find(first)))
		return false;
	l->what = PALETTE_SCREEN;
	l->row = r;
	l->subject = l->words.count > 1 ? join(&l->words, 1) : NULL;
	return true;
}

static void
drop_first(struct palette_words *w)
{
	free(w->word[0]);
	memmove(w->word, w->word + 1, w->count * sizeof(*w->word));
	w->count--;
}

void
palette_read(const struct view *v, const char *line, struct palette_line *ret)
{
	*ret = (struct palette_line){ .what = PALETTE_UNKNOWN };
	palette_split(line, &ret->words);
	if (!ret->words.count) {
		ret->what = PALETTE_NOTHING;
		return;
	}
	if (str_eq(ret->words.word[0], "drover") && ret->words.count > 1) {
		drop_first(&ret->words);
		ret->what = PALETTE_VERB;
		return;
	}
	const char *first = ret->words.word[0];
	bool alone = ret->words.count == 1;

	if (alone && (str_eq(first, "q") || str_eq(first, "quit") || str_eq(first, "q!")))
		ret->what = PALETTE_QUIT;
	else if (alone && str_eq(first, "messages"))
		ret->what = PALETTE_MESSAGES;
	else if (read_screen(ret, v))
		return;
	else if (alone && find_action(v, first)) {
		ret->what = PALETTE_ACTION;
		ret->row = find_action(v, first);
	} else if (command_find(first))
		ret->what = PALETTE_VERB;
}

void
palette_line_fini(struct palette_line *l)
{
	palette_words_fini(&l->words);
	free(l->subject);
	*l = (struct palette_line){ 0 };
}
