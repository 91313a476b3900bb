/*
 * Which of many screens show something else than the others.
 *
 * Pure. Texts are compared without what is bound to differ: a host's own names, times and dates, how many blanks
 * stand between words, and blanks and empty lines at the end.
 */
#ifndef DROVER_TUI_DIVERGE_H
#define DROVER_TUI_DIVERGE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define DIVERGE_NAMES 6

struct diverge_screen {
	const char *const
	    *names;       /* of its host: "web1.example.org", "web1", an address; ended by NULL */
	const char *text; /* its lines */
	size_t len;
};

/* Append the text as it is compared: "web1" is <host>, "10:42:07" is <time>, "2026-11-22" is <date>. */
void diverge_mask(const struct diverge_screen *s, struct buf *to);

/* group[i] is the number of the group that screen i belongs to: 0 is the largest, of equally large ones that of
 * the screen that comes first. Returns how many groups there are; 0 of no screens. */
size_t diverge_groups(const struct diverge_screen *screens, size_t count, size_t *group);

/* What b has in place of a, as a unified diff of both as they are compared;
 * caller frees. NULL: they are equal. */
char *diverge_diff(const struct diverge_screen *a, const struct diverge_screen *b);

#endif
