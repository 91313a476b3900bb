/*
 * Files that an act laid ready on its host come to the seat, one after the other.
 *
 * A job on the loop, on the host's session. Each file is got by its length and
 * digest, below its directory and through no link, and takes its name when all of
 * it is there and synced; the first that fails ends it.
 */
#ifndef DROVER_PLAYBOOKS_LANDFALL_H
#define DROVER_PLAYBOOKS_LANDFALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct herd_host;
struct landfall;
struct work;

struct landfall_item {
	size_t step;
	const char *base, *path;
	unsigned mode;
	uint64_t max;    /* bytes */
	char digest[65]; /* "": not told */
	bool broken;     /* the host's record makes no sense */
};

struct landfall_spec {
	struct work *work;
	struct herd_host *hh;
	const char *run;
	const struct landfall_item *item; /* borrowed */
	size_t count;
	/* err NULL: all is here. lost: it may well come another time. */
	void (*done)(void *user, const struct err *err, bool lost);
	void *user;
};

struct landfall *landfall_new(const struct landfall_spec *spec);
void landfall_start(struct landfall *l); /* done() follows, from here or later */
void landfall_cut(struct landfall *l);   /* done() follows, from here or later */
void landfall_free(struct landfall *l);  /* behind done(), or behind the end of the loop */

#endif
