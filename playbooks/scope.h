/*
 * A text as it was written and where, and how the names in it are looked up.
 *
 * Plain values; what they point to outlives them. Shared by expressions and
 * templates.
 */
#ifndef DROVER_PLAYBOOKS_SCOPE_H
#define DROVER_PLAYBOOKS_SCOPE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct value;

/* A text as it was written, and where. */
struct source {
	const char *text; /* NULL: not given */
	size_t len;
	struct mark mark; /* of its first byte, if exact; else of the value it stands in */
	bool exact;       /* lines and columns can be counted on from mark */
	int indent;       /* blanks before each line, which text does not hold */
};

/* What a name stands for, as its owner keeps it. */
struct scope_value {
	const char *text;
	bool is_json; /* a list or a mapping, as JSON */
	bool plain;   /* written without quotes: true, false, 12 and nothing are not texts */
	const struct value *value; /* instead of all that; may be NULL */
};

enum scope_found {
	SCOPE_ABSENT,
	SCOPE_FOUND,
	SCOPE_LATER, /* will be known when the host has been asked: its name stands for it */
	SCOPE_OPAQUE /* holds a template of somebody else's: may not be used */
};

/* A name that is bound here: a loop's variable. */
struct scope_local {
	const char *name;
	const struct value *value;
	const struct scope_local *next;
};

struct scope {
	enum scope_found (*find)(void *user, const char *name, struct scope_value *ret);
	const char *const *names; /* all of them, ended by NULL, for did-you-mean; may be NULL */
	void *user;
	const struct scope_local *locals; /* looked at first; may be NULL */
	bool maybe;    /* it is not known yet whether this is wanted at all: mistakes only warn */
	bool one_line; /* a value to be filled in that holds a control byte but TAB is a mistake */
	bool *later;   /* set when something in it was not known yet; may be NULL */
};

/* The place of the byte p of s. */
struct mark source_mark(const struct source *s, const char *p);

#endif
