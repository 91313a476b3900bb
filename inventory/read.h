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

/* The file's text[0..len); relative paths in it begin beside it. Mistakes go to diag. */
void read_text(
    struct inventory *inv, const char *path, const char *text, size_t len, struct diag *diag);

/* The manual's lists of keys, from the tables that read them. */
void read_manual(struct buf *to);

#endif
