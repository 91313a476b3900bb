/*
 * Templates: a text with {{ expressions }}, {% statements %} and {# remarks #},
 * filled in for one host.
 *
 * Pure. What a variable or a fact holds is data and is never read as a template
 * again. Mistakes go to diag at their line and column, all of a text at once.
 * Statements are if, for and raw; a loop goes over a list that is there, and
 * steps, nesting and output have ceilings: filling in always ends.
 */
#ifndef DROVER_PLAYBOOKS_RENDER_H
#define DROVER_PLAYBOOKS_RENDER_H

#include "playbooks/scope.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* True when the text holds {{, {% or {#. */
bool render_is_template(const struct source *s);

/* The text filled in, NUL-ended, in the arena; NULL when diag got a mistake. */
char *render_text(const struct source *s, const struct scope *scope, struct arena *a,
    struct diag *diag, size_t *ret_len);

/* Mistakes that need no host: syntax, unknown filters. Names are not looked up. */
bool render_check(const struct source *s, struct diag *diag);

#endif
