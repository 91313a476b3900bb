/*
 * Locks of whole files between processes: held by an open file description, gone
 * with it, whoever dies.
 *
 * The descriptor is the caller's. The files are drover's own, never SQLite's.
 */
#ifndef DROVER_LEDGER_LOCK_H
#define DROVER_LEDGER_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* Bytes of the ledger's lock file that mean something of their own. */
#define LOCK_WRITE 0 /* round every commit and checkpoint */
#define LOCK_USERS 1 /* shared by everybody who has the ledger open for writing */

/* Open (made 0600 when missing, never through a symlink). -1: kind STORAGE. */
int lock_open(const char *path, struct err *err);

/* Try now; shared or exclusive; also changes one to the other. */
bool lock_try(int fd, int byte, bool shared);
void lock_release(int fd, int byte);

/* Wait for at most ms. -1: kind STORAGE. */
int lock_wait(int fd, int byte, int64_t ms, struct err *err);

/* True when somebody else holds byte 0 of the file at path; false when it is free or not there. */
bool lock_is_held(const char *path);

#endif
