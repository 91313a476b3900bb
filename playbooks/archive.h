/*
 * A docker archive on this seat: which image it holds, and under which names.
 *
 * A plain value that owns its tags. The archive is read by its headers, never as
 * a whole, and only from a regular file; nothing is kept open.
 */
#ifndef DROVER_PLAYBOOKS_ARCHIVE_H
#define DROVER_PLAYBOOKS_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

struct err;

struct archive {
	char id[65];   /* the image id: SHA-256 of its configuration, as podman shows it */
	uint64_t size; /* of the file */
	char **tags;   /* NAME:TAG, as the archive says them */
	size_t tag_count;
};

/* 0, or -1 kind INPUT: no regular file, no docker archive, compressed, cut off, several images. */
int archive_read(const char *path, struct archive *ret, struct err *err);
void archive_fini(struct archive *a);

#endif
