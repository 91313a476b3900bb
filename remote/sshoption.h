/*
 * Every key that ssh -G prints, and what drover does with it: one table.
 *
 * It decides what is kept of an answer, what is refused, what is named as not
 * honoured, and what drover config host shows. A constant table; nothing is owned.
 */
#ifndef DROVER_REMOTE_SSHOPTION_H
#define DROVER_REMOTE_SSHOPTION_H

#include <stdbool.h>
#include <stddef.h>

enum sshoption_use {
	SSHOPTION_HONOURED,
	SSHOPTION_NEEDED,    /* touches security or routing, and only ssh(1) can do it */
	SSHOPTION_UNUSED,    /* not honoured: named once where it is set */
	SSHOPTION_QUIET,     /* not honoured, by intent: named by drover config host only */
	SSHOPTION_IRRELEVANT /* nothing that drover does depends on it */
};

struct sshoption {
	const char *key;  /* as ssh -G prints it, in lower case */
	const char *name; /* as people write it */
	enum sshoption_use use;
	bool many;        /* printed once for each value */
	const char *note; /* what drover does instead, or why not; may be NULL */
};

/* NULL: a newer ssh's. Such a key is UNUSED where an empty configuration has another value. */
const struct sshoption *sshoption_find(const char *key, size_t n);

/* The table in the order of ssh_config(5), ended by a NULL key. */
extern const struct sshoption sshoptions[];

/* "honoured", "ssh(1) only", "not honoured", "irrelevant" */
const char *sshoption_use_name(enum sshoption_use use);

#endif
