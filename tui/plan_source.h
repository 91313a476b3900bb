/* What the Plan screen looks at and asks for: plain values and functions that the console gives. */
#ifndef DROVER_TUI_PLAN_SOURCE_H
#define DROVER_TUI_PLAN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct planned;

struct plan_source {
	void *user;
	const struct planned *(*look)(void *user); /* NULL: nothing was planned yet */
	/* A screen begins and ends to look; with the last one a plan that waits is left. */
	void (*hold)(void *user, bool on);
	/* Look at the hosts for this playbook. 0, or -1 with err. */
	int (*plan)(void *user, const char *path, bool drift, struct err *err);
	/* A host or a step is left out of what is applied, or not. -1 with err: it cannot be. */
	int (*leave_host)(void *user, size_t host, bool out, struct err *err);
	int (*leave_step)(void *user, size_t step, bool out, struct err *err);
	/* Carry it out. */
	void (*apply)(void *user);
	/* Keep it in a file as `drover plan -o` does, and beside it as text. */
	int (*keep)(void *user, const char *path, struct err *err);
	/* A file in the person's editor, at its line. */
	void (*edit)(void *user, const char *path, int line);
};

#endif
