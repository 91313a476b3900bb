/*
 * One pattern of names with ranges, web[01-20].rack[1-2,4], to the names it means.
 *
 * Pure. Padding is as in ClusterShell: 01 and 1 are two names, and a range is as
 * wide as its first number when that begins with 0.
 */
#ifndef DROVER_INVENTORY_NODESET_H
#define DROVER_INVENTORY_NODESET_H

#include <stddef.h>

struct err;

#define NODESET_MAX      1000000 /* names one pattern may mean */
#define NODESET_NAME_MAX 512     /* bytes of one name, before grammar */

/* Call each() with every name of pattern[0..len), in order; the text is borrowed for the call and
 * ends with a NUL. Stops at -1 from each(). Kind USAGE when the pattern is wrong. */
int nodeset_expand(const char *pattern, size_t len,
    int (*each)(void *user, const char *name, struct err *err), void *user, struct err *err);

/* Where the term that begins at s ends: at an operator (one of , ! & ^) outside brackets, or at the
 * end. NULL when a bracket is not closed or closes nothing. */
const char *nodeset_term_end(const char *s);

/* Sort pointers; made of sorted pieces, as names mostly are, they cost few comparisons. Stable. */
void nodeset_sort(void **item, size_t n, int (*compare)(const void *a, const void *b));

#endif
