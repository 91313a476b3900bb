/*
 * Looks for what a match says in many long lines: what the expression must contain is looked for first, by
 * bytes, and only lines that have it are put to the expression.
 *
 * A value; owns its expression. Lines need no NUL at their end and may hold some.
 */
#ifndef DROVER_TUI_FINDER_H
#define DROVER_TUI_FINDER_H

#include "tui/match.h"

#include <stdbool.h>
#include <stddef.h>

struct finder {
	struct match match;
	char literal[256]; /* lower case; "": nothing is known to be in each match */
	size_t literal_len;
	size_t rare; /* of its bytes the one that is rarest in logs */
	bool whole;  /* the literal is all there is to look for */
};

/* As match_init(); what is typed for labels ("a=b") is looked for as it stands. */
void finder_init(struct finder *f, const char *typed);
void finder_fini(struct finder *f);
bool finder_on(const struct finder *f);

/* The first place from byte `from` on; the inversion is not looked at. */
bool finder_find(const struct finder *f, const char *text, size_t len, size_t from, size_t *ret_at,
    size_t *ret_len);

/* With a literal: the first place from byte `from` on that has it, over line ends too; len: there is none. */
size_t finder_literal(const struct finder *f, const char *text, size_t len, size_t from);

/* Does the line pass: it has it, or with "!" has it not. Nothing to look for passes all. */
bool finder_passes(const struct finder *f, const char *text, size_t len);

#endif
