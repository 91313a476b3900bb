/*
 * What ssh -G printed, as values: the lines drover honours, the lines it refuses.
 *
 * Pure but for the user's home directory; texts live in the arena given.
 */
#ifndef DROVER_REMOTE_SSHANSWER_H
#define DROVER_REMOTE_SSHANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;

/* How ssh_config says to reach one host. Lists are ended by NULL, never NULL themselves; paths are
 * absolute (~ and %-tokens expanded). */
struct sshconf_host {
	const char *hostname, *user;
	int port;
	int family;                        /* AddressFamily: AF_UNSPEC, AF_INET, AF_INET6 */
	int64_t connect_timeout_ms;        /* 0: not set */
	const char *host_key_alias;        /* NULL: none */
	const char *const *identity_files; /* in order of preference */
	bool identity_default;             /* the list is ssh's own: what is missing is no error */
	bool identities_only;
	const char *const *certificate_files;
	const char *identity_agent;     /* a socket's path, "none", "$VAR"; NULL: $SSH_AUTH_SOCK */
	const char *const *known_hosts; /* UserKnownHostsFile, then GlobalKnownHostsFile */
	bool strict;                /* StrictHostKeyChecking yes: no key is trusted on first use */
	const char *remote_command; /* NULL: none; for terminals only */
	const char *proxy_jump;     /* "user@host:port,host": NULL: none */
	const char *proxy_command;  /* a line for the shell, its tokens as written; NULL: none */
	const char *bind_address, *bind_interface;   /* NULL: none */
	const char *const *set_env;                  /* "NAME=VALUE" */
	int64_t server_alive_ms;                     /* 0: not set */
	int server_alive_count;                      /* 3 when not set */
	bool pubkey, password, keyboard_interactive; /* which proofs may be given */
	/* Algorithms in ssh's words where the configuration narrows or widens them; NULL: ssh's
	 * own choice, drover makes its own. */
	const char *ciphers, *macs, *kex, *host_key_algorithms, *pubkey_algorithms;
};

/* Copy the lines that matter from ssh -G's output. */
void sshanswer_pick(const char *output, struct buf *to);

/* Read such lines. host: the name that was asked for (%n). usual: the picked lines of an empty
 * configuration, "" when not known. NULL: err is REFUSED (names the option) or INPUT. */
const struct sshconf_host *sshanswer_read(
    struct arena *arena, const char *host, const char *lines, const char *usual, struct err *err);

#endif
