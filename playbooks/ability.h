/*
 * What a host can hold an app to, as its facts tell: control groups, seccomp, security modules.
 *
 * Pure, a plain value.
 */
#ifndef DROVER_PLAYBOOKS_ABILITY_H
#define DROVER_PLAYBOOKS_ABILITY_H

#include <stdbool.h>

struct ability {
	bool known; /* the host told its facts; else nothing below means anything */
	bool cpu, memory, tasks, io; /* it has the controllers */
	bool weights;                /* and a disk that shares by weight */
	bool
	    raises; /* root may raise its limits (CAP_SYS_RESOURCE), which containers as hosts may not */
	bool seccomp, apparmor;
	enum { ABILITY_SELINUX_OFF, ABILITY_SELINUX_PERMISSIVE, ABILITY_SELINUX_ENFORCING } selinux;
};

/* fact() gives the value of a fact, or NULL; it stays until all were asked for. */
struct ability ability_read(const char *(*fact)(void *user, const char *name), void *user);

#endif
