/*
 * What changed, in words: one line for each change, hosts with the same news named together.
 *
 * Owns what it said last of every host and of the run. Pure: a scene in, lines out.
 */
#ifndef DROVER_TUI_ANNOUNCE_H
#define DROVER_TUI_ANNOUNCE_H

struct announcer;
struct scene;

struct announcer *announce_new(void);
void announce_free(struct announcer *a);

/* Say what is not as it was at the last call: "db1: postgres.service failed". The first call says what
 * is wrong. Lines are not cleaned of control bytes. */
void announce_take(struct announcer *a, const struct scene *s,
    void (*say)(void *user, const char *line), void *user);

#endif
