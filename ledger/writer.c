#include "ledger/writer.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "ledger/db.h"
#include "ledger/lock.h"
#include "ledger/store.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define GROUP_MS    20
#define GROUP_BYTES (1U << 20)
#define QUEUE_BYTES (8U << 20)
#define CHECKPOINT  1024 /* WAL pages: 4 MiB */
#define LOCK_MS     30000
#define NS_PER_MS   1000000
#define MS_PER_S    1000

struct waiting {
	struct waiting *next;
	uint64_t target;
	const void *owner;
	void (*done)(void *user, const struct err *err);
	void *user;
};

struct writer {
	struct writer_config config;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	/* under the lock: */
	struct writer_job *first, **last;
	size_t bytes;
	uint64_t added, ended;
	int64_t since_ms; /* when the oldest that is queued came */
	bool urgent, closing, failed, dead, tell;
	struct err err;
	/* of the loop's thread alone: */
	struct loop_wake *wake;
	struct waiting *waiting, **waiting_last;
	/* of the writing thread alone: */
	bool reserve_gone;
	int wal_pages;
};

static void
keep_error(struct writer *w, const struct err *err, bool dead)
{
	pthread_mutex_lock(&w->lock);
	if (!w->failed)
		w->err = *err;
	w->failed = true;
	w->dead = w->dead || dead;
	pthread_mutex_unlock(&w->lock);
}

static int
on_commit(void *user, sqlite3 *handle, const char *name, int pages)
{
	struct writer *w = user;

	(void)handle;
	(void)name;
	w->wal_pages = pages;
	return SQLITE_OK;
}

