/*
 * Where something that is fetched comes down: beside its name, then by rename.
 *
 * Owns the file or directory beside until it has its name, and removes it when it
 * is freed before; but a part that is to be gone on with stays. Reading back,
 * syncing and renaming happen on a thread.
 */
#ifndef DROVER_ENGINE_LANDING_H
#define DROVER_ENGINE_LANDING_H

#include <stdint.h>

struct err;
struct landing;
struct work;

/* In the directory dir (borrowed) under that name. resume: what the part is known by; NULL: none is
 * kept. */
struct landing *landing_new(int dir, const char *name, const char *resume);
void landing_free(struct landing *l); /* done() of look and end is not called any more */

/* Is there a part? done() comes with NULL, or why it cannot be told; at once or from the loop. */
void landing_look(struct landing *l, struct work *work,
    void (*done)(void *user, const struct err *err), void *user);
/* Its length and digest ("-" and 0: none); digest may be NULL. */
uint64_t landing_part(const struct landing *l, char *digest);

/* Begin a file, behind so much of the part. */
int landing_file(struct landing *l, uint64_t offset, unsigned mode, int64_t mtime, struct err *err);
int landing_write(struct landing *l, const void *p, uint64_t n, struct err *err);

/* Begin a directory: its descriptor, borrowed; -1 kind FAILED when the name is taken. */
int landing_tree(struct landing *l, struct err *err);

/* All of it is there: give it its name. digest: what a file must have; NULL: any. */
void landing_end(struct landing *l, struct work *work, const char *digest,
    void (*done)(void *user, const struct err *err), void *user);

#endif
