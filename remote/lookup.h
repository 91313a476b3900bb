/*
 * Names to addresses, on threads, each name once.
 *
 * Owns its threads and what they found. getaddrinfo(3) cannot be stopped: one
 * that takes too long is left to end by itself and its waiters are told.
 */
#ifndef DROVER_REMOTE_LOOKUP_H
#define DROVER_REMOTE_LOOKUP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct lookup;
struct lookup_wait;
struct loop;
struct err;

#define LOOKUP_MAX 16 /* addresses kept of one name */

struct lookup_address {
	struct sockaddr_storage to; /* the port is 0 */
	socklen_t len;
};

/* Fills ret and returns how many, or -1 with the reason in err. Runs on a thread. */
typedef int lookup_function(
    const char *name, int family, struct lookup_address *ret, struct err *err, void *user);

/* ask NULL: getaddrinfo(3). */
struct lookup *lookup_new(
    struct loop *loop, int threads, int64_t limit_ms, lookup_function *ask, void *user);
void lookup_free(struct lookup *l); /* no done() is called any more */
void lookup_forget(struct lookup *l);

/* A numeric address, or a name found before: how many addresses, 0 when neither. Never blocks. */
size_t lookup_known(struct lookup *l, const char *name, int family, struct lookup_address *ret);

/* Ask for a name that lookup_known() does not give. done() comes once, from the loop. Failures are
 * not remembered. */
struct lookup_wait *lookup_get(struct lookup *l, const char *name, int family,
    void (*done)(void *user, const struct lookup_address *list, size_t n, const struct err *err),
    void *user);
void lookup_cancel(struct lookup_wait *w);

#endif
