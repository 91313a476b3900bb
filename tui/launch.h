/*
 * Runs started from the console: a unit's start or stop, a playbook's apply.
 *
 * Owns at most one run at a time and its progress, which stays readable after
 * the run has ended, until the next one starts. Everything it does is recorded
 * as the same verb on the command line would be.
 */
#ifndef DROVER_TUI_LAUNCH_H
#define DROVER_TUI_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct herd;
struct launch;
struct progress;

struct launch_config {
	struct herd *herd;
	const char *const *vars;     /* -e NAME=VALUE, ended by NULL; may be NULL */
	void (*changed)(void *user); /* the progress moved */
	void (*ended)(void *user);
	void *user;
};

struct launch *launch_new(const struct launch_config *config);
void launch_free(struct launch *l);

/* A command on hosts of the herd, by their numbers there; recorded as drover run SET -- COMMAND. Kind
 * LOCKED while a run is at work. */
int launch_command(
    struct launch *l, const size_t *hosts, size_t count, const char *command, struct err *err);

/* Begin an apply: observe and plan; planned() gets what would change, in lines, and on how many hosts;
 * changes 0: nothing to do, and the run ends. Kind INPUT with all mistakes in the text when the file is wrong. */
struct launch_plan {
	const char *text;        /* a summary for the confirm dialog */
	const char *const *pets; /* pets that would change, ended by NULL */
	size_t hosts, changes;   /* hosts looked at, hosts that would be changed */
};
int launch_plan(struct launch *l, const char *path,
    void (*planned)(void *user, const struct launch_plan *p, const struct err *err), void *user,
    struct err *err);

/* The answer to a plan that would change something: carry it out, or end the run as held. */
void launch_answer(struct launch *l, bool yes);

/* No new hosts; a second time: cut the running ones. */
void launch_stop(struct launch *l);

bool launch_live(const struct launch *l);
const struct progress *launch_progress(const struct launch *l); /* NULL: no run yet */
const char *launch_alias(const struct launch *l);

#endif
