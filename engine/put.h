/*
 * One file, or tree of them, on its way to one host: asked for, sent, put in its place by rename.
 *
 * A job on the loop; its session is held while it lasts. The host first says
 * what it has: content that is the same is not sent, a part that is a beginning
 * of the source is gone on with. The host takes at most what it can store: who
 * reads nothing for 30 s has failed, and holds nobody up. Until everything
 * has arrived and been checked the old file stands as it was.
 */
#ifndef DROVER_ENGINE_PUT_H
#define DROVER_ENGINE_PUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_host;
struct payload;
struct put;

struct put_end {
	struct err err;
	uint64_t bytes;             /* sent */
	int64_t send_ms, settle_ms; /* from the first byte to the last; from there to the answer */
};

/* Borrowed until done(). */
struct put_spec {
	struct payload *payload;
	const char *path; /* of the file on the host, beginning with / or ./ */
	/* The payload is a tree that ends in this token, and path a directory; NULL: a file. */
	const char *token;
	bool into; /* of a tree: the directory has to be there, unless make_dirs */
	int mode;  /* -1: as the file there has, else as source_mode less the umask */
	unsigned source_mode;
	const char *owner; /* USER[:GROUP]; NULL: as the file there has, else who logs in */
	bool exact;        /* preserve: source_mode as it is, and mtime */
	int64_t mtime;     /* seconds of the wall clock */
	bool become;       /* as the inventory's become says, not as who logs in */
	bool make_dirs, verify, resume;
	/* Bytes there now, not more often than five times a second; may be NULL. */
	void (*progress)(void *user, struct herd_host *hh, uint64_t bytes);
	/* Once. err kind OK: nothing had to be done; CHANGED; or why it failed. */
	void (*done)(void *user, struct herd_host *hh, const struct put_end *end);
	void *user;
};

struct put *put_start(struct herd_host *hh, const struct put_spec *spec);

/* End now; done() follows, from here or later. */
void put_cut(struct put *p);

/* "/a/b" as it is, "a/b" and "~/a/b" below where the login begins; caller frees. NULL and kind
 * USAGE: empty, or another user's home. */
char *put_path(const char *typed, struct err *err);

#endif
