/*
 * How hosts are reached: workers, their sessions, and what a login needs.
 *
 * One per program run. Owns the worker processes, the trust store, the loaded
 * keys and every session. The parent dials and decides; workers hold the SSH
 * sessions and nothing else. When a worker dies its sessions end as unknown and
 * the rest goes on.
 */
#ifndef DROVER_REMOTE_REMOTE_H
#define DROVER_REMOTE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct remote;
struct session;
struct channel;
struct sshconf;
struct trust;
struct trust_subject;
struct loop;
struct err;
struct target;

enum remote_ask {
	REMOTE_PASSPHRASE, /* of a key file */
	REMOTE_PASSWORD,   /* of a login */
	REMOTE_PROMPT,     /* a host's own words */
	REMOTE_TRUST       /* an unknown host key */
};

/* What only a person knows. Texts are borrowed, and a host may have written them: clean them. */
struct remote_question {
	uint32_t id;
	enum remote_ask kind;
	const char *host;    /* the inventory's name; NULL: of no host alone */
	const char *subject; /* what the answer is for: a key file, user@host, a fingerprint */
	const char *prompt;  /* one line, without its colon */
	const char *text;    /* lines to read first; NULL: none */
	const char *word;    /* only this, typed whole, is a yes; NULL: any line */
	bool echo;           /* what is typed may be shown */
	bool empty;          /* an empty line is an answer */
};

struct remote_config {
	struct loop *loop;
	int workers;                    /* 0: one */
	int handshakes;                 /* in flight at once; 0: 64 */
	int64_t connect_timeout_ms;     /* wins over a target's and ssh_config's; all 0: 10 s */
	int64_t kex_timeout_ms;         /* 0: 15 s, from connected to the host key */
	int64_t auth_timeout_ms;        /* 0: 20 s */
	const char *ssh_config;         /* -F; NULL: ssh's own */
	bool no_ssh_config;             /* do not ask ssh -G at all (tests) */
	const char *const *known_hosts; /* the inventory's files, ended by NULL; may be NULL */
	const char *trust_file;         /* drover's own; NULL: file_state_dir()/known_hosts */
	/* Asks a person; the answer comes by remote_answer(), never from inside the call. NULL: batch,
	 * nobody is asked. */
	void (*ask)(void *user, const struct remote_question *q);
	void (*unask)(void *user, uint32_t id); /* moot: no answer is waited for; may be NULL */
	bool ask_trust; /* ask() is asked about unknown host keys too; else they are refused */
	const char *password; /* for every host that takes one; copied; NULL: none */
	/* What ssh_config sets and drover does not honour, each key once; matters: it would make
	 * something weaker. NULL: nobody is told. */
	void (*note)(void *user, bool matters, const char *text);
	/* What the inventory says of a jump host of that name; false: nothing. NULL: ssh_config's. */
	bool (*find)(void *user, const char *name, struct target *ret);
	void *user;
};

struct remote *remote_new(const struct remote_config *config, struct err *err);
void remote_free(
    struct remote *r); /* ends every session; their listeners are not called any more */

/* The stores behind the sessions, for the verbs that show and change them. */
struct trust *remote_known_keys(struct remote *r);
struct sshconf *remote_ssh_config(struct remote *r);

/* What holds the workers of this run, for people: "seccomp and Landlock"; "" before there is one. */
const char *remote_guards(const struct remote *r);

/* line NULL: none was given. Nothing happens when the question is moot. */
void remote_answer(struct remote *r, uint32_t id, const char *line);

/* What was refused an answer may be asked again. */
void remote_ask_anew(struct remote *r);

/* What the inventory says of a host; strings are copied. */
struct target {
	const char *name;                      /* as the inventory calls it; shown in errors */
	const char *address, *user, *identity; /* NULL: ssh_config or the defaults */
	int port;                              /* 0: ssh_config or 22 */
	int64_t connect_timeout_ms;            /* 0: remote's */
	const char *const *host_keys;          /* ended by NULL; may be NULL */
	bool trust_first_use;
	const char *jump, *proxy_command; /* NULL: as ssh_config says */
	const char *transport;            /* "auto", "libssh", "ssh", "local"; NULL: auto */
	const char *refused;              /* it is not to be reached, and why; NULL: it is */
};

enum session_state {
	SESSION_QUEUED,
	SESSION_CONFIG,
	SESSION_JUMP,
	SESSION_RESOLVE,
	SESSION_CONNECT,
	SESSION_KEX,
	SESSION_HOSTKEY,
	SESSION_AUTH,
	SESSION_UP,
	SESSION_DOWN
};
const char *session_state_name(enum session_state s); /* the phase's name in messages */

