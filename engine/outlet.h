/*
 * A port of a host that leads to one from here: what -R of ssh is.
 *
 * Owned by whoever opened it, and freed before its herd. Holds the host's session; the port there goes with it.
 */
#ifndef DROVER_ENGINE_OUTLET_H
#define DROVER_ENGINE_OUTLET_H

struct herd_host;
struct outlet;

struct outlet_spec {
	const char *address; /* there; NULL: what leads to that machine alone; "*": all */
	int port;            /* there; 0: the server's choice */
	const char *host;    /* as it is looked up here */
	int to;              /* its port */
	/* Once, also from inside outlet_new(): it listens on that port (why NULL), or why not, in plain text; "":
	 * there is no session, which whoever else asked for one is told. */
	void (*settled)(void *user, int port, const char *why);
	/* Somebody came there, and could not be connected: why, in plain text. */
	void (*failed)(void *user, const char *text);
	void *user;
};

/* Everything is copied. */
struct outlet *outlet_new(struct herd_host *hh, const struct outlet_spec *spec);
void outlet_free(struct outlet *o); /* NULL is nothing */

#endif
