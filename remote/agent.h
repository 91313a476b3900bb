/*
 * The ssh-agent, as far as the parent needs it: a connection for a worker, and
 * the list of what it holds.
 *
 * Every call is one exchange of its own, on the loop, with a time limit. Only a
 * socket that belongs to this user or to root is spoken to.
 */
#ifndef DROVER_REMOTE_AGENT_H
#define DROVER_REMOTE_AGENT_H

#include <stddef.h>
#include <stdint.h>

struct agent;
struct loop;
struct err;

struct agent_identity {
	const uint8_t *blob;
	size_t len;
	const char *comment;
};

/* The socket in use for an IdentityAgent value (NULL: $SSH_AUTH_SOCK; "none"; "SSH_AUTH_SOCK";
 * "$VAR"; a path), or NULL when there is none. Borrowed from the value or the environment. */
const char *agent_path(const char *identity_agent);

struct agent_spec {
	struct loop *loop;
	const char *path;   /* copied */
	int64_t timeout_ms; /* 0: 10 s */
	/* agent_open(): a connected socket, non-blocking and close-on-exec, the callee's; or -1 and
	 * err (REFUSED: not our socket; UNREACHABLE: nobody answers). */
	void (*opened)(void *user, int fd, const struct err *err);
	/* agent_list(): what it holds, borrowed for the call; err NULL on success. */
	void (*listed)(
	    void *user, const struct agent_identity *list, size_t n, const struct err *err);
	void *user;
};

/* The callback comes once, from the loop; the exchange then frees itself. */
struct agent *agent_open(const struct agent_spec *spec);
struct agent *agent_list(const struct agent_spec *spec);
void agent_cancel(struct agent *a); /* before the callback only */

#endif
