/*
 * Expressions: what stands in {{ }}, behind when: and in {% if %}.
 *
 * A small, total language: names, texts, whole numbers, lists, operators, filters
 * and tests. Nothing is read from the machine, the clock or a host; every
 * evaluation has a ceiling of steps and of memory. Mistakes go to diag at their
 * line and column. What a name stands for is data and never read as a template.
 */
#ifndef DROVER_PLAYBOOKS_EXPRESSION_H
#define DROVER_PLAYBOOKS_EXPRESSION_H

#include "playbooks/scope.h"
#include "playbooks/value.h"

#include <stdbool.h>

struct arena;

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_LATER };

/* Mistakes that need no host: syntax, unknown filters and tests. Names are not looked up. */
bool expression_check(const struct source *s, struct diag *diag);

/* The value of s, made in a (or by the scope). BAD when a mistake was told; never ABSENT. */
struct value expression_value(
    const struct source *s, const struct scope *scope, struct arena *a, struct diag *diag);

/* A condition, which must be true or false; false when a mistake was told. */
bool expression_truth(
    const struct source *s, const struct scope *scope, struct diag *diag, enum truth *ret);

#endif
