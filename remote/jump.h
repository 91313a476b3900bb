/*
 * Jump hosts: one session each, shared by every host behind it.
 *
 * One per program. Owns the sessions to the jump hosts: each opened when first
 * needed, by its own settings, its own host key and its own way there; kept
 * while it is used and a few seconds longer. What befalls it befalls all who use
 * it. No agent and nothing else of ours is ever forwarded.
 */
#ifndef DROVER_REMOTE_JUMP_H
#define DROVER_REMOTE_JUMP_H

#include "remote/remote.h"

struct jump;
struct jump_use;
struct jumps;
struct loop;

struct jumps_config {
	struct loop *loop;
	/* The session to a jump host, who asks for its own way as self. */
	struct session *(*open)(void *user, const struct target *t, struct jump *self,
	    const struct session_listener *l);
	bool (*carries)(const struct session *s); /* false: others cannot pass through it */
	void *user;
	/* What the inventory says of a host; false: it has none of that name. May be NULL. */
	bool (*find)(void *user, const char *name, struct target *ret);
	void *find_user;
};

struct jumps *jumps_new(const struct jumps_config *config);
void jumps_free(struct jumps *all); /* closes their sessions; nobody is told */

/* What the sessions to jump hosts did so far, also the closed ones. */
void jumps_counters(const struct jumps *all, struct session_counters *ret);

struct jump_want {
	const char
	    *chain; /* "[user@]host[:port]", the nearest to the host last, joined by commas */
	struct jump *asker; /* the jump host whose own way this is; NULL: a host's */
	/* The session is up and it is this one's turn to go through. */
	void (*ready)(void *user);
	/* It never came up, or is lost: once, last. err begins with "jump NAME: " */
	void (*lost)(void *user, const struct err *err, bool was_up);
	void *user;
};

/* NULL: err is INPUT (no such chain, a loop) or why the jump host was not reached moments ago. */
struct jump_use *jump_join(struct jumps *all, const struct jump_want *want, struct err *err);
void jump_begin(struct jump_use *u); /* wait for ready(), which may come from inside */
void jump_leave(struct jump_use *u); /* any time; NULL is nothing */

/* Logged in behind it, or too slow: somebody else's turn. */
void jump_settled(struct jump_use *u);

struct session *jump_session(const struct jump_use *u); /* while neither lost nor left */
const char *jump_name(const struct jump_use *u); /* as it was written, the last of its chain */

#endif
