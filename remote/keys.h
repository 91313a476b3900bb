/*
 * The keys drover logs in with.
 *
 * One per program. Loads each key file once for all hosts, on a thread of its
 * own because opening an encrypted one takes a second, and keeps the private
 * parts in memory that is wiped when the store is freed. Only keys that are
 * configured for a host are ever given out for it.
 */
#ifndef DROVER_REMOTE_KEYS_H
#define DROVER_REMOTE_KEYS_H

#include "remote/key.h"

struct keys;
struct keys_ask;
struct loop;
struct err;

struct keys_config {
	struct loop *loop;
	/* Asks for the passphrase of a key file, once a file, again after a wrong one; answered by
	 * keys_passphrase(). Returns a number for unask(). NULL: an encrypted key the agent does not
	 * hold is refused. */
	uint32_t (*ask_passphrase)(void *user, const char *path, bool wrong);
	void (*unask)(void *user, uint32_t id); /* nobody waits for it any more; may be NULL */
	void *user;
	int64_t agent_ms; /* cap of one exchange with the agent; 0: 10 s */
};

struct keys *keys_new(const struct keys_config *config, struct err *err);
void keys_free(struct keys *k); /* wipes; no done() is called any more */

void keys_passphrase(struct keys *k, const char *path, const char *secret); /* NULL: gives up */
void keys_ask_anew(struct keys *k); /* forget which passphrases were not given */

struct keys_want {
	const char *identity;     /* the inventory's file: alone when given; NULL: files */
	const char *const *files; /* sshconf's list, ended by NULL; NULL: none */
	/* CertificateFile, ended by NULL; NULL: none. FILE-cert.pub is looked for beside each file. */
	const char *const *certificates;
	bool files_default;   /* ssh's own list: what is missing is skipped */
	bool identities_only; /* no agent keys beside the files, where they are ssh's own */
	const char *agent;    /* a socket's path; "none"; NULL: $SSH_AUTH_SOCK */
};

/* done() comes once, from the loop, never from inside the call: n >= 1 keys in the order to offer
 * them, at most six, the list borrowed for the call; or n 0 and err, which names the file: REFUSED
 * (readable by others, encrypted and nobody to ask, no key at all) or INPUT (missing, not a key).
 * The inventory's identity must be of use; of files, as ssh does, what is of no use is skipped as
 * long as another is. */
struct keys_ask *keys_get(struct keys *k, const struct keys_want *w,
    void (*done)(void *user, const struct key *const *list, size_t n, const struct err *err),
    void *user);
void keys_cancel(struct keys_ask *a); /* before done() only */

#endif
