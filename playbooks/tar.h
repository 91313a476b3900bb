/* Writes a ustar archive into a buffer, for requests: members are plain files that root owns. */
#ifndef DROVER_PLAYBOOKS_TAR_H
#define DROVER_PLAYBOOKS_TAR_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Append one member; the name is ours and at most 100 bytes. False at the buffer's ceiling. */
bool tar_add(struct buf *to, const char *name, const void *data, size_t len);

/* Append the two empty blocks that end an archive. */
bool tar_end(struct buf *to);

#endif
