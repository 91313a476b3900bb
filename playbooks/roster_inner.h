/* One unit on one host, while it is joined. For playbooks/roster*.c alone. */
#ifndef DROVER_PLAYBOOKS_ROSTER_INNER_H
#define DROVER_PLAYBOOKS_ROSTER_INNER_H

#include <stdbool.h>

struct arena;
struct manifest_line;
struct roster_host;
struct roster_instance;
struct sighting_container;
struct sighting_unit;
struct wanted_unit;

struct roster_join {
	struct arena *arena;
	const struct roster_host *host;
	const struct wanted_unit *wanted;           /* NULL: only its manifest knows it */
	const struct manifest_line *line;           /* NULL: drover put no such thing there */
	const struct sighting_unit *unit;           /* NULL: nothing was told of it */
	const struct sighting_container *container; /* of its name; NULL */
	const char *app;                            /* NULL: a unit of a task */
	bool need;                                  /* it is to run */
	bool extra;                                 /* the playbook has this host, and this not */
	bool unsure;                                /* as in struct wanted_host */
	bool blind;                                 /* what drover put there cannot be seen */
};

/* Fill in all but names and places. */
void roster_judge(struct roster_join *j, struct roster_instance *to);

#endif
