/*
 * One inventory file in YAML, into the model.
 *
 * Reads, checks names and values, and adds to what other sources said; what
 * follows from all of them together is found when all are read.
 */
#ifndef DROVER_INVENTORY_READ_H
#define DROVER_INVENTORY_READ_H

#include <stddef.h>

struct buf;
struct diag;
struct inventory;

/* Mistakes go to diag. */
void read_file(struct inventory *inv, const char *path, struct diag *diag);

/* The same from memory: text[0..len), called path in messages. */
void read_text(
    struct inventory *inv, const char *path, const char *text, size_t len, struct diag *diag);

/* The manual's lists of keys, from the tables that read them. */
void read_manual(struct buf *to);

#endif
