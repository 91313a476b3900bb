/*
 * A list's cursor, scroll and marks; the view owns the rows.
 *
 * A value embedded in a view's state. Rows have ids, so the cursor follows the
 * thing and not its place when rows move.
 */
#ifndef DROVER_TUI_LIST_H
#define DROVER_TUI_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	size_t count, cursor, top;
	int height;   /* rows on screen, told at the last paint */
	char id[256]; /* of the row the cursor stands on */
};

/* The rows changed: id_of(user, i) gives the id of row i (NULL: cannot be stood on). */
void list_update(struct list *l, size_t count, const char *(*id_of)(const void *user, size_t i),
    const void *user);

/* Move by n rows over rows that can be stood on. */
void list_move(
    struct list *l, long n, const char *(*id_of)(const void *user, size_t i), const void *user);

/* Keep the cursor visible in height rows; returns the first row to paint. Pure on a copy. */
size_t list_top(const struct list *l, int height);

/* The keys every list has: j k arrows page-up page-down ctrl-d ctrl-u gg/home G/end. Returns true
 * when the key was one of them. */
bool list_key(struct list *l, const char *key, const char *(*id_of)(const void *user, size_t i),
    const void *user);

#endif
