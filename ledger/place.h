/*
 * Where a ledger lies: its files, who may touch them, and the space kept back.
 *
 * Owns the paths. Refuses (kind REFUSED) what others could write, read or point
 * elsewhere; other trouble is kind STORAGE.
 */
#ifndef DROVER_LEDGER_PLACE_H
#define DROVER_LEDGER_PLACE_H

#include <stdbool.h>

struct err;

struct place {
	char *db, *dir, *lock, *runs, *reserve;
};

/* path NULL: file_state_dir()/ledger.db. */
void place_init(struct place *p, const char *path);
void place_fini(struct place *p);

/* Make what is missing (directories 0700, an empty file 0600), check what is there. */
int place_prepare(const struct place *p, struct err *err);

/* Only the checks. *ret_missing: there is no file. */
int place_check(const struct place *p, bool *ret_missing, struct err *err);

/* Before anything is begun: 64 MiB must be free, 4 MiB of them are kept in a file. */
int place_reserve(const struct place *p, struct err *err);
void place_release_reserve(const struct place *p);

/* Rename a damaged database and its WAL, which stay as they are, read-only; a new one may start.
 * Always returns -1: err tells the new name and `why`. */
int place_set_aside(const struct place *p, const char *why, struct err *err);

/* The path of a run's owner lock; caller frees. */
char *place_run_lock(const struct place *p, const char *uuid);

#endif
