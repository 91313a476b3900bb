/*
 * A tree of files beside the playbook, read whole: what a copy task sends.
 *
 * It lies in the playbook's directory or below it, as every file a playbook
 * names. Entries are sorted by path, each directory before what is in it; links
 * are kept as they are and never followed. All of it lives in the arena.
 */
#ifndef DROVER_PLAYBOOKS_INCLUDE_TREE_H
#define DROVER_PLAYBOOKS_INCLUDE_TREE_H

#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>

#define INCLUDE_TREE_ENTRIES 10000
#define INCLUDE_TREE_DEPTH   64

struct arena;
struct err;

struct include_entry {
	const char *path; /* below the tree; "" for its top */
	char kind;        /* 'f' file, 'd' directory, 'l' link */
	bool runs;        /* a file that its owner may execute */
	unsigned mode;    /* of a file or directory */
	const char
	    *link; /* of a whole tree: the file before it that it is another name of; NULL: none */
	const char *content;
	size_t len;
	char digest[DIGEST_HEX]; /* of content; empty for a directory */
};

struct include_tree {
	struct include_entry *entry;
	size_t count;
};

/* What to leave out: globs of names, or with a / in them of paths below the tree; with one at the end,
 * of directories only. */
struct include_tree_spec {
	const char *dir, *path; /* the playbook's directory; the tree or file, below it */
	const char *const *exclude;
	size_t exclude_count, max; /* max: bytes in all */
	size_t entries;            /* 0: INCLUDE_TREE_ENTRIES */
	bool whole;                /* hard links stay links */
};

/* 0 or -1. Kind INPUT or REFUSED, as include_open(). */
int include_tree(struct arena *a, const struct include_tree_spec *spec, struct include_tree *ret,
    struct err *err);

#endif
