/*
 * Memory given back all at once.
 *
 * A document (inventory, playbook, plan) is parsed into one arena, is immutable
 * after that, and is dropped whole. Pointers into it live as long as it does.
 */
#ifndef DROVER_BASE_ARENA_H
#define DROVER_BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Zeroed memory of n bytes, aligned for anything. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_memdup0(struct arena *a, const void *p, size_t n);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *a, const char *fmt, ...);

/* Bytes handed out so far. */
size_t arena_size(const struct arena *a);

#endif
