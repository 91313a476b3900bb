/*
 * What a container may use of its host: as it stands in its unit, and what of it the host cannot keep.
 *
 * Pure. The whole unit is held to it, podman's own processes in it included.
 */
#ifndef DROVER_PLAYBOOKS_LIMITS_H
#define DROVER_PLAYBOOKS_LIMITS_H

#include <stdint.h>

struct ability;
struct buf;
struct notes;

struct app_limits {
	int64_t cpu_percent, memory, tasks; /* 0: no limit */
	int64_t io;                         /* weight, 1 to 10000; 0: as everybody */
	int64_t nofile;                     /* open files of a process; 0: as podman has it */
};

/* Directives for [Service]: CPUQuota=, MemoryMax=, TasksMax=, IOWeight=, LimitNOFILE=. */
void limits_put_unit(const struct app_limits *l, struct buf *to);

/* What podman would set otherwise where it may, as options of podman run, each on a line of its own. */
void limits_put_options(const struct app_limits *l, const struct ability *can, struct buf *to);

/* That the host cannot keep some of them, which is who's. */
void limits_note(
    const struct app_limits *l, const struct ability *can, const char *who, struct notes *ret);

#endif
