/*
 * The lines of a book that are to be seen, written to a file in slices.
 *
 * Owns the descriptor. Walks on while others add lines: what stands behind its place is written too, so its end
 * is where the book ended when it began.
 */
#ifndef DROVER_TUI_LOGS_SAVE_H
#define DROVER_TUI_LOGS_SAVE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct logbook;
struct logs_save;

struct logs_save_spec {
	struct logbook *book;
	int fd;                   /* owned from here on */
	bool times, hosts, clean; /* clean: what a terminal would obey is shown */
	const char *(*host)(void *user, size_t source);
	void *user;
};

struct logs_save *logs_save_new(const struct logs_save_spec *spec);
/* The descriptor is closed unless it was taken. */
void logs_save_free(struct logs_save *s);

/* Write for at most this long. 1: there is more; 0: all is written; -1: err says why not. */
int logs_save_step(struct logs_save *s, int64_t us, struct err *err);
uint64_t logs_save_lines(const struct logs_save *s); /* written */
int logs_save_take(struct logs_save *s);             /* the descriptor, from now on the caller's */

#endif
