/*
 * Another program, begun with its signals as a shell's child has them.
 *
 * What this process catches, ignores or blocks is its own. The caller owns the child: it waits for it and ends it.
 */
#ifndef DROVER_BASE_SPAWN_H
#define DROVER_BASE_SPAWN_H

#include <spawn.h>
#include <sys/types.h>

/* Whose signals of the terminal it gets: ours, those of a group of its own, or none in a session of its own. */
enum spawn_group { SPAWN_HERE, SPAWN_GROUP, SPAWN_SESSION };

struct spawn_spec {
	const char *file;                        /* a path; NULL: argv[0], looked up in PATH */
	const char *const *argv;                 /* ended by NULL, as env is */
	const char *const *env;                  /* NULL: ours */
	const posix_spawn_file_actions_t *files; /* NULL: ours, but for what closes by itself */
	enum spawn_group group;
};

/* 0, or the errno of why there is no child. */
int spawn_start(const struct spawn_spec *spec, pid_t *ret);

#endif
