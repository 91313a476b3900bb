/*
 * A ProxyCommand: a program of the user's whose input and output lead to a host.
 *
 * Owns its processes, one for each connection, and what they said on standard
 * error. The command has no terminal, so it can ask nobody. It is asked to end
 * with its connection and made to two seconds later; nothing waits for it.
 */
#ifndef DROVER_REMOTE_PROXY_H
#define DROVER_REMOTE_PROXY_H

#include <stdbool.h>

struct proxies;
struct proxy;
struct loop;
struct err;

struct proxies *proxies_new(struct loop *loop);
void proxies_free(struct proxies *all); /* ends every process at once */

struct proxy_spec {
	const char *command;     /* as ssh_config has it, with its %-tokens */
	const char *name;        /* %n: what the user calls the host */
	const char *host, *user; /* %h, %r */
	int port;                /* %p */
};

/* Started; *ret_fd is the connected socket, the caller's. NULL: err is INPUT (a token that is none,
 * a name or user that a shell would take apart) or UNREACHABLE (nothing can be started). */
struct proxy *proxy_start(
    struct proxies *all, const struct proxy_spec *spec, int *ret_fd, struct err *err);

/* The connection is over. The proxy is gone for the caller. NULL is nothing. */
void proxy_end(struct proxy *p);

/* Why the connection ended, if the command knows: told once, from the loop, when it ended or half a
 * second has passed. why is "" when it says nothing; failed: it ended by itself and badly. */
void proxy_last_words(
    struct proxy *p, void (*told)(void *user, const char *why, bool failed), void *user);

#endif
