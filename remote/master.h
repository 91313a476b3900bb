/*
 * One connection of ssh(1), shared by the commands of a session.
 *
 * Owns the process (ssh -M), the socket it listens on and what it says on its
 * standard error. Commands go to it in OpenSSH's own words, without a process
 * each; it ends when drover does. down() is told once.
 */
#ifndef DROVER_REMOTE_MASTER_H
#define DROVER_REMOTE_MASTER_H

#include "remote/sshlog.h"

#include <stdint.h>

struct err;
struct local;
struct loop;
struct master;

struct master_listener {
	void (*reached)(void *user, enum sshlog_phase phase);
	void (*up)(void *user);
	/* It ended. Early: before the server said anything but its banner. */
	void (*down)(void *user, const struct sshlog *log, bool early);
};

struct master_config {
	struct loop *loop;
	struct local *undertaker; /* sees to its end */
	const char *socket;       /* where it listens; short */
	const char *const *argv;  /* "ssh", options, host; ended by NULL */
	int fd;                   /* connected to the server; taken */
	int64_t kex_ms;           /* until the server showed its host key */
	int64_t limit_ms;         /* until it is up, in all */
	const struct master_listener *listener;
	void *user;
};

/* NULL when it cannot be started. */
struct master *master_new(const struct master_config *config, struct err *err);
void master_free(struct master *m); /* ends it; its porter is gone */

const char *master_socket(const struct master *m); /* where it listens */

/* The porter_kind whose user is a struct master that is up. */
extern const struct porter_kind master_kind;

#endif
