#include "base/work.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

struct node {
	struct node *next;
	struct work_job job;
};

/* Shared with the threads, which may outlive the owner: the last one out frees it. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t more, left;
	struct node *waiting, **waiting_tail, *ended;
	struct loop_wake *wake; /* NULL once the owner is gone */
	int threads, idle, working, max;
	bool owned;
};

struct work {
	struct shared *shared;
	struct loop_wake *wake;
	int pending;
};

static void
drop_node(struct node *n)
{
	if (n->job.drop)
		n->job.drop(n->job.data);
	free(n);
}

static struct node *
next_job(struct shared *s)
{
	while (!s->waiting && s->wake) {
		s->idle++;
		pthread_cond_wait(&s->more, &s->lock);
		s->idle--;
	}
	if (!s->wake)
		return NULL;
	struct node *n = s->waiting;
	s->waiting = n->next;
	if (!s->waiting)
		s->waiting_tail = &s->waiting;
	return n;
}

static void
shared_free(struct shared *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->more);
	pthread_cond_destroy(&s->left);
	free(s);
}

static void *
thread_main(void *arg)
{
	struct shared *s = arg;
	struct node *n;

	pthread_mutex_lock(&s->lock);
	for (n = next_job(s); n; n = next_job(s)) {
		s->working++;
		pthread_mutex_unlock(&s->lock);
		n->job.run(n->job.data);
		pthread_mutex_lock(&s->lock);
		s->working--;
		if (!s->wake) {
			drop_node(n);
			continue;
		}
		n->next = s->ended;
		s->ended = n;
		loop_wake_send(s->wake);
	}
	pthread_mutex_unlock(&s->lock);
	digest_leave_thread();
	pthread_mutex_lock(&s->lock);
	bool last = --s->threads == 0 && !s->owned;
	pthread_cond_broadcast(&s->left);
	pthread_mutex_unlock(&s->lock);
	if (last)
		shared_free(s);
	return NULL;
}

static void
on_wake(void *user)
{
	struct work *w = user;
	struct node *list, *in_order = NULL;

	pthread_mutex_lock(&w->shared->lock);
	list = w->shared->ended;
	w->shared->ended = NULL;
	pthread_mutex_unlock(&w->shared->lock);
	while (list) {
		struct node *n = list;

		list = n->next;
		n->next = in_order;
		in_order = n;
		if (--w->pending == 0)
			loop_wake_hold(w->wake, false);
	}
	while (in_order) {
		struct node *n = in_order;

		in_order = n->next;
		n->job.done(n->job.data, n->job.user);
		free(n);
	}
}

struct work *
work_new(struct loop *loop, int max, struct err *err)
{
	struct work *w = xcalloc(1, sizeof(*w));
	struct shared *s = xcalloc(1, sizeof(*s));

	(void)err;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	pthread_cond_init(&s->left, NULL);
	s->owned = true;
	s->waiting_tail = &s->waiting;
	s->max = max;
	s->wake = w->wake = loop_wake_new(loop, on_wake, w);
	w->shared = s;
	return w;
}

void
work_free(struct work *w)
{
	if (!w)
		return;
	struct shared *s = w->shared;
	pthread_mutex_lock(&s->lock);
	s->wake = NULL;
	while (s->waiting) {
		struct node *n = s->waiting;

		s->waiting = n->next;
		drop_node(n);
	}
	while (s->ended) {
		struct node *n = s->ended;

		s->ended = n->next;
		drop_node(n);
	}
	pthread_cond_broadcast(&s->more);
	/* Who has nothing to do leaves at once; who is at work may take for ever. */
	while (s->threads > s->working)
		pthread_cond_wait(&s->left, &s->lock);
	s->owned = false;
	bool none = s->threads == 0;
	pthread_mutex_unlock(&s->lock);
	if (none)
		shared_free(s);
	loop_wake_free(w->wake);
	free(w);
}

/* Threads take no signals: those are the loop's. */
static bool
start_thread(struct shared *s)
{
	pthread_attr_t attr;
	pthread_t id;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	bool started = pthread_create(&id, &attr, thread_main, s) == 0;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

void
work_add(struct work *w, const struct work_job *job)
{
	struct shared *s = w->shared;
	struct node *n = xcalloc(1, sizeof(*n));

	n->job = *job;
	if (w->pending++ == 0)
		loop_wake_hold(w->wake, true);
	pthread_mutex_lock(&s->lock);
	*s->waiting_tail = n;
	s->waiting_tail = &n->next;
	if (s->idle == 0 && s->threads < s->max) {
		s->threads++;
		if (!start_thread(s) && --s->threads == 0)
			mem_abort("no thread can be started");
	}
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}
