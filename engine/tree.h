/*
 * Files and directories of ours as one tar archive that is never written down.
 *
 * Looked at once; from then on the archive's length and the place of every byte
 * are fixed, so that each reader reads where it is, and a file that changes
 * meanwhile is an error and no damage. Files are opened beneath the operand and
 * through no link; links are sent as links. Owns what it knows of each entry
 * (about a hundred bytes) and one descriptor an operand.
 */
#ifndef DROVER_ENGINE_TREE_H
#define DROVER_ENGINE_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct tree;

struct tree *tree_new(void);
void tree_free(struct tree *t);

/* Add a file, or a directory with all below it, under that name; "" for a directory: what is in it
 * stands at the root. Kind INPUT names what cannot be sent: sockets, pipes, devices, names with
 * control characters, what may not be read. */
int tree_add(struct tree *t, const char *path, const char *name, struct err *err);

/* Nothing is added any more: the archive's last entry is the file .drover-end, which holds the
 * token. Its length. */
uint64_t tree_end(struct tree *t, const char *token);

/* For struct payload_maker: user is the tree. */
ssize_t tree_read_at(void *user, uint64_t at, void *to, size_t n, struct err *err);

#define TREE_END ".drover-end"

#endif
