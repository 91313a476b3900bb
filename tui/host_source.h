/*
 * What the Host screen needs beside the scene: one thing looked at closely, and what drover did there.
 *
 * A table of functions over an opaque user; owned by who made it. Nothing of it waits: what is not known
 * yet comes later, and the console then refreshes the screen. What is given is borrowed until the
 * loop's next pass.
 */
#ifndef DROVER_TUI_HOST_SOURCE_H
#define DROVER_TUI_HOST_SOURCE_H

#include "base/err.h"
#include "engine/detail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_thing {
	size_t host; /* its place in the scene */
	enum detail_kind kind;
	const char *user; /* whose it is; "": the system's */
	const char *name;
};

enum host_state {
	HOST_UNASKED,
	HOST_ASKED, /* the answer is on its way */
	HOST_KNOWN,
	HOST_REFUSED /* err says why */
};

struct host_known {
	enum host_state state;
	const struct detail *detail;
	struct err err;
	int64_t age_ms;
};

struct host_text {
	enum host_state state;
	const char *text;
	size_t len;
	struct err err;
};

/* A run that had the host, and how it ended there. */
struct host_change {
	char alias[16], verb[16], state[20]; /* as the host ended, not the run */
	char what[160];                      /* its playbook, or the words of its command */
	char seat[64];
	int64_t number;           /* of its alias */
	int64_t start_ms, end_ms; /* end 0: not ended */
};

struct host_source {
	void *user;
	/* This is under the cursor now: it is asked for once the cursor rests. NULL: nothing is. */
	void (*want)(void *user, const struct host_thing *t);
	void (*know)(void *user, const struct host_thing *t, struct host_known *ret);
	/* All that the host tells of a thing, or its file, as text; text() then has it. */
	void (*read)(void *user, const struct host_thing *t, enum detail_form form);
	void (*text)(void *user, struct host_text *ret);
	/* The file in the user's pager, once it came. */
	void (*show)(void *user, const struct host_thing *t);
	size_t (*changes)(void *user, size_t host, const struct host_change **ret);
	/* Why a host counts as strayed: "changed by hand"; "" when it does not. */
	void (*strayed)(void *user, size_t host, char *to, size_t size);
};

#endif
