/*
 * What is asked before a change: on which hosts, what runs, and what must be typed.
 *
 * Pure. One routine change on a host is a single y. Pets are typed by name; more than ten hosts, an
 * environment that is read-only or called production, and removals want the number of hosts.
 */
#ifndef DROVER_TUI_CONFIRM_H
#define DROVER_TUI_CONFIRM_H

#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>

#define CONFIRM_WORD 480

enum confirm_what {
	CONFIRM_COMMAND, /* what somebody typed: pets need no name */
	CONFIRM_CHANGE,
	CONFIRM_REMOVE,
};

/* hosts are indexes of the scene. "": y suffices. */
void confirm_word(const struct scene *s, const size_t *hosts, size_t count, enum confirm_what what,
    char to[CONFIRM_WORD]);

/* "On web[1-3] (3 hosts, 1 pet) this runs:" and the command; caller frees. */
char *confirm_text(const struct scene *s, const size_t *hosts, size_t count, const char *command);

/* Read-only by itself, or called production. */
bool confirm_is_production(const struct environment *e);

#endif
