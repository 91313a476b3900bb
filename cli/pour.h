/*
 * What a host sends, poured into a descriptor of ours as it came.
 *
 * Lives on the loop and never waits: what the descriptor does not take is kept,
 * and pour_full() asks whoever reads from the host to pause until drained().
 */
#ifndef DROVER_CLI_POUR_H
#define DROVER_CLI_POUR_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct pour;

struct pour_listener {
	void (*drained)(void *user); /* all of it is out that had to wait */
	void (*broken)(void *user);  /* nobody reads it any more: the rest is dropped. Once */
};

/* The descriptor stays the caller's. */
struct pour *pour_new(struct loop *loop, int fd, const struct pour_listener *l, void *user);
void pour_free(struct pour *p);

void pour_add(struct pour *p, const void *bytes, size_t len);
bool pour_full(const struct pour *p);
bool pour_empty(const struct pour *p);

#endif
