/*
 * Arguments for ssh(1) in an inventory, to what drover can do about them: the hop, the proxy, key,
 * port and user. Pure but for the arena the result lies in.
 */
#ifndef DROVER_INVENTORY_SSHARGS_H
#define DROVER_INVENTORY_SSHARGS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

struct sshargs {
	const char *jump, *proxy_command, *identity, *user; /* NULL: not said */
	int port;                                           /* 0: not said */
	int64_t connect_timeout_ms;
	const char *refused;   /* what drover can neither do nor leave out; NULL: nothing */
	const char *unchecked; /* what asks for host keys not to be checked; NULL: nothing */
};

/* Never NULL. */
const struct sshargs *sshargs_read(struct arena *a, const char *text);

#endif
