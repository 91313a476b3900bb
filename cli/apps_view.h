/* A roster on the command line: a table for people, an object an app for programs. */
#ifndef DROVER_CLI_APPS_VIEW_H
#define DROVER_CLI_APPS_VIEW_H

#include <stdbool.h>

struct out;
struct roster;

struct apps_look {
	bool instances;  /* a row each */
	bool containers; /* those that drover did not make, too */
	/* The alias of a run of this seat, or NULL; borrowed until the next call. */
	const char *(*alias)(void *user, const char *run);
	void *user;
};
void apps_view_print(const struct roster *r, const struct apps_look *look, struct out *out);

#endif
