/*
 * The command line of the console: its words, and what may come next.
 *
 * Pure. Knows the verbs and options from cli/commands.h, screens and actions from the keymap; hosts,
 * units, files and runs are asked of a source, so that a test gives its own.
 */
#ifndef DROVER_TUI_PALETTE_H
#define DROVER_TUI_PALETTE_H

#include "tui/picker.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>

enum palette_kind {
	PALETTE_HOSTS, /* and @groups */
	PALETTE_UNITS, /* of the host named so far, else of all */
	PALETTE_FILES, /* below the directory that the prefix names */
	PALETTE_PLAYBOOKS,
	PALETTE_RUNS,
};

/* Calls put(word, note) for what there is of this kind; what does not begin with the prefix may be left
 * out. host: the word before, or NULL. */
struct palette_source {
	void (*each)(void *user, enum palette_kind kind, const char *prefix, const char *host,
	    void (*put)(void *to, const char *word, const char *note), void *to);
	void *user;
};

/* A line in words as a shell has them: blanks, quotes and backslashes. */
struct palette_words {
	char **word; /* ended by NULL */
	size_t count;
	bool open; /* a quote is not closed */
};

void palette_split(const char *line, struct palette_words *ret);
void palette_words_fini(struct palette_words *w);

/* What may come next, best first: items whose value is the whole line with it. Replaces what was there. */
void palette_complete(
    const struct view *v, const struct palette_source *source, const char *line, struct picker *to);

/* The longest beginning that all values of the picker share; caller frees. */
char *palette_common(const struct picker *p);

/* What a line is. */
enum palette_what {
	PALETTE_NOTHING,
	PALETTE_QUIT,
	PALETTE_MESSAGES,
	PALETTE_SCREEN,  /* row: which; subject: the rest, or NULL */
	PALETTE_ACTION,  /* row */
	PALETTE_VERB,    /* words from the verb on */
	PALETTE_UNKNOWN, /* perhaps a node set */
};

struct palette_line {
	enum palette_what what;
	const struct keymap_row *row;
	char *subject;
	struct palette_words words; /* all of them; of a verb, from it on */
};

void palette_read(const struct view *v, const char *line, struct palette_line *ret);
void palette_line_fini(struct palette_line *l);

#endif
