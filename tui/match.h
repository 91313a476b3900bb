/*
 * What a live filter lets through.
 *
 * A value; owns its compiled expression. The text that is typed: a regular expression (extended, no
 * case), "!" before it inverts it, "-f " before it asks for its letters in this order (fuzzy), and
 * "KEY=GLOB" compares what the row is labelled with.
 */
#ifndef DROVER_TUI_MATCH_H
#define DROVER_TUI_MATCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum match_kind { MATCH_ALL, MATCH_REGEX, MATCH_LITERAL, MATCH_FUZZY, MATCH_LABEL };

struct match {
	enum match_kind kind;
	bool inverse;
	char text[256]; /* what is looked for, without its marks */
	char label[64]; /* MATCH_LABEL: the key; text is its glob */
	bool bad;       /* no regular expression: it is looked for as it stands */
	regex_t regex;
};

/* "" lets everything through. Ended by match_fini(); a zeroed one is "". */
void match_init(struct match *m, const char *typed);
void match_fini(struct match *m);
bool match_on(const struct match *m); /* it holds something back */

/* label(user, key) gives what the row is labelled with; NULL: nothing. label itself may be NULL. */
bool match_row(const struct match *m, const char *text,
    const char *(*label)(void *user, const char *key), void *user);

/* The first place in a text where it stands, from byte `from` on; false: nowhere, or it is inverted. */
bool match_find(
    const struct match *m, const char *text, size_t from, size_t *ret_at, size_t *ret_len);

#endif