static int
transact(struct writer *w, struct writer_job *batch, struct err *err)
{
	struct store *s = w->config.store;

	if (db_exec(s->db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	for (struct writer_job *j = batch; j; j = j->next)
		j->apply(j, s);
	store_finish(s);
	if (!db_take_error(s->db, err) && db_exec(s->db, "COMMIT", err) == 0) {
		store_committed(s);
		return 0;
	}
	/* Fails when SQLite has rolled back by itself, which is as good. */
	sqlite3_exec(db_handle(s->db), "ROLLBACK", NULL, NULL, NULL);
	store_rolled_back(s);
	return -1;
}

/* Readers may keep it from going all the way; the next one goes on from there. */
static void
checkpoint(struct writer *w)
{
	struct err err;

	if (w->wal_pages < CHECKPOINT)
		return;
	w->wal_pages = 0;
	int rc = sqlite3_wal_checkpoint_v2(
	    db_handle(w->config.store->db), NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return;
	err_set(&err, OUTCOME_STORAGE, "ledger: checkpoint: %s", sqlite3_errstr(rc));
	err.code = rc;
	keep_error(w, &err, true);
}

static bool
commit(struct writer *w, struct writer_job *batch)
{
	struct err err;

	if (lock_wait(w->config.lock_fd, LOCK_WRITE, LOCK_MS, &err) < 0) {
		keep_error(w, &err, true);
		return false;
	}
	int rc = transact(w, batch, &err);
	if (rc < 0 && (err.code & 0xff) == SQLITE_FULL && !w->reserve_gone) {
		/* What is on its way still gets down; nobody may start anything new. */
		w->reserve_gone = true;
		w->config.release_reserve(w->config.user);
		keep_error(w, &err, false);
		rc = transact(w, batch, &err);
	}
	if (rc < 0)
		keep_error(w, &err, true);
	else
		checkpoint(w);
	lock_release(w->config.lock_fd, LOCK_WRITE);
	return rc == 0;
}

/* Under the lock. Groups what comes within some milliseconds, unless somebody waits for it. */
static bool
await_jobs(struct writer *w)
{
	for (;;) {
		if (!w->first && w->closing)
			return false;
		if (!w->first) {
			pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		int64_t due = w->since_ms + GROUP_MS;
		if (w->urgent || w->closing || w->dead || w->bytes >= GROUP_BYTES ||
		    clock_mono_ms() >= due)
			return true;
		struct timespec t = { .tv_sec = due / MS_PER_S,
			.tv_nsec = due % MS_PER_S * NS_PER_MS };
		pthread_cond_timedwait(&w->more, &w->lock, &t);
	}
}

static uint64_t
finish(struct writer_job *batch, bool durable)
{
	uint64_t n = 0;

	while (batch) {
		struct writer_job *j = batch;

		batch = j->next;
		j->ended(j, durable);
		n++;
	}
	return n;
}

static void *
thread_main(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	while (await_jobs(w)) {
		struct writer_job *batch = w->first;
		bool dead = w->dead;

		w->first = NULL;
		w->last = &w->first;
		w->bytes = 0;
		w->urgent = false;
		pthread_cond_broadcast(&w->less);
		pthread_mutex_unlock(&w->lock);
		bool durable = !dead && commit(w, batch);
		uint64_t n = finish(batch, durable);
		pthread_mutex_lock(&w->lock);
		w->ended += n;
		pthread_cond_broadcast(&w->less);
		if (w->tell)
			loop_wake_send(w->wake);
		w->tell = false;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void
call_done(struct writer *w)
{
	struct err err;

	pthread_mutex_lock(&w->lock);
	uint64_t ended = w->ended;
	bool failed = w->failed;
	err = w->err;
	pthread_mutex_unlock(&w->lock);
	while (w->waiting && w->waiting->target <= ended) {
		struct waiting *x = w->waiting;

		w->waiting = x->next;
		if (!w->waiting) {
			w->waiting_last = &w->waiting;
			loop_wake_hold(w->wake, false);
		}
		if (x->done)
			x->done(x->user, failed ? &err : NULL);
		free(x);
	}
}

static void
on_wake(void *user)
{
	struct writer *w = user;

	call_done(w);
	pthread_mutex_lock(&w->lock);
	if (w->waiting && w->waiting->target <= w->ended)
		loop_wake_send(w->wake);
	else if (w->waiting)
		w->tell = w->urgent = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

/* The thread takes no signals: those are the loop's. */
static bool
start_thread(struct writer *w)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&w->thread, NULL, thread_main, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

struct writer *
writer_new(const struct writer_config *config, struct err *err)
{
	struct writer *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attr;

	w->config = *config;
	w->last = &w->first;
	w->waiting_last = &w->waiting;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->more, &attr);
	pthread_cond_init(&w->less, &attr);
	pthread_condattr_destroy(&attr);
	sqlite3_wal_hook(db_handle(config->store->db), on_commit, w);
	if (config->loop)
		w->wake = loop_wake_new(config->loop, on_wake, w);
	if (start_thread(w))
		return w;
	err_set(err, OUTCOME_STORAGE, "ledger: no thread can be started");
	if (w->wake)
		loop_wake_free(w->wake);
	free(w);
	return NULL;
}

void
writer_free(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	w->tell = false;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	while (w->waiting) {
		struct waiting *x = w->waiting;

		w->waiting = x->next;
		free(x);
	}
	if (w->wake) {
		loop_wake_hold(w->wake, false);
		loop_wake_free(w->wake);
	}
	pthread_cond_destroy(&w->more);
	pthread_cond_destroy(&w->less);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void
writer_add(struct writer *w, struct writer_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&w->lock);
	while (w->bytes >= QUEUE_BYTES && !w->dead)
		pthread_cond_wait(&w->less, &w->lock);
	if (!w->first) {
		w->since_ms = clock_mono_ms();
		pthread_cond_signal(&w->more);
	}
	*w->last = job;
	w->last = &job->next;
	w->bytes += job->bytes;
	w->added++;
	if (w->bytes >= GROUP_BYTES)
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

int
writer_flush(struct writer *w, struct err *err)
{
	pthread_mutex_lock(&w->lock);
	uint64_t target = w->added;
	while (w->ended < target) {
		w->urgent = true;
		pthread_cond_signal(&w->more);
		pthread_cond_wait(&w->less, &w->lock);
	}
	bool failed = w->failed;
	if (failed)
		*err = w->err;
	pthread_mutex_unlock(&w->lock);
	return failed ? -1 : 0;
}

void
writer_sync(struct writer *w, const void *owner, void (*done)(void *user, const struct err *err),
    void *user)
{
	struct err err;

	if (!w->wake) {
		int rc = writer_flush(w, &err);

		done(user, rc < 0 ? &err : NULL);
		return;
	}
	struct waiting *x = xcalloc(1, sizeof(*x));
	*x = (struct waiting){ .owner = owner, .done = done, .user = user };
	if (!w->waiting)
		loop_wake_hold(w->wake, true);
	*w->waiting_last = x;
	w->waiting_last = &x->next;
	pthread_mutex_lock(&w->lock);
	x->target = w->added;
	w->tell = w->urgent = true;
	if (w->ended == w->added)
		loop_wake_send(w->wake);
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

void
writer_forget(struct writer *w, const void *owner)
{
	for (struct waiting *x = w->waiting; x; x = x->next)
		if (x->owner == owner)
			x->done = NULL;
}

bool
writer_busy(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool busy = w->ended < w->added;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

bool
writer_failed(struct writer *w, struct err *ret)
{
	pthread_mutex_lock(&w->lock);
	bool failed = w->failed;
	if (failed)
		*ret = w->err;
	pthread_mutex_unlock(&w->lock);
	return failed;
}
