/*
 * YAML to a tree of nodes that know where they stand in the file.
 *
 * The tree lives in the caller's arena and is immutable. Scalars stay the texts
 * they are: what they mean is decided by the field that reads them, and whether
 * they were quoted is kept. Everything a small file may not need is refused by
 * name: anchors, tags, merge keys, a second document; Ansible's files may hold
 * some of it. Bytes that a terminal could act on never get through.
 */
#ifndef DROVER_BASE_YAML_H
#define DROVER_BASE_YAML_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

#define YAML_DEPTH_MAX 32
#define YAML_SIZE_MAX  ((size_t)8 << 20)

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct mark mark;
	bool plain; /* scalar: written without quotes */
	bool block; /* scalar: written with | or > */
	int indent; /* of a scalar written with |: blanks before each line, which begin in the line after
	               mark; 0: not known */
	const char *text;
	size_t len;                           /* of text; it holds no NUL */
	size_t count;                         /* items of a list, pairs of a map */
	const struct yaml_node *const *key;   /* of a map: scalars, each once */
	const struct yaml_node *const *value; /* of a map, beside key; or the items of a list */
};

/* What a plain scalar means by the core rules of YAML 1.2; quoted ones are texts. */
enum yaml_type { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_TEXT };

/* Parse text[0..len). NULL when it is no YAML at all or empty. Other mistakes (a duplicate key, an
 * anchor) also go to diag, but the tree still comes, so that the caller can find its own mistakes
 * in the same pass: look at diag->errors at the end. The arena must outlive the use of file's
 * marks; file is copied into it. */
const struct yaml_node *yaml_parse(
    struct arena *a, const char *file, const char *text, size_t len, struct diag *diag);

/* The same by the habits of Ansible's files: the booleans of YAML 1.1 become true and false, up to
 * 100 anchors and aliases and merge keys are followed, !vault becomes the text YAML_VAULT and !unsafe
 * is dropped; in a text that begins with { escapes are JSON's. NULL without a mistake when the file is
 * empty. */
const struct yaml_node *yaml_parse_ansible(
    struct arena *a, const char *file, const char *text, size_t len, struct diag *diag);

#define YAML_VAULT "$ANSIBLE_VAULT"

/* As yaml_parse() for a file; a file that cannot be read goes to diag as well. */
const struct yaml_node *yaml_load(struct arena *a, const char *path, struct diag *diag);

/* The value of a key, or NULL; also NULL when n is no map. */
const struct yaml_node *yaml_find(const struct yaml_node *n, const char *key);

enum yaml_type yaml_type(const struct yaml_node *n); /* of a scalar */
bool yaml_is_null(const struct yaml_node *n);        /* nothing, ~ or null, unquoted */

/* "a text", "a list", "a mapping", "nothing": for messages. */
const char *yaml_kind_name(const struct yaml_node *n);

/* Append compact JSON: plain scalars by their type, keys in the order of the file. */
void yaml_to_json(const struct yaml_node *n, struct buf *to);

#endif
