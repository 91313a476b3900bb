/*
 * The worker's part of a session that processes of ours serve.
 *
 * A carrier, owned by its session. Owns its tasks, one a channel: their
 * descriptors, the input that was not taken yet, credit and deadlines. What
 * starts a command, and where, is the porter's kind: remote/local here,
 * remote/master through ssh(1). Answers as a worker does, with STARTED, DATA_OUT,
 * CREDIT and, once, END; output is read only while the channel gave credit.
 */
#ifndef DROVER_REMOTE_PORTER_H
#define DROVER_REMOTE_PORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct carrier;
struct err;
struct loop;
struct message;
struct porter;
struct porter_task;

/* What is to be run; borrowed. */
struct porter_order {
	const char *command; /* empty: the login shell itself */
	const char *env;     /* NAME=VALUE, each ended by a NUL */
	size_t env_len;
	const char *terminal; /* its kind; NULL: none, the descriptors are pipes */
};

struct porter_forward {
	const char *host;
	int port;
	int fd;
};

struct porter_kind {
	/* Start it on these descriptors: its input, output and errors; on a terminal they are the
	 * same one. They are closed after the call. Returns what drop() gets; NULL and err when it
	 * cannot be started. porter_started() and porter_ended() follow, also from inside. */
	void *(*start)(void *user, struct porter_task *t, const struct porter_order *o,
	    const int fd[3], struct err *err);
	/* Connect from there to a host's port, and carry the bytes of that socket, which is closed
	 * after the call; the rest as start(). NULL: it cannot. */
	void *(*forward)(
	    void *user, struct porter_task *t, const struct porter_forward *f, struct err *err);
	/* Its terminal has another size; may be NULL. */
	void (*resized)(void *work);
	/* Send it a signal, by its name without SIG; NULL: it cannot. */
	void (*signal)(void *work, const char *name);
	/* The task is over: let go of it. Cancelled: nobody waits for it, end it. */
	void (*drop)(void *work, bool cancelled);
	bool far;             /* what a command wrote may come some time after its end */
	bool splits_terminal; /* only the input is the terminal, the output a pipe */
};

struct porter_config {
	struct loop *loop;
	uint32_t session; /* stands in the messages */
	const struct porter_kind *kind;
	void *kind_user;
	void (*message)(void *user, const struct message *m);
	void *user;
};

struct porter *porter_new(const struct porter_config *config);
void porter_free(struct porter *p); /* any time; drops its tasks as cancelled */
struct carrier *porter_carrier(struct porter *p);

/* How a command ended. */
struct porter_end {
	bool have_status;
	int status;
	const char *signal;    /* its name without SIG, or NULL */
	const struct err *err; /* why there is neither */
};

void porter_started(struct porter_task *t);
void porter_ended(struct porter_task *t, const struct porter_end *e);

#endif
