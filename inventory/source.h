/*
 * Where an inventory comes from: -i arguments, the environment, the usual places.
 *
 * Tells files from directories, programs and lists of hosts, one form of files from
 * another, and refuses files that others may write.
 */
#ifndef DROVER_INVENTORY_SOURCE_H
#define DROVER_INVENTORY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct diag;
struct err;
struct inventory;

/* Is this -i argument a file (or a directory), not a list of hosts? */
bool source_is_file(const char *source);

/* Read one source into the model. -1 with err set for what no line of a file is to blame for. A
 * program is run only when the source was typed: named by -i. */
int source_read(
    struct inventory *inv, const char *source, bool typed, struct diag *diag, struct err *err);

/* A file's text, whatever its form, called path in messages. */
void source_parse(
    struct inventory *inv, const char *path, const char *text, size_t len, struct diag *diag);

/* Whoever may write the file or directory decides what runs on the hosts: kind REFUSED when others
 * may, INPUT when it is not there. */
int source_check(const char *path, struct err *err);

/* The whole of a file that passed that check, within the limits of a file and of a load; caller
 * frees. */
char *source_text(struct inventory *inv, const char *path, size_t *ret_len, struct err *err);

/* The source to use when none was given; caller frees. NULL, kind USAGE, when there is none. */
char *source_find(struct err *err);

#endif
