/* What the parts of the porter share: its tasks. For remote/porter*.c alone. */
#ifndef DROVER_REMOTE_PORTER_INNER_H
#define DROVER_REMOTE_PORTER_INNER_H

#include "base/buf.h"
#include "base/err.h"
#include "remote/carrier.h"

#include <stdbool.h>
#include <stdint.h>

struct loop_io;
struct loop_timer;
struct message;
struct porter_config;

struct porter_side { /* one output */
	struct porter_task *task;
	int fd;
	struct loop_io *io;
	bool eof;
};

struct porter_task {
	struct porter *porter;
	struct porter_task *next, **link;
	uint32_t id;
	void *work;
	struct porter_side side[2];
	int in_fd;
	struct loop_io *in_io;
	struct buf in;
	size_t taken, uncredited;    /* of in; of what was taken */
	uint64_t credit, late_bytes; /* those came behind the end */
	struct loop_timer *soon, *timer;
	int64_t began_us, limit_ms;
	bool terminal, in_eof, started, told, cancelled, ended, grace, grace_over, moved, over;
	bool have_status;
	int status, graces;
	char signal[16];
	struct err why;
};

struct porter {
	struct carrier carrier;
	struct porter_config *config; /* the porter's own */
	struct porter_task *tasks;
};

/* A task for this message, on the porter's list; nothing is started. */
struct porter_task *porter_task_new(struct porter *p, const struct message *m);
/* Off the list, and all it holds let go of; its memory stays to the end of the pass. */
void porter_task_drop(struct porter_task *t, bool cancelled);
/* Its descriptors are there: look after them. */
void porter_task_watch(struct porter_task *t);
/* A message for it, after the one that began it. */
void porter_task_tell(struct porter_task *t, const struct message *m);

/* Begin what the message asks for, on descriptors made for it; fd, which a forward is over, stays the
 * caller's. What cannot begin is told from the loop. */
void porter_begin(struct porter *p, const struct message *m, int fd);
/* Give its terminal the size that the message says. */
void porter_set_size(const struct porter_task *t, const struct message *m);

#endif
