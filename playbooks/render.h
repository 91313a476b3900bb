/*
 * Templates: {{ name | filter }} in a text, filled in for one host.
 *
 * Pure, in one pass: what a variable or a fact holds is data and is never read
 * as a template again. Mistakes go to diag at their line and column, all of a
 * text at once. There are no statements: {% is refused by name.
 */
#ifndef DROVER_PLAYBOOKS_RENDER_H
#define DROVER_PLAYBOOKS_RENDER_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* A text as it was written, and where. */
struct source {
	const char *text; /* NULL: not given */
	size_t len;
	struct mark mark; /* of its first byte, if exact; else of the value it stands in */
	bool exact;       /* lines and columns can be counted on from mark */
};

struct render_value {
	const char *text;
	bool is_json; /* a list or a mapping, as JSON; reached into with dots */
};

enum render_found {
	RENDER_ABSENT,
	RENDER_FOUND,
	RENDER_LATER, /* will be known when the host has been asked: its name stands for it */
	RENDER_OPAQUE /* holds a template of somebody else's: may not be used */
};

/* Where names are looked up. */
struct render_scope {
	enum render_found (*find)(void *user, const char *name, struct render_value *ret);
	const char *const *names; /* all of them, ended by NULL, for did-you-mean; may be NULL */
	void *user;
};

/* True when the text holds {{ or {%. */
bool render_is_template(const struct source *s);

/* The text filled in, NUL-ended, in the arena; NULL when diag got a mistake. */
char *render_text(const struct source *s, const struct render_scope *scope, struct arena *a,
    struct diag *diag, size_t *ret_len);

/* Mistakes that need no host: syntax, unknown filters. Names are not looked up. */
bool render_check(const struct source *s, struct diag *diag);

#endif
