/*
 * A named value of an inventory or a playbook, and where it was written.
 *
 * A plain value; its texts live in the arena of the document it came from.
 */
#ifndef DROVER_BASE_VAR_H
#define DROVER_BASE_VAR_H

#include "base/diag.h"

#include <stdbool.h>
#include <string.h>

struct var {
	const char *name;
	const char *value; /* scalars as text; lists and maps as compact JSON */
	struct mark mark;
	bool is_json; /* value is JSON, not a plain text */
	bool plain;   /* written without quotes: true, 12 and nothing may be more than texts */
};

/* Why the value is not to be used, as a phrase; NULL when it can be. Ansible would make something of
 * such a value that drover does not. */
static inline const char *
var_opaque(const struct var *v)
{
	if (strstr(v->value, "$ANSIBLE_VAULT"))
		return "the value is in a vault of Ansible's, which drover does not open";
	if (strstr(v->value, "{{") || strstr(v->value, "{%"))
		return "the value is a template, which drover does not fill in for Ansible";
	return NULL;
}

#endif
