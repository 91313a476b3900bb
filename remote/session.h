/*
 * One SSH session, seen from the parent: how it comes up, and who lives on it.
 *
 * Owned by whoever opened it. Walks from question to question (ssh_config, keys,
 * address, host key, login) and leaves the SSH itself to a worker. The public
 * functions stand in remote/remote.h.
 */
#ifndef DROVER_REMOTE_SESSION_H
#define DROVER_REMOTE_SESSION_H

#include "remote/gate.h"
#include "remote/remote.h"
#include "remote/route.h"

struct crowds;
struct inquiry;
struct keys;
struct link;
struct local;
struct nest;
struct message;
struct sshconf;
struct trust;

/* What all sessions share; outlives them. */
struct session_place {
	struct loop *loop;
	struct sshconf *sshconf;
	struct route_place route;
	struct keys *keys;
	struct trust *trust;
	struct local *local;
	struct nest *nest;
	const char *ssh_config; /* -F for ssh(1); "none": it reads nothing; NULL: its own */
	unsigned byways;        /* so many sessions went through ssh(1) */
	void (*note)(void *user, bool matters, const char *text); /* may be NULL */
	void *note_user;
	struct gate gate;  /* handshakes at once */
	struct gate seats; /* sessions at once: what the limit of open files allows */
	struct crowds *crowds;
	int64_t connect_usual_ms; /* a moving mean */
	int connects;             /* it was made of */
	int64_t connect_ms, kex_ms, auth_ms;
	struct inquiry *inquiry;
	char *password; /* for every host that takes one; NULL: none */
	/* A worker for a session, and a number on its link; NULL and err when none starts. */
	struct link *(*attach)(void *user, struct session *s, uint32_t *ret_id, struct err *err);
	void (*detach)(void *user, uint32_t id);
	void *user;
	struct session *first; /* all of them */
};

struct session *session_new(struct session_place *place, const struct target *t,
    const struct session_listener *l, void *user);

/* The session to a jump host: self is its listener's user, and asks for the way there. */
struct session *session_new_jump(struct session_place *place, const struct target *t,
    const struct session_listener *l, struct jump *self);

/* A message of the worker for this session or one of its channels. */
void session_message(struct session *s, const struct message *m);
void session_drained(struct session *s); /* the link has room again */

/* The worker died: what is up is lost, what was on its way up begins anew. */
void session_lost(struct session *s, const struct err *why);

const char *session_name(const struct session *s); /* as the inventory calls the host */
int session_worker(const struct session *s); /* the process that holds it; 0: none that spoke yet */

#endif
