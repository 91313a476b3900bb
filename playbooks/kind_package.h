/* Packages as they are wanted on one host. For playbooks/kind_package*.c alone. */
#ifndef DROVER_PLAYBOOKS_KIND_PACKAGE_H
#define DROVER_PLAYBOOKS_KIND_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verdict;

enum package_state { PACKAGE_PRESENT, PACKAGE_LATEST, PACKAGE_ABSENT, PACKAGE_PURGED };

struct packages {
	const char *const *specs; /* NAME[:ARCHITECTURE][=VERSION], ended by NULL */
	enum package_state state;
	const char *update;     /* lists older than so many seconds are fetched first; "-": never */
	const char *recommends; /* yes, no, or "-": as the host has it */
};

void kind_package_decide(struct verdict *v);

#endif
