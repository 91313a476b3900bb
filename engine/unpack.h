/*
 * A tar archive of a stranger, unpacked below one directory and nowhere else.
 *
 * Every name is opened beneath the directory, through no symbolic link, and made
 * anew: what is there already, also by the same archive, is refused. Links are
 * made as they are where they lead to a place below, also through each other, with
 * all that there is at the end; others are left out and counted. Modes lose
 * set-user-id and the like, and what our umask takes. What was made stays until
 * unpack_remove().
 */
#ifndef DROVER_ENGINE_UNPACK_H
#define DROVER_ENGINE_UNPACK_H

#include "base/tar.h"

struct unpack;

/* fd: a directory, borrowed. */
struct unpack *unpack_new(int fd, const struct tar_limits *limits);
void unpack_free(struct unpack *u);

/* As tar_feed(). Kind STORAGE when it cannot be written here. */
int unpack_feed(struct unpack *u, const void *p, size_t n, size_t *ret_used, struct err *err);

/* Links that were left out, and the first of them. */
size_t unpack_left_out(const struct unpack *u, const char **ret_first);

/* Remove the directory NAME in dir with all that is in it; never goes through a link. */
void unpack_remove(int dir, const char *name);

#endif
