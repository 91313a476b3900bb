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
struct planned;
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

enum launch_how {
	LAUNCH_TYPED, /* as the login, as drover run does */
	LAUNCH_OWN, /* drover's own words: as root where the inventory says how, as drover run -B does */
	LAUNCH_ROLLING /* the same on one host after another; the first that does not end well stops the rest */
};

/* A command on hosts of the herd, by their numbers there; recorded as drover run SET -- COMMAND. Kind
 * LOCKED while a run is at work. */
int launch_command(struct launch *l, const size_t *hosts, size_t count, const char *command,
    enum launch_how how, struct err *err);

/* Begin an apply: observe and plan. launch_planned() has it at once, and changed() is told when the plan
 * is there; with nothing to change the run ends. drift: look only for what is no longer as it was applied.
 * Kind INPUT with all mistakes in the text when the file is wrong, LOCKED while a run is at work. */
int launch_plan(struct launch *l, const char *path, bool drift, struct err *err);

/* The same on these hosts alone: what drover apply --limit does. */
int launch_plan_on(
    struct launch *l, const char *path, const size_t *hosts, size_t count, struct err *err);

/* What the last run was, for doing it again; NULL: it was none of that. */
const char *launch_last_command(const struct launch *l);
enum launch_how launch_last_how(const struct launch *l);
const char *launch_last_playbook(const struct launch *l);

/* No batch begins while it is on. -1: the run has no batches, or none is at work. */
int launch_pause(struct launch *l, bool on, struct err *err);
bool launch_paused(const struct launch *l);

/* The last plan; it stays when its run is over. NULL: there was none. */
const struct planned *launch_planned(const struct launch *l);

/* While it waits: this host of the plan is left out, or not. -1: it cannot be. */
int launch_leave_host(struct launch *l, size_t host, bool out, struct err *err);

/* The same for a step, on all hosts. */
int launch_leave_step(struct launch *l, size_t step, bool out, struct err *err);

/* Write the plan that waits to a file that drover apply takes. -1: steps are left out of it, or it cannot
 * be written. */
int launch_keep(struct launch *l, const char *path, struct err *err);

/* The answer to a plan that waits: carry it out, or end the run as held. */
void launch_answer(struct launch *l, bool yes);

/* No new hosts; a second time: cut the running ones. Returns the how-manyeth time it is; 0: nothing runs. */
int launch_stop(struct launch *l);

bool launch_live(const struct launch *l);
const struct progress *launch_progress(const struct launch *l); /* NULL: no run yet */
const char *launch_alias(const struct launch *l);

#endif
