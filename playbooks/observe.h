/*
 * What a host is like: the request for it, and the reply as findings.
 *
 * Pure. The findings live in the arena given; an observe collects one reply as
 * it comes and is freed when it ended. All that a host says is taken as data and
 * checked: a digest that does not fit a content drops the content.
 */
#ifndef DROVER_PLAYBOOKS_OBSERVE_H
#define DROVER_PLAYBOOKS_OBSERVE_H

#include "playbooks/observation.h"
#include "playbooks/resource.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct err;
struct observe;

#define OBSERVE_REQUEST_MAX (4U << 20)

/* Append the request. Kind INPUT: a path or unit name that cannot be asked for. */
int observe_request(
    const struct resource *const *wanted, size_t count, struct buf *to, struct err *err);

/* The command that answers it; caller frees. */
char *observe_command(const char *nonce, const struct resource *const *wanted, size_t count);

/* wanted is borrowed until observe_end(). */
struct observe *observe_new(
    struct arena *a, const char *nonce, const struct resource *const *wanted, size_t count);
/* False: the reply is more than may come, or none: nothing that follows counts. */
bool observe_feed(struct observe *o, const void *p, size_t n);

/* The reply ended, o is freed. NULL and kind FAILED when it was not whole. */
struct observation *observe_end(struct observe *o, struct err *err);
void observe_free(struct observe *o);

#endif
