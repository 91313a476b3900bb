/*
 * Where a file of a host comes down on the seat: below a directory, through no link.
 *
 * Paths are plain: no "..", no doubled slash. Nothing is kept open but what is given
 * back.
 */
#ifndef DROVER_PLAYBOOKS_SEATFILE_H
#define DROVER_PLAYBOOKS_SEATFILE_H

#include <stdbool.h>
#include <stdint.h>

struct err;

struct seatfile {
	bool there;
	unsigned mode;
	char digest[65]; /* "" where it is larger than what was asked for */
};

/* What stands at path below base. -1 with kind STORAGE: no plain file, or the way leads
 * through a link. */
int seatfile_look(
    const char *base, const char *path, uint64_t max, struct seatfile *ret, struct err *err);

/* The directory it goes into, made where it is missing; *ret_name: its name there, in path. -1 with
 * kind STORAGE. */
int seatfile_dir(const char *base, const char *path, const char **ret_name, struct err *err);

#endif
