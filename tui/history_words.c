#include "tui/history_words.h"

#include "base/mem.h"
#include "base/str.h"
#include "cli/history_row.h"
#include "cli/history_source.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum history_ask ask;
} asks[] = { { "failed", HISTORY_FAILED }, { "changed", HISTORY_CHANGED },
	{ "unreachable", HISTORY_UNREACHABLE }, { "running", HISTORY_RUNNING },
	{ "unfinished", HISTORY_UNFINISHED }, { "foreign", HISTORY_FOREIGN } };

static const char *const labels[] = { "who", "verb", "state", "playbook", "fleet", "src", "seat",
	NULL };

/* "who:ana" is meant as "who=ana" when who is a label. */
static void
take_text(struct history_word *w, const char *word)
{
	char typed[256];

	str_copy(typed, sizeof(typed), word);
	for (size_t i = 0; labels[i]; i++) {
		size_t n = strlen(labels[i]);

		if (str_starts(typed, labels[i]) && typed[n] == ':')
			typed[n] = '=';
	}
	w->ask = HISTORY_TEXT;
	match_init(&w->match, typed);
}

static void
take_word(struct history_words *to, const char *word)
{
	struct history_word *w = &to->word[to->count++];

	*w = (struct history_word){ .inverse = *word == '!' };
	word += w->inverse;
	for (size_t i = 0; i < countof(asks); i++) {
		if (str_eq(word, asks[i].word)) {
			w->ask = asks[i].ask;
			return;
		}
	}
	if (str_starts(word, "host:") || str_starts(word, "host=")) {
		w->ask = HISTORY_HOST;
		str_copy(w->glob, sizeof(w->glob), word + 5);
		return;
	}
	take_text(w, word);
}

void
history_words_init(struct history_words *w, const char *typed)
{
	*w = (struct history_words){ .count = 0 };
	if (str_starts(typed, "-f ")) {
		w->count = 1;
		w->word[0] = (struct history_word){ .ask = HISTORY_TEXT };
		match_init(&w->word[0].match, typed);
		return;
	}
	while (*typed && w->count < HISTORY_WORDS) {
		size_t n = strcspn(typed, " \t");

		if (n && !(n == 1 && *typed == '!')) {
			autofree char *word = xmemdup0(typed, n);

			take_word(w, word);
		}
		typed += n;
		typed += strspn(typed, " \t");
	}
}

void
history_words_fini(struct history_words *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->word[i].ask == HISTORY_TEXT)
			match_fini(&w->word[i].match);
	}
	w->count = 0;
}

static const char *
label_of(void *user, const char *key)
{
	const struct history_row *row = user;
	const struct {
		const char *key, *value;
	} known[] = { { "who", row->who }, { "verb", row->verb }, { "state", row->state },
		{ "playbook", row->playbook }, { "fleet", row->fleet }, { "seat", row->seat },
		{ "src", history_origin(row) } };

	for (size_t i = 0; i < countof(known); i++) {
		if (str_eq(known[i].key, key))
			return known[i].value;
	}
	return NULL;
}

static bool
went(enum history_ask ask, const struct history_row *row)
{
	switch (ask) {
	case HISTORY_FAILED:
		return history_is_bad(row);
	case HISTORY_CHANGED:
		return row->changed > 0;
	case HISTORY_UNREACHABLE:
		return row->unreachable > 0;
	case HISTORY_RUNNING:
		return str_eq(row->state, "running");
	case HISTORY_UNFINISHED:
		return str_eq(row->state, "unfinished");
	case HISTORY_FOREIGN:
		return row->foreign;
	case HISTORY_HOST:
	case HISTORY_TEXT:
		break;
	}
	return true;
}

static bool
agrees(const struct history_word *w, const struct history_row *row)
{
	char text[1024];

	if (w->ask != HISTORY_TEXT)
		return went(w->ask, row) != w->inverse;
	snprintf(text, sizeof(text), "r-%lld %s %s %.600s %s", (long long)row->number, row->who,
	    row->state, row->what, row->playbook);
	return match_row(&w->match, text, label_of, (void *)(uintptr_t)row) != w->inverse;
}

bool
history_words_match(const struct history_words *w, const struct history_row *row,
    const struct history_source *source)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->word[i].ask != HISTORY_HOST && !agrees(&w->word[i], row))
			return false;
	}
	for (size_t i = 0; i < w->count; i++) {
		const struct history_word *word = &w->word[i];

		if (word->ask == HISTORY_HOST &&
		    source->had(source->user, row->number, word->glob) == word->inverse)
			return false;
	}
	return true;
}
