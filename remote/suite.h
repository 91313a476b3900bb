/*
 * The algorithms of a session: what drover does of its own accord, and what is
 * left of that when ssh_config narrows it. Nothing makes it weaker.
 *
 * Pure; lists are ssh's, names with commas between.
 */
#ifndef DROVER_REMOTE_SUITE_H
#define DROVER_REMOTE_SUITE_H

#include <stdbool.h>

struct buf;

enum suite_kind {
	SUITE_KEX,
	SUITE_CIPHERS,
	SUITE_MACS,
	SUITE_HOST_KEYS,
	SUITE_USER_KEYS, /* signatures and certificates for logging in */
	SUITE_COUNT
};

/* What is offered when nobody says otherwise, in drover's order. */
const char *suite_usual(enum suite_kind kind);

/* Append those of wanted that drover can do and allows, in wanted's order; nothing else. */
void suite_pick(enum suite_kind kind, const char *wanted, struct buf *to);

/* Append the names of wanted that ssh does not use by itself and drover does not at all: what a
 * user added in vain. */
void suite_weak(enum suite_kind kind, const char *wanted, const char *ssh_usual, struct buf *to);

/* Is every name of part in whole, in the same order? */
bool suite_is_part(const char *part, const char *whole);

/* Is some name in both lists? */
bool suite_meets(const char *a, const char *b);

/* Append the names of list that need no MAC beside them. */
void suite_sealed(const char *ciphers, struct buf *to);

/* Append list with the names that stand in first before the others, each part in its own order. */
void suite_prefer(const char *list, const char *first, struct buf *to);

#endif
