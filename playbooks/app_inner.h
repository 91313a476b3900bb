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
struct app_env;
struct app_file;
struct app_port;
struct arena;
struct buf;
struct notes;
struct resource;
struct resource_list;

#define APP_RESOURCES "/run/drover/resources.json" /* where a replica reads what it is told */
#define UNIT_MAX      ((size_t)4 << 20)            /* bytes of a unit's text */

/* Where on the host the contents of a file of the app lie, and what replica reads of its resources. */
const char *app_file_place(const struct app *app, const struct app_file *f, struct arena *a);
const char *app_resources_place(const struct app *app, int replica, struct arena *a);
/* And its seccomp profile. */
const char *app_profile_place(const struct app *app, struct arena *a);

/* What the replica is told in /run/drover/resources.json. */
void app_tell(const struct app *app, int replica, struct buf *b);

/* What a unit's [Unit] says of the apps of the same host that this one needs; nothing where there is none. */
void app_put_needs(const struct app *app, struct buf *b);

/* Where a replica listens: in its container, or on the host. */
int app_port_inside(const struct app *app, const struct app_port *p, int replica);
/* It has the network of the host. */
bool app_is_on_host(const struct app *app);

/* NAME=VALUE of each variable of the replica's environment, one after another. */
void app_env(const struct app *app, int replica, struct buf *b,
    void (*put)(struct buf *b, const char *word));

/* Where what it prints goes, as directives of [Unit] and of [Service]; nothing for the journal. */
void app_put_log_unit(const struct app *app, int replica, struct buf *b);
void app_put_log(const struct app *app, int replica, struct buf *b);
/* What keeps the files that its replicas log to. A change of it restarts no replica. */
void app_log_files(const struct app *app, struct arena *a, struct resource_list *ret);
void app_log_note(const struct app *app, int replica, struct notes *ret);

/* A file of the app on the host, root's, 0644. */
struct resource *app_file_resource(
    const struct app *app, struct arena *a, const char *path, const char *content, size_t len);

/* How long a replica may take to stop. */
long long app_stop_seconds(const struct app_life *life);

/* The beginning of the unit of any form, within [Unit]. */
void app_unit_head(const struct app *app, int replica, struct buf *b);

/* The unit of a replica that podman runs; of one that is a program of the host's. */
void app_container_unit(const struct app *app, int replica, struct arena *a, struct buf *b);
void app_native_unit(const struct app *app, int replica, struct arena *a, struct buf *b);

/* Where on the host this version of the program, or of the archive of its root, lies. */
const char *app_version_place(const struct app *app, struct arena *a);

/* Where on the host what is in one of its volumes lies. */
const char *app_native_volume(const struct app *app, const char *volume, struct arena *a);

/* The place of the host's own, as the program sees it, that holds the path or lies beneath it; NULL: none. */
const char *app_native_host_place(const char *path);

/* What the plan must say of its sandbox on this host. */
void app_native_notes(const struct app *app, struct notes *ret);

/* What is looked for on the host when the unit is to change: its name, its digest, its lines. */
const char *const *app_native_look(
    const char *unit, const char *digest, const char *text, struct arena *a);

#endif
