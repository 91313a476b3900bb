/* What asking and reading share: the units asked for. For playbooks/observe*.c alone. */
#ifndef DROVER_PLAYBOOKS_OBSERVE_INNER_H
#define DROVER_PLAYBOOKS_OBSERVE_INNER_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct resource;
struct strmap;

bool observe_has_unit(const struct resource *r);
/* Each unit once to seen, in the order of their first mention; both ends count them alike. Their lines of
 * the request to to, which may be NULL. */
void observe_units(
    const struct resource *const *wanted, size_t count, struct strmap *seen, struct buf *to);

#endif
