/*
 * A root file system beside the playbook, as one archive that is written here.
 *
 * It is a directory or a plain tar archive, in the playbook's directory or below it. What stands in it is
 * checked and said anew, always in one way: the same contents are the same bytes, and the tar of a host meets
 * nothing but what was checked. Nothing is kept open.
 */
#ifndef DROVER_PLAYBOOKS_ROOTFS_H
#define DROVER_PLAYBOOKS_ROOTFS_H

#include <stddef.h>

#define ROOTFS_MAX     ((size_t)64 << 20) /* bytes of its files together */
#define ROOTFS_ENTRIES 100000

struct buf;
struct err;

/* Append the archive. Owners, modes, hard and symbolic links are as an archive has them; of a directory all is
 * root's, with the files' own modes, and times do not count. -1 with kind INPUT or REFUSED, which names the member:
 * what would lie or lead outside, what is there twice, devices, pipes, extended attributes, what is compressed, cut
 * off or too large, and what holds no file. */
int rootfs_read(const char *dir, const char *path, struct buf *to, struct err *err);

/* The same of an archive that is open, from where it is read on; it is not closed. */
int rootfs_read_archive(int fd, struct buf *to, struct err *err);

/* How large a buffer for it must be let grow. */
#define ROOTFS_ARCHIVE_MAX (2 * ROOTFS_MAX)

#endif
