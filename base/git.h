/*
 * The state of the git repository a path lies in, for the record of a run.
 *
 * libgit2 is loaded when this is first called and not before; where it is not
 * installed, no path lies in a repository. Reads only, and no network.
 */
#ifndef DROVER_BASE_GIT_H
#define DROVER_BASE_GIT_H

#include <stdbool.h>

struct git_state {
	char head[65];    /* the commit in hexadecimal; empty: none yet */
	char branch[256]; /* its short name; empty: HEAD is detached */
	bool dirty;       /* something tracked differs, or lies there untracked and not ignored */
};

/* False when path is in no repository (or in one that cannot be read). Also for a path that does
 * not exist in a directory that does. */
bool git_state(const char *path, struct git_state *ret);

/* "main 1a2b3c4d5e6f dirty", "detached 1a2b...", "main without a commit"; caller frees. NULL: none. */
char *git_describe(const char *path);

#endif
