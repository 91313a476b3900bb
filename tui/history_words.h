/*
 * The filter of the runs: words that must all agree with a run.
 *
 * A value; owns its compiled words. "failed", "changed", "unreachable", "running", "unfinished" and
 * "foreign" ask how it went; "host=web*" (or host:web*) which hosts it had, "who=", "verb=", "state=",
 * "playbook=", "fleet=", "src=" what it is labelled with; anything else is looked for in what the row
 * says (tui/match). "!" before a word inverts it.
 */
#ifndef DROVER_TUI_HISTORY_WORDS_H
#define DROVER_TUI_HISTORY_WORDS_H

#include "tui/match.h"

#include <stdbool.h>
#include <stddef.h>

#define HISTORY_WORDS 8

struct history_row;
struct history_source;

enum history_ask {
	HISTORY_FAILED,
	HISTORY_CHANGED,
	HISTORY_UNREACHABLE,
	HISTORY_RUNNING,
	HISTORY_UNFINISHED,
	HISTORY_FOREIGN,
	HISTORY_HOST,
	HISTORY_TEXT
};

struct history_word {
	enum history_ask ask;
	bool inverse;
	char glob[128];     /* HISTORY_HOST */
	struct match match; /* HISTORY_TEXT */
};

struct history_words {
	struct history_word word[HISTORY_WORDS];
	size_t count;
};

void history_words_init(struct history_words *w, const char *typed);
void history_words_fini(struct history_words *w);

/* The source is asked for the hosts of a run only when all other words agree. */
bool history_words_match(const struct history_words *w, const struct history_row *row,
    const struct history_source *source);

#endif
