/*
 * Which hosts of a run wait for which others, by what their apps need of apps elsewhere.
 *
 * Pure. A host that has an app waits for all hosts that have what the app needs, unless it has
 * that itself.
 */
#ifndef DROVER_PLAYBOOKS_ORDER_H
#define DROVER_PLAYBOOKS_ORDER_H

#include <stdbool.h>
#include <stddef.h>

struct order_app {
	const size_t *need; /* apps, by their number */
	size_t need_count;
};

/* has[h * apps + a] tells whether host h has app a. Levels to ret, one a host: 0 waits for nobody, n + 1
 * for somebody of level n. False when hosts wait for one another in a circle: all are of level 0 then. */
bool order_hosts(
    const struct order_app *app, size_t apps, const bool *has, size_t hosts, unsigned *ret);

#endif
