/*
 * The filter over a screen's list, typed live, and the search in the text that stands in its place.
 *
 * A value embedded in a view's state; owns its compiled expression. Its view says by its class where the
 * filter is and whether a text is being read. A zeroed one lets everything through.
 */
#ifndef DROVER_TUI_SIEVE_H
#define DROVER_TUI_SIEVE_H

#include "tui/match.h"

#include <stdbool.h>

struct view;

struct sieve {
	struct match match;
	char typed[256];
};

void sieve_set(struct sieve *s, const char *typed);
void sieve_fini(struct sieve *s);

/* Forget what was typed; false when nothing was. */
bool sieve_clear(struct sieve *s);

/* Ask for it; title is what the list is of, as "Hosts with". While the view reads a text, what is asked for
 * is looked for there. */
void sieve_ask(struct view *v, const char *title);

#endif
