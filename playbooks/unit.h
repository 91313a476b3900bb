/*
 * The text of systemd units: words and values that mean only what they say.
 *
 * Pure. What is appended here is read back by systemd as exactly the bytes that
 * were given: no specifier, variable, separator or second directive comes of it.
 */
#ifndef DROVER_PLAYBOOKS_UNIT_H
#define DROVER_PLAYBOOKS_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/* One argument of an Exec line. s holds no NUL. */
void unit_word(struct buf *to, const char *s);

/* One word of a directive that is no Exec line and takes several (Environment=): $ stands for itself there. */
void unit_setting(struct buf *to, const char *s);

/* --NAME=VALUE as one argument. */
void unit_option(struct buf *to, const char *name, const char *value);

/* The value of a directive that is one line of prose (Description=); control bytes become '?'. */
void unit_prose(struct buf *to, const char *s);

/* What every unit has that keeps a container running by podman run --sdnotify, from the end of [Unit] into
 * [Service]. restart: no, on-failure, always. */
void unit_container(struct buf *to, const char *restart, int64_t stop_timeout_s);

/* The commands of such a unit, with what goes before podman ("" or words that end in a blank): how it starts, up to
 * where the container's own options begin, and how it stops, which gives the payload stop_s seconds. What goes before
 * podman where it stops the container may be another (apart).
 *
 * A start that systemd is told to stop is gone through with and then taken back: podman 4.3, cut off while it sets up
 * a container's network, leaves a rule that sends what comes for a published port to nobody, for good. */
void unit_podman_run(
    struct buf *to, const char *within, const char *apart, const char *name, int64_t stop_s);
#define UNIT_PODMAN_FORGET "ExecStopPost=-rm -f %t/%N.cid %t/%N.pid\n" /* what tells who it is */
void unit_podman_stop(struct buf *to, const char *within, int64_t stop_s);

/* A whole unit name with a suffix systemd knows: caddy.service, backup@web.timer. */
bool unit_name_ok(const char *name);

/* A unit of a user's own manager is USER/UNIT where units of several managers stand together; USER may be
 * missing. */
bool unit_call_ok(const char *name);
/* What the manifest calls it, "unit UNIT" or "userunit UNIT of USER", and back: NULL when it is no unit. */
const char *unit_to_id(struct arena *a, const char *name);
const char *unit_of_id(struct arena *a, const char *id);

/* The suffixes, ended by NULL: "service", "socket", ... */
extern const char *const unit_suffixes[];

/* True when the text has this [Section]; true when it has key=value (value NULL: any). */
bool unit_has_section(const char *text, const char *section);
bool unit_has(const char *text, const char *key, const char *value);

#endif
