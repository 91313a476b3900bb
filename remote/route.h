/*
 * The way to a connected socket: straight, through a program, or through a jump
 * host.
 *
 * Owned by the session it is for and kept as long as that: what holds the way
 * open (the program, a place on the jump host) goes with it. What the inventory
 * says comes before ssh_config; "none" of either stands for straight.
 */
#ifndef DROVER_REMOTE_ROUTE_H
#define DROVER_REMOTE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

struct dial;
struct err;
struct jump;
struct jumps;
struct loop;
struct proxies;
struct route;
struct sshconf_host;

/* What all routes share. */
struct route_place {
	struct loop *loop;
	struct dial *dial;
	struct proxies *proxies;
	struct jumps *jumps;
};

struct route_spec {
	const char *name;                 /* what the user calls the host */
	const struct sshconf_host *conf;  /* outlives the route, as the other texts do */
	const char *jump, *proxy_command; /* the inventory's; NULL: nothing */
	struct jump *asker;               /* the jump host whose way this is, or NULL */
	void (*ready)(void *user);        /* route_find() may be called */
	/* Where it leads is known: route_connect() may be called. door is the same for all hosts that
	 * share what takes their connections; borrowed for the call. */
	void (*found)(void *user, const char *door);
	/* Once, also when the name is not found: as dial's done(). */
	void (*done)(void *user, int fd, const char *address, const struct err *err);
	/* The way is lost, at any time after jump was waited for: err begins with "jump NAME: ". */
	void (*lost)(void *user, const struct err *err, bool was_up);
	void *user;
};

/* NULL: there is no such way, err is INPUT or REFUSED; or UNREACHABLE: the jump host was not reached
 * moments ago, err begins with "jump NAME: ". */
struct route *route_new(
    const struct route_place *place, const struct route_spec *spec, struct err *err);
void route_free(struct route *r); /* any time; NULL is nothing */

/* ready() comes, now or when the jump host is there and has room. */
void route_begin(struct route *r);
bool route_waits(const struct route *r); /* for a jump host */

void route_find(struct route *r); /* never calls found() or done() from inside */
void route_connect(struct route *r, int64_t timeout_ms); /* nor this */

/* Logged in, or slow: others may use the way that this one took up. */
void route_settled(struct route *r);

/* What stands between: "" or "jump NAME" or "proxy command". */
const char *route_through(const struct route *r);

/* Why the connection broke, if the way knows more than the socket; told once, at once or soon. why is
 * "" when it does not. */
void route_last_words(
    struct route *r, void (*told)(void *user, const char *why, bool failed), void *user);

#endif
