/*
 * The login of one connection, in the worker: a row of proofs.
 *
 * Keys first or as the parent orders, then what the server asks a person; a proof
 * that is taken but not enough leads to the next. Owned by its connection, whose
 * libssh session it drives until it ends; signatures of an agent are waited for on
 * the worker's one other thread, which has the session meanwhile.
 */
#ifndef DROVER_REMOTE_LOGIN_H
#define DROVER_REMOTE_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct keyring;
struct login;
struct message;
struct work;

struct login_spec {
	void *ssh; /* the libssh session */
	uint32_t session;
	struct keyring *keys;
	struct work *lane;
	void (*ask)(void *user, const struct message *m); /* send this ASK */
	void (*back)(void *user);                         /* the lane is done with the session */
	void *user;
};

/* Begin as a LOGIN says; fd is the agent's, taken, or -1. NULL when the message makes no sense. */
struct login *login_new(const struct login_spec *spec, const struct message *m, int fd);
void login_free(struct login *l); /* not while it is in the lane */

enum login_got { LOGIN_WAITS, LOGIN_DONE, LOGIN_FAILED };

/* Go as far as it goes now. FAILED: err says why. Not while it is in the lane. */
enum login_got login_step(struct login *l, struct err *err);

bool login_in_lane(const struct login *l);   /* nobody else may touch the session */
bool login_is_asking(const struct login *l); /* a person thinks: no clock runs */

/* The ANSWER to what was asked; false when nothing was, or it does not fit. */
bool login_answer(struct login *l, const struct message *m);

/* What the server takes, as in a message: "publickey,password"; "" when it never said. */
void login_wanted(const struct login *l, char *to, unsigned size);

#endif
