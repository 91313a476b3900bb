/*
 * Drover's own known_hosts file: the only one it writes.
 *
 * Borrows the file in memory, keeps it equal to the one on disk. Every change is
 * made under a lock beside the file, so that several drovers may learn keys at once
 * and none is lost.
 */
#ifndef DROVER_REMOTE_OWNKEYS_H
#define DROVER_REMOTE_OWNKEYS_H

struct ownkeys;
struct known;
struct diag;
struct err;

/* Reads the file. NULL: it is not ours alone to write (kind REFUSED), or cannot be read. */
struct ownkeys *ownkeys_new(struct known *file, struct diag *diag, struct err *err);
void ownkeys_free(struct ownkeys *o);

/* Add a line, which ends with its newline. On disk after ownkeys_sync(). Kind STORAGE. */
int ownkeys_append(struct ownkeys *o, const char *line, struct err *err);
int ownkeys_sync(struct ownkeys *o, struct err *err);

/* Take the names (in lower case, ended by NULL) off every line that trusts a key for them, drop the
 * lines that are left without any, and add a line if there is one. Revoked keys stay. Returns how
 * many lines changed, -1 on failure. */
int ownkeys_edit(struct ownkeys *o, const char *const *names, const char *line, struct err *err);

#endif
