/*
 * What the user's ssh_config says of a host, asked of ssh -G.
 *
 * One per program. Owns the answers, the children that give them (at most eight
 * at once) and one cache file for all hosts, which is used only while the
 * question, HOME, the version of ssh and every file of the configuration are the
 * same. What decides at run time (Match exec, localnetwork, canonical names,
 * ${VAR}) is never cached.
 */
#ifndef DROVER_REMOTE_SSHCONF_H
#define DROVER_REMOTE_SSHCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sshconf;
struct sshconf_ask;
struct loop;
struct err;

struct sshconf_config {
	struct loop *loop;
	const char *file;      /* -F; NULL: ssh's own files */
	const char *cache_dir; /* NULL: file_cache_dir()/sshconf */
	const char *ssh;       /* the program; NULL: "ssh" */
	int64_t timeout_ms;    /* of one ssh -G; 0: 10 s */
	bool off;              /* ask nobody: answer with ssh's defaults and what the query says */
};

struct sshconf *sshconf_new(const struct sshconf_config *config, struct err *err);
void sshconf_free(struct sshconf *s); /* saves first; no done() is called any more */

struct sshconf_query {
	const char *host;    /* as the user calls it: Host and Match are decided by it */
	const char *address; /* the inventory's, wins over HostName; NULL: HostName */
	const char *user;    /* -l; NULL: as configured */
	int port;            /* -p; 0: as configured */
};

/* The answer. Immutable, and lives as long as the sshconf. Lists are ended by NULL, paths absolute
 * (~ and %-tokens expanded). */
struct sshconf_host {
	const char *hostname, *user;
	int port;
	int family;                        /* AddressFamily: AF_UNSPEC, AF_INET, AF_INET6 */
	int64_t connect_timeout_ms;        /* 0: not set */
	const char *host_key_alias;        /* NULL: none */
	const char *const *identity_files; /* in order of preference */
	bool identity_default;             /* the list is ssh's own: what is missing is no error */
	bool identities_only;
	const char *identity_agent;     /* a socket's path; "none"; NULL: $SSH_AUTH_SOCK */
	const char *const *known_hosts; /* UserKnownHostsFile, then GlobalKnownHostsFile */
	const char *remote_command;     /* NULL: none; for terminals only */
};

/* done() is called once from the loop, never from inside the call. h is NULL when ssh refused the
 * question or the answer holds what drover cannot honour: err is then INPUT (a mistake in the file;
 * ssh's words) or REFUSED ("ssh_config sets ProxyJump bastion: jump hosts are not supported yet");
 * its text does not name the host. */
struct sshconf_ask *sshconf_ask(struct sshconf *s, const struct sshconf_query *q,
    void (*done)(void *user, const struct sshconf_host *h, const struct err *err), void *user);
void sshconf_cancel(struct sshconf_ask *a); /* before done() only */

/* Write what was learnt to the cache, if anything; 0 or -1 (kind STORAGE: only the next start is
 * slower for it). */
int sshconf_save(struct sshconf *s, struct err *err);

/* How many times ssh was run. */
unsigned sshconf_spawned(const struct sshconf *s);

#endif
