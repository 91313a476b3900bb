/*
 * What the forms of an app share; for app*.c.
 *
 * Pure, as app.h: texts for the unit of one replica, and where its files lie on the host.
 */
#ifndef DROVER_PLAYBOOKS_APP_INNER_H
#define DROVER_PLAYBOOKS_APP_INNER_H

#include <stdbool.h>
#include <stddef.h>

struct app;
struct app_file;
struct arena;
struct buf;

#define UNIT_MAX ((size_t)4 << 20) /* bytes of a unit's text */

/* Where on the host the contents of a file of the app lie, and what replica reads of its resources. */
const char *app_file_place(const struct app *app, const struct app_file *f, struct arena *a);
const char *app_resources_place(const struct app *app, int replica, struct arena *a);

bool app_is_ipv6(const char *address);

/* The unit of a replica that podman runs. */
void app_container_unit(const struct app *app, int replica, struct arena *a, struct buf *b);

#endif
