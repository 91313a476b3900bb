/* What the Apps screen looks at and asks for: plain values and functions that the console gives. */
#ifndef DROVER_TUI_APPS_SOURCE_H
#define DROVER_TUI_APPS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roster;
struct scene;

/* A run that put something of an app on hosts, or took it away. */
struct apps_release {
	char alias[24], verb[16], who[96], state[16], release[13];
	int64_t when_ms; /* wall clock */
	int64_t hosts, changed;
};

struct apps_source {
	void *user;
	/* As of now, with what the scene's polls tell; lives until the next call. Never NULL. */
	const struct roster *(*roster)(void *user, const struct scene *scene);
	const char *(*playbook)(void *user); /* its path; NULL: none is known */
	const char *(*mistake)(void *user);  /* why it says nothing; NULL: it does */
	size_t (*asking)(void *user);        /* hosts that are being looked at */
	int64_t (*age_ms)(void *user);       /* of the oldest look; -1: there was none */
	void (*look)(void *user);            /* look at all hosts now */
	/* What the ledger calls a run: "r-12". False: it is not there. */
	bool (*run)(void *user, const char *uuid, char *alias, size_t size, int64_t *ret_ms);
	/* The newest runs that changed the app, newest first; how many there are of them in `to`. */
	size_t (*releases)(
	    void *user, const char *playbook, const char *app, struct apps_release *to, size_t max);
};

#endif
