/*
 * The files a playbook names: templates, unit files, contents, image archives.
 *
 * They lie in the playbook's directory or below it. A path that leaves it, by
 * ../, by being absolute or through a link, is refused; so are devices and what
 * is too large. Nothing is kept open.
 */
#ifndef DROVER_PLAYBOOKS_INCLUDE_H
#define DROVER_PLAYBOOKS_INCLUDE_H

#include <stddef.h>

#define INCLUDE_MAX ((size_t)4 << 20) /* of one file that is read whole */

struct err;

/* Open a regular file below the directory dir; -1 with kind INPUT (missing, not a file) or REFUSED
 * (leaves the directory). */
int include_open(const char *dir, const char *path, struct err *err);

/* The same for whatever stands there. */
int include_open_any(const char *dir, const char *path, struct err *err);

/* Its contents with a NUL behind, at most INCLUDE_MAX bytes, or so many; caller frees. NULL on failure. */
char *include_read(const char *dir, const char *path, size_t *ret_len, struct err *err);
char *include_read_most(
    const char *dir, const char *path, size_t most, size_t *ret_len, struct err *err);

/* A path that stands in a file in the directory dir ("" for the playbook's own), as seen from the
 * playbook's; a/../b is b. Caller frees. */
char *include_path(const char *dir, const char *path);

#endif
