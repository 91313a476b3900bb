/*
 * A named value of an inventory or a playbook, and where it was written.
 *
 * A plain value; its texts live in the arena of the document it came from.
 */
#ifndef DROVER_BASE_VAR_H
#define DROVER_BASE_VAR_H

#include "base/diag.h"

#include <stdbool.h>

struct var {
	const char *name;
	const char *value; /* scalars as text; lists and maps as compact JSON */
	struct mark mark;
	bool is_json; /* value is JSON, not a plain text */
};

#endif
