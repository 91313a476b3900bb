/*
 * samples.db: the slots of the rings as rows; for ledger/samples alone.
 *
 * Each call opens the file and closes it: several drovers may share it. A file that is no sound database
 * is thrown away and begun anew. Nothing in it is worth waiting for a disk: no write is synced.
 */
#ifndef DROVER_LEDGER_SAMPLES_FILE_H
#define DROVER_LEDGER_SAMPLES_FILE_H

#include <stddef.h>
#include <stdint.h>

struct err;

#define SAMPLES_NUMBERS 4 /* CPU, memory, disk, load */

struct samples_row {
	char *host;
	uint8_t span;
	uint32_t step, slot;
	int16_t value[SAMPLES_NUMBERS];
};

/* Owns its rows and their names. */
struct samples_rows {
	struct samples_row *row;
	size_t count, cap;
};

void samples_rows_add(struct samples_rows *r, const char *host, uint8_t span, uint32_t step,
    uint32_t slot, const int16_t value[SAMPLES_NUMBERS]);
void samples_rows_fini(struct samples_rows *r);

/* What there is of a fleet; nothing when there is no file, or it is damaged. What is older than a day, of
 * any fleet, goes. */
void samples_file_read(const char *path, const char *fleet, struct samples_rows *ret);

/* One transaction. A host has at most as many rows as its ring has slots. Kind STORAGE. */
int samples_file_write(
    const char *path, const char *fleet, const struct samples_rows *rows, struct err *err);

#endif
