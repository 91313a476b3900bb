/*
 * What session.c, who lives with a session, approach.c, the way up, verdict.c, the host key, byway.c,
 * the other ways, and proof.c, the login, share.
 *
 * For those files alone. The session belongs to its owner; each answer that the
 * approach waits for is held here, so that session_stop() can let go of it.
 */
#ifndef DROVER_REMOTE_SESSION_INNER_H
#define DROVER_REMOTE_SESSION_INNER_H

#include "base/err.h"
#include "base/outcome.h"
#include "remote/channel.h"
#include "remote/gate.h"
#include "remote/remote.h"

struct agentgate;
struct berth;
struct crowd;
struct jump;
struct key;
struct keys_ask;
struct link;

struct master;
struct message;
struct porter;
struct prompts;
struct route;
struct session_place;
struct sshconf_ask;
struct sshconf_host;
struct trust_subject;
struct tunnel;

#define SESSION_KEYS 16

struct session {
	struct session_place *place;
	struct session *next, *prev;
	struct session_listener listener;
	void *user;
	char *name, *address, *login, *identity; /* what the target says; NULL: nothing */
	char *jump, *proxy_command, *transport;
	char *refused; /* why it is not to be reached at all; NULL: it is */
	char **host_keys;
	int port;
	int64_t connect_ms;
	int64_t began_ms; /* to connect; later by the time that people took */
	int64_t asked_ms; /* people */
	bool first_use, closed;
	bool early;    /* the server closed before the key exchange */
	bool way_lost; /* what ends it speaks of the way there */

	enum session_state state;
	struct gate_pass pass, door_pass, seat;
	struct crowd *crowd;         /* whose door it waits at or went through; NULL: not yet */
	void (*turn)(void *session); /* comes when it may connect */
	int64_t connecting_ms, connected_ms;
	struct sshconf_ask *conf_ask;
	struct keys_ask *keys_ask;
	struct route *route;    /* kept as long as the connection */
	struct jump *as_jump;   /* this is the session to a jump host; NULL: it is not */
	struct tunnel *tunnels; /* through this one */
	struct berth *berths;   /* ports there that lead here */
	struct err why;         /* the worker's reason, while the route is asked for a better one */
	struct agentgate *agent;         /* while logging in with keys that an agent holds */
	const struct sshconf_host *conf; /* lives as long as the sshconf */
	const struct key *keys[SESSION_KEYS];
	size_t key_count;
	char at[64];
	uint32_t id;       /* on the link; 0: none */
	struct link *link; /* of the worker that has it; NULL: none, or it died */
	enum way { WAY_LIBSSH, WAY_SSH, WAY_LOCAL } way;
	char way_why[240];     /* it goes that way; "" when there is nothing to say */
	struct porter *porter; /* serves it in a worker's place, or NULL */
	struct master *master; /* the ssh(1) behind it, or NULL */
	char *vouched;         /* the known_hosts file of that one */
	struct loop_timer *timer;
	int tries, dials;
	uint8_t *blob; /* the host key that waits for an answer */
	size_t blob_len;
	uint32_t question;       /* that a person is asked for this session; 0: none */
	struct prompts *prompts; /* of the host, while they are asked one by one */
	char proofs[64];         /* the ways to log in that were allowed, in order */
	struct err keyless;      /* why there is no key to offer; kind OK: there is */
	int asked;               /* how often a person gave this login something */
	bool password_sent;      /* the one for all hosts */
	bool waited;             /* a person was asked before the login: the host may have gone */

	struct channel_place channel_place;
	struct channel **channels;
	size_t channel_count, channel_cap;
	uint32_t next_channel;
	struct session_counters counters;
	int64_t rtt_us;
	struct err err;
};

/* End it, and tell the owner why; nothing when it is down already. */
void session_down(struct session *s, const struct err *why);
__attribute__((format(printf, 3, 4))) void session_fail(
    struct session *s, enum outcome kind, const char *fmt, ...);

/* Let go of everything under way but the channels: questions, tries, the worker's side. */
void session_stop(struct session *s);

/* Whose turn it is. Three gates in a row: a seat for as long as the session lives, as the limit of
 * open files allows; the door that it shares with others; and how many may be under way in all. What
 * happens to each teaches the gates. */

/* seated() comes with the session, now or when others have ended. */
void queue_sit(struct session *s, void (*seated)(void *session));
void queue_rise(struct session *s);

/* turn() comes with the session, now or when others went through. */
void queue_at(struct session *s, const char *door, void (*turn)(void *session));

/* Connected; logged in; closed by a server that had too many. */
void queue_connected(struct session *s);
void queue_through(struct session *s);
void queue_turned_away(struct session *s);

/* After so long a host is slower to connect than others and should queue_leave(): a dead one holds
 * nobody up. */
int64_t queue_slow_ms(const struct session *s);

/* Give the turn away: others may be at the door and on the way. Nothing when it was given before. */
void queue_leave(struct session *s);

/* The way up, from the first question. */
void approach_begin(struct session *s);

/* Whose key it is that the host shows. */
struct trust_subject approach_subject(const struct session *s);

/* Its host key is trusted: log in. */
void approach_log_in(struct session *s);

/* The host shows its key: log in, ask a person, or end. */
void verdict_judge(struct session *s, const struct message *m);

/* It can run commands now. */
void approach_up(struct session *s);

/* The worker died before the login was done: wait a moment, then connect again. */
void approach_anew(struct session *s);

/* Slow to connect, or time to try again: the session's timer. */
void approach_on_timer(void *session);

/* A message of the worker about the session itself. */
void approach_message(struct session *s, const struct message *m);

/*
 * What the parent does when a login asks: which proofs may be given, the password for all hosts, a
 * person's answers. A password is sent to a host once; only one that a person typed for that host is
 * sent after it.
 */

/* Set the session's proofs: those that ssh_config allows, in its order, and that can be given. With
 * keys or without: whether there are some to offer. False when none is left. */
bool proof_choose(struct session *s, bool keys);

/* Why none is left, for people. */
const char *proof_lack(const struct session *s);

/* The worker's ASK. */
void proof_asked(struct session *s, const struct message *m);

/* Withdraw the open question, wipe what was answered. */
void proof_stop(struct session *s);

/* What a login that failed should say beside its reason; wanted: the server's list. "": nothing. */
void proof_explain(const struct session *s, const char *wanted, char *to, size_t size);

/* The ways up that need no worker, on this machine or through ssh(1): byway.c.
 *
 * The configuration is known: sets the session's way and the reason. NULL, or why it cannot be
 * reached. */
const char *byway_choose(struct session *s);

/* The key exchange failed with these words: whether ssh(1) is worth a try. Sets its way. */
bool byway_helps(struct session *s, const char *words);

/* It is this machine: up at once. */
void byway_here(struct session *s);

/* Log in through ssh(1) on a connected socket, which is taken. kex_ms: until the host key. */
void byway_ssh(struct session *s, int fd, int64_t kex_ms, int64_t limit_ms);

/* Let go of whatever it had. */
void byway_stop(struct session *s);

#endif
