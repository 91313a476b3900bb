/*
 * The one thread that writes: a queue of jobs, committed in groups.
 *
 * Owns the thread, the queue and the first error. A group is one transaction
 * under the write lock that all drovers share; checkpoints are made under the
 * same lock. After an error that may have cost data nothing more is written.
 */
#ifndef DROVER_LEDGER_WRITER_H
#define DROVER_LEDGER_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;
struct store;
struct loop;
struct err;

/* Embedded in whatever is written. apply runs on the thread, inside the transaction, and again
 * when that had to be repeated; ended runs there too, once, and owns the job from then on. */
struct writer_job {
	struct writer_job *next;
	size_t bytes; /* about; what is queued has a ceiling */
	void (*apply)(struct writer_job *job, struct store *store);
	void (*ended)(struct writer_job *job, bool durable);
};

struct writer_config {
	struct store *store; /* its connection is the thread's from now on */
	struct loop *loop;   /* NULL: writer_sync() waits */
	int lock_fd;
	/* Give back the space that was kept for this: the disk is full. On the thread. */
	void (*release_reserve)(void *user);
	void *user;
};

struct writer *writer_new(const struct writer_config *config, struct err *err);

/* Writes what is queued, ends the thread. No done() is called any more. */
void writer_free(struct writer *w);

/* Queue it. Waits while more than some MiB are queued. */
void writer_add(struct writer *w, struct writer_job *job);

/* Wait until everything added is durable. 0, or -1 with the first error. */
int writer_flush(struct writer *w, struct err *err);

/* The same without waiting: done on the loop. owner: for writer_forget(). */
void writer_sync(struct writer *w, const void *owner,
    void (*done)(void *user, const struct err *err), void *user);

/* Call no done() of this owner any more. */
void writer_forget(struct writer *w, const void *owner);

/* Whether there is anything that is not yet durable. */
bool writer_busy(struct writer *w);

bool writer_failed(struct writer *w, struct err *ret);

#endif