struct session_listener {
	void (*up)(void *user, struct session *s);
	/* Ended, or never came up: err says why (kind NONE: closed by us). The session is freed by
	 * its owner, from here or later, with session_close(). */
	void (*down)(void *user, struct session *s, const struct err *err);
	/* It takes longer to connect than others did: whoever counts hosts at work may leave it out until
	 * up() or down(). May be NULL; may come more than once. */
	void (*slow)(void *user, struct session *s);
	/* Look, do not log in: the host showed its key, which is not judged; nothing else is sent and
	 * the session waits here to be closed. NULL for every other session. */
	void (*key)(void *user, struct session *s, const struct trust_subject *subject,
	    const void *blob, size_t len);
};

struct session *session_open(
    struct remote *r, const struct target *t, const struct session_listener *l, void *user);
void session_close(struct session *s); /* any time; no callback follows */
enum session_state session_state(const struct session *s);
/* "libssh", "ssh" or "local", known once the configuration is; why, if not NULL, is a reason for
 * people, or "". */
const char *session_transport(const struct session *s, const char **why);
const char *session_address(const struct session *s); /* the numeric address in use, or "" */

/* Counted, for -vv: logins, execs, bytes, round trips. */
struct session_counters {
	uint64_t logins, execs, bytes_in, bytes_out;
};
void session_counters(const struct session *s, struct session_counters *ret);
/* How long ago the host was last heard, in any way; -1: never, or by a transport that does not tell.
 * While nothing runs nobody asks it. */
int64_t session_silence_ms(const struct session *s);
int64_t session_rtt_ms(const struct session *s); /* of the last measured exchange; -1: none yet */

enum stream { STREAM_OUT, STREAM_ERR };

struct channel_end {
	bool have_status; /* the exit status came */
	int status;
	char signal[16]; /* "KILL" when a signal ended it; else empty */
	bool cancelled;
	const struct err *err; /* why there is no status; NULL when there is one or a signal */
	uint64_t out_bytes, err_bytes;
};

struct channel_listener {
	/* n > 0 bytes of one stream. The listener gives credit back with channel_consumed(). */
	void (*data)(void *user, struct channel *c, enum stream s, const void *p, size_t n);
	void (*writable)(
	    void *user, struct channel *c); /* room again after a short channel_write() */
	/* Once, last; the channel is gone after it returns. */
	void (*end)(void *user, struct channel *c, const struct channel_end *e);
	void (*started)(void *user, struct channel *c); /* the server runs it; may be NULL */
};

/* One command. Everything is copied. */
struct exec_spec {
	const char
	    *command; /* a string for the login shell; quote with str_shell_quote(). NULL: that
				shell itself, to type to */
	const char *const
	    *env;             /* NAME=VALUE, ended by NULL; may be NULL. Behind ssh_config's SetEnv;
				   a name that the server refuses is left out, as ssh does */
	const char *terminal; /* its kind ("xterm"): the command gets one; NULL: none */
	int columns, rows;    /* of the terminal; 0: 80x24 */
	bool person; /* is at it: what ssh_config's SendEnv names of our environment goes too */
	int64_t stall_ms; /* how long input may wait for the command; 0: 30 s, -1: for ever */
	bool quiet;       /* it speaks only when its input asks: until then nobody minds silence */
};

/* Run one command on a session that is up. Standard input stays open until channel_write_end(); on a
 * terminal that is no end of file there, and both outputs come as one. */
struct channel *channel_start(
    struct session *s, const struct exec_spec *spec, const struct channel_listener *l, void *user);
/* The same with nothing but a command. */
struct channel *channel_exec(
    struct session *s, const char *command, const struct channel_listener *l, void *user);

/* The terminal has another size. */
void channel_resize(struct channel *c, int columns, int rows);

/* "INT", to the command that runs. False: the way there passes no signals. */
bool channel_signal(struct channel *c, const char *name);

/* What was written and the server has not taken yet. */
size_t channel_pending(const struct channel *c);

/* Bytes accepted (0..n); fewer than n means wait for writable(). */
size_t channel_write(struct channel *c, const void *p, size_t n);

/* How many bytes channel_write() would take now. With 0, writable() comes when there is room; on a
 * channel that has ended any number is taken and dropped. */
size_t channel_room(struct channel *c);
void channel_write_end(struct channel *c);

/* By default data is credited when data() returns; after channel_hold(c) the listener must call
 * channel_consumed() itself, and unread data stops at the window. */
void channel_hold(struct channel *c);
void channel_consumed(struct channel *c, size_t n);

/* Send the signal the server may honour, close the channel; end() comes with cancelled set. */
void channel_cancel(struct channel *c);

/* Deadlines of a channel, 0 = none: for the first byte, between bytes, in all. end() then comes with
 * err kind UNKNOWN and the phase that was waited for. */
void channel_limits(struct channel *c, int64_t first_ms, int64_t idle_ms, int64_t total_ms);

/* main() calls this for the hidden worker verb: serves on descriptor fd until the parent is gone. */
int remote_worker_main(int fd);

/* The same for the hidden verb --hand: what drover does inside ssh(1)'s processes. */
int remote_hand_main(int argc, char **argv);

#endif
