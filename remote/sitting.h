/*
 * One command through an ssh(1) master.
 *
 * Owns its socket to the master and its copies of the command's descriptors until
 * the master has them. Tells its porter's task how it went.
 */
#ifndef DROVER_REMOTE_SITTING_H
#define DROVER_REMOTE_SITTING_H

struct err;
struct loop;
struct porter_forward;
struct porter_order;
struct porter_task;
struct sitting;

struct sitting_place {
	struct loop *loop;
	const char *socket;
	int master; /* its process */
};

/* NULL when the master does not listen. */
struct sitting *sitting_new(const struct sitting_place *place, struct porter_task *t,
    const struct porter_order *o, const int fd[3], struct err *err);
/* A connection from there to a host's port, carried by f's socket. */
struct sitting *sitting_new_forward(const struct sitting_place *place, struct porter_task *t,
    const struct porter_forward *f, struct err *err);
void sitting_free(struct sitting *s); /* the master closes the channel if it is open */

/* The size of the terminal that its input is changed. */
void sitting_resized(struct sitting *s);

#endif
