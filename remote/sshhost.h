/* A question to ssh_config and its answer: plain values; whoever made them owns their texts. */
#ifndef DROVER_REMOTE_SSHHOST_H
#define DROVER_REMOTE_SSHHOST_H

#include <stdbool.h>
#include <stdint.h>

/* Whom the configuration is asked about. */
struct sshconf_query {
	const char *host;    /* as the user calls it: Host and Match are decided by it */
	const char *address; /* the inventory's, wins over HostName; NULL: HostName */
	const char *user;    /* -l; NULL: as configured */
	int port;            /* -p; 0: as configured */
};

/* How to reach it. Lists are ended by NULL, never NULL themselves; paths are
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
	bool
	    strict; /* StrictHostKeyChecking yes: no key is trusted on first use, nobody is asked */
	bool lax;   /* "no" or "accept-new": not obeyed */
	const char *remote_command; /* NULL: none; for terminals only */
	const char *proxy_jump;     /* "user@host:port,host": NULL: none */
	const char *proxy_command;  /* a line for the shell, its tokens as written; NULL: none */
	const char *bind_address, *bind_interface;   /* NULL: none */
	const char *const *set_env;                  /* "NAME=VALUE" */
	const char *const *send_env;                 /* names, also with * and ?; for terminals */
	int64_t server_alive_ms;                     /* 0: not set */
	int server_alive_count;                      /* 3 when not set */
	bool pubkey, password, keyboard_interactive; /* which proofs may be given */
	const char *preferred_proofs; /* PreferredAuthentications; NULL: ssh's own order */
	int password_prompts;         /* how often a password is asked for; 3 when not set */
	bool batch_mode;              /* nobody is asked */
	int connection_attempts;      /* at least 1 */
	int rsa_bits;                 /* RequiredRSASize; 0: not set */
	/* Algorithms where the configuration narrows or orders them, of those that drover does;
	 * NULL: drover makes its own choice. */
	const char *ciphers, *macs, *kex, *host_key_algorithms, *pubkey_algorithms;
	bool host_keys_ordered; /* in the user's own order: keys that are known do not go first */
	const char *needs_ssh;  /* why only ssh(1) can reach it; NULL: drover can */
	const char *forbidden;  /* why drover does not reach it even so; NULL: it may */
	const char *weak;       /* what the configuration adds and drover never does; or NULL */
	const char *const *unused; /* "ForwardAgent yes": set, and not honoured */
};

#endif
