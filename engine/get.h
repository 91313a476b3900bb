/*
 * One file or directory from one host, into a directory of ours.
 *
 * A job on the loop; its session is held while it lasts. What comes is written
 * under another name, beneath the directory and through no link, and takes its
 * name when all of it is there and synced. A file that has the name already is
 * replaced, a directory never. What the host sends is hostile: only its content
 * counts, never a name or an owner it gives to the thing itself. Writes are to
 * the kernel's cache, on the loop; syncing and digests are a thread's.
 */
#ifndef DROVER_ENGINE_GET_H
#define DROVER_ENGINE_GET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct get;
struct herd_host;
struct work;

struct get_end {
	struct err err;  /* kind OK: it is here */
	uint64_t bytes;  /* that came */
	int64_t ms;      /* from the first to the last */
	size_t left_out; /* links that lead out of the directory */
	bool lost;       /* the link broke, or it was cut: another time it may come */
};

/* A file that drover laid ready there: nothing else may come, as root's where there is a become. */
struct get_want {
	unsigned mode;      /* it gets here, whatever it has there */
	const char *digest; /* it must have; NULL: the one that the host tells */
};

/* Borrowed until done(). */
struct get_spec {
	struct work *work;
	const char *path; /* on the host, beginning with / or ./ */
	int dir;          /* descriptor of the directory it goes into */
	const char *name; /* the name it gets there */
	uint64_t max;     /* bytes */
	bool become, verify, resume;
	const struct get_want *want; /* NULL: whatever there is */
	void (*progress)(void *user, struct herd_host *hh, uint64_t bytes); /* may be NULL */
	void (*done)(void *user, struct herd_host *hh, const struct get_end *end);
	void *user;
};

struct get *get_start(struct herd_host *hh, const struct get_spec *spec);
void get_cut(struct get *g); /* done() follows, from here or later */

#endif
