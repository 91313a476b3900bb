/*
 * What a program file is by its first bytes: for which machines, or a script.
 *
 * Pure. Machines are named as uname -m names them.
 */
#ifndef DROVER_PLAYBOOKS_EXECUTABLE_H
#define DROVER_PLAYBOOKS_EXECUTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* What keeps these bytes from being a program ("is a shared ..."); NULL: nothing, and *ret_machine is what
 * they are for ("x86_64"), NULL for a script. What is returned lives for ever. */
const char *executable_read(const void *data, size_t len, const char **ret_machine);

/* A host of this `uname -m` runs it; a script runs everywhere. */
bool executable_runs_on(const char *machine, const char *arch);

#endif
