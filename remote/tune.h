/*
 * libssh made to behave: how a session is set up, and what its errors mean.
 *
 * No configuration file, no known_hosts of its own, no proxy, no weak algorithm,
 * nothing opened on disk. Plain functions; nothing is owned.
 */
#ifndef DROVER_REMOTE_TUNE_H
#define DROVER_REMOTE_TUNE_H

#include "remote/greeting.h"

#include <stdbool.h>
#include <stddef.h>

/* libssh for this process, silent. 0 or -1. */
int tune_init(void);
void tune_fini(void);

/* What a session offers, in order of preference. An empty list is drover's own choice; what drover
 * does not do is left out, and of a list that has nothing else it makes its own choice too. */
struct tune_offer {
	const char *host_keys, *kex, *ciphers, *macs, *signatures;
	int rsa_bits; /* at least; never less than 2048 */
};

/* A libssh session on a connected socket; takes fd: ssh_free() closes it. NULL: out of memory. */
void *tune_session(int fd, const char *address, const struct tune_offer *offer);

/* The public blob of a libssh key; caller frees. */
int tune_blob(void *key, unsigned char **ret, size_t *ret_len);

/* False once the connection is gone. */
bool tune_is_well(void *ssh);

/* The server went away before it exchanged keys with us: it may only have been busy. */
bool tune_closed_early(void *ssh);

/* What libssh says of lists that have nothing in common; else "". It forgets it when the server's
 * banner and its lists come at once: it is overheard while ssh_connect() runs. */
struct tune_ear {
	char heard[1200];
	char greeting
	    [GREETING_MAX]; /* the first line that the server said before its banner; else "" */
};
void tune_listen(struct tune_ear *ear); /* on this thread; NULL: no more */
bool tune_heard(const struct tune_ear *ear, char *to, size_t size); /* as tune_explain() */

/* Why a session failed, without bytes that a terminal might obey. */
void tune_explain(void *ssh, char *to, size_t size);

/* The login methods a server takes, with what we do not support marked so. */
void tune_methods(int methods, char *to, size_t size);

/* The last line the server sent for people to read before the login, cleaned; "" if there is none. */
void tune_banner(void *ssh, char *to, size_t size);

#endif
