/* What the Run screen asks for beside the scene: functions that the console gives. */
#ifndef DROVER_TUI_RUN_SOURCE_H
#define DROVER_TUI_RUN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct run_source {
	void *user;
	/* No batch begins while it is on. -1, err: this run has none. */
	bool (*paused)(void *user);
	int (*pause)(void *user, bool on, struct err *err);
	/* The last run once more, on these hosts. An apply becomes a plan that waits; a command begins. */
	int (*retry)(void *user, const char *const *hosts, size_t count, struct err *err);
	/* The command that a step of the run is, borrowed; NULL: it is none, or not known. */
	const char *(*command)(void *user, const char *step);
	/* A text in the person's pager. */
	void (*page)(void *user, const char *text);
};

#endif
