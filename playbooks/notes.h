/*
 * What the plan of a resource must say when it changes: a list of sentences.
 *
 * Grows in an arena, which owns the texts; item is ended by NULL as soon as there is one.
 */
#ifndef DROVER_PLAYBOOKS_NOTES_H
#define DROVER_PLAYBOOKS_NOTES_H

#include <stddef.h>

struct arena;

struct notes {
	struct arena *arena;
	const char **item; /* NULL: none */
	size_t count, cap;
};

__attribute__((format(printf, 2, 3))) void notes_add(struct notes *n, const char *fmt, ...);

#endif
