/*
 * Tables of fields: what the keys of a mapping are, once.
 *
 * One table reads the mapping into a struct, refuses what it does not know and
 * says what was meant, and writes its part of the manual. Values are copied to
 * the context's arena or point into the tree, which must live as long. What is
 * absent leaves the struct as it was.
 */
#ifndef DROVER_BASE_FIELD_H
#define DROVER_BASE_FIELD_H

#include "base/diag.h"
#include "base/var.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct yaml_node;

/* What stands there, and (in brackets) what the struct holds at offset. */
enum field_form {
	FORM_TEXT,     /* any scalar but nothing, as it is written (const char *) */
	FORM_BOOL,     /* true or false, unquoted (bool) */
	FORM_INT,      /* an unquoted whole number within min and max (int64_t) */
	FORM_PORT,     /* 1 to 65535 (int) */
	FORM_DURATION, /* 10s, 250ms, 5m; a bare number is seconds (int64_t, milliseconds) */
	FORM_SIZE,     /* 256M, 4K; a bare number is bytes (int64_t) */
	FORM_MODE,     /* octal, quoted or not: 0644, "644" (int64_t) */
	FORM_CHOICE,   /* one of choices, as text (const char *) */
	FORM_TEXTS,    /* a list of texts (struct field_texts) */
	FORM_VARS,     /* a mapping of names to anything (struct field_vars) */
	FORM_PAIRS,    /* a mapping of names to texts (struct field_vars, none is_json) */
	FORM_NODE,     /* anything (const struct yaml_node *) */
	FORM_CALL,     /* what parse() makes of it; offset is not used */
	FORM_LATER     /* known and not built yet: refused by name, with doc */
};

#define FIELD_REQUIRED 1U
#define FIELD_OR_ONE   2U /* FORM_TEXTS: a single text is a list of one */

struct field_texts {
	const char *const *item; /* ended by NULL; NULL when absent */
	const struct mark *mark; /* beside item */
	size_t count;
};

struct field_vars {
	const struct var *item;
	size_t count;
};

struct field_context {
	struct arena *arena;
	struct diag *diag;
	const char *what; /* "host db1": whose keys these are, for messages */
	void *user;       /* for parse() */
	/* What to say of a key, or of a word for a key, that is none here; NULL for nothing. Either
	 * may be NULL. */
	const char *(*key_hint)(const char *key);
	const char *(*word_hint)(const char *name, const char *word);
};

struct field {
	const char *name;
	enum field_form form;
	size_t offset;
	unsigned flags;
	const char *doc;            /* a sentence for the manual, lower case, no full stop */
	int64_t min, max;           /* FORM_INT; FORM_DURATION and FORM_SIZE when there is a max */
	const char *const *choices; /* ended by NULL */
	/* Reads n into the struct at `to`; tells mistakes to c->diag. */
	void (*parse)(const struct field_context *c, const struct yaml_node *n, void *to);
	/* FORM_TEXT, FORM_TEXTS: NULL when the text is good, else what it should be ("a user name"). */
	const char *(*grammar)(const char *text);
};

/* The beginning of a row whose key has the name of the member that it is read into. */
#define FIELD_OF(form_of, type, member)                                                            \
	.name = #member, .form = (form_of), .offset = offsetof(type, member)

/* Read map into the struct at `to` by a table ended by a NULL name. Every mistake goes to c->diag;
 * false when there was one. A node that is no map is a mistake too. */
bool field_read(const struct field_context *c, const struct field *table,
    const struct yaml_node *map, void *to);

/* One value, for parse() functions: the same rules, the same messages. name is the field's. */
bool field_value(
    const struct field_context *c, const struct field *f, const struct yaml_node *n, void *to);
bool field_text(
    const struct field_context *c, const char *name, const struct yaml_node *n, const char **ret);

/* A mapping of variables, as FORM_VARS. */
bool field_vars(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct field_vars *ret);

const char *field_form_name(enum field_form form); /* "a number", for messages and the manual */

/* Append the table as a manual's list: ".It Ic NAME (form, required)" and the doc, in mdoc. */
void field_manual(const struct field *table, struct buf *to);

#endif
