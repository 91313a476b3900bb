#include "remote/lookup.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

/* One question. Shared with a thread until its job is done; then the loop's alone. */
struct question {
	char *name;
	int family;
	lookup_function *ask;
	void *user;
	_Atomic int64_t started; /* 0: waits for a thread */
	struct lookup_address found[LOOKUP_MAX];
	int count; /* -1: err */
	struct err err;
};

struct name {
	struct name *next;
	struct lookup *lookup;
	struct question *q; /* while it is asked */
	struct lookup_wait *waiting;
	struct loop_timer *limit;
	int64_t asked;
	char *text;
	int family;
	size_t count; /* 0: not known yet */
	struct lookup_address found[LOOKUP_MAX];
};

struct lookup_wait {
	struct lookup_wait *next, **prev;
	void (*done)(
	    void *user, const struct lookup_address *list, size_t n, const struct err *err);
	void *user;
};

#define BUCKETS 1024

struct lookup {
	struct loop *loop;
	struct work *work;
	int64_t limit_ms;
	lookup_function *ask;
	void *user;
	struct name *bucket[BUCKETS];
	struct name *overdue; /* asked, given up, and still on a thread */
};

static bool
is_unspecified(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr == 0;
	return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

static int
copy_addresses(const struct addrinfo *list, struct lookup_address *ret)
{
	int n = 0;

	for (; list && n < LOOKUP_MAX; list = list->ai_next) {
		if (list->ai_family != AF_INET && list->ai_family != AF_INET6)
			continue;
		ret[n] = (struct lookup_address){ .len = list->ai_addrlen };
		memcpy(&ret[n].to, list->ai_addr, list->ai_addrlen);
		n++;
	}
	return n;
}

static const char *
explain(int rc)
{
	if (rc == EAI_NONAME || rc == EAI_NODATA)
		return "no such name";
	if (rc == EAI_AGAIN)
		return "no name server answers";
	if (rc == EAI_FAIL)
		return "the name server failed";
	return gai_strerror(rc);
}

/* A name server that answers 0.0.0.0 means "blocked"; connecting there would reach this machine. */
static int
drop_unspecified(struct lookup_address *list, int n, struct err *err)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		if (!is_unspecified((const struct sockaddr *)&list[i].to))
			list[kept++] = list[i];
	}
	if (kept == 0)
		return err_set(err, OUTCOME_UNREACHABLE, "the name has no usable address");
	return kept;
}

static int
ask_system(const char *name, int family, struct lookup_address *ret, struct err *err, void *user)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *list;
	int rc = getaddrinfo(name, NULL, &hints, &list);

	(void)user;
	if (rc != 0)
		return err_set(err, OUTCOME_UNREACHABLE, "%s", explain(rc));
	int n = copy_addresses(list, ret);
	freeaddrinfo(list);
	return n;
}

static size_t
read_numeric(const char *name, int family, struct lookup_address *ret)
{
	struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST },
			*list;

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return 0;
	int n = copy_addresses(list, ret);
	freeaddrinfo(list);
	return (size_t)n;
}

static struct name **
find_slot(struct lookup *l, const char *text, int family)
{
	uint32_t hash = 2166136261U;

	for (const char *p = text; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	struct name **slot = &l->bucket[hash % BUCKETS];
	while (*slot && !((*slot)->family == family && str_eq((*slot)->text, text)))
		slot = &(*slot)->next;
	return slot;
}

static void
free_question(void *data)
{
	struct question *q = data;

	free(q->name);
	free(q);
}

static void
name_free(struct name *n)
{
	while (n->waiting)
		lookup_cancel(n->waiting);
	loop_timer_free(n->limit);
	free(n->text);
	free(n);
}

static void
tell(struct name *n, const struct err *err)
{
	while (n->waiting) {
		struct lookup_wait *w = n->waiting;
		struct lookup_wait told = *w;

		lookup_cancel(w);
		told.done(told.user, n->found, err ? 0 : n->count, err);
	}
}

/* Take a name that failed out of the table before its waiters hear of it: they may ask again. */
static void
fail(struct name *n, const struct err *err)
{
	struct name **slot = find_slot(n->lookup, n->text, n->family);
	struct err kept = *err;

	if (*slot == n)
		*slot = n->next;
	loop_timer_free(n->limit);
	n->limit = NULL;
	if (n->q) {
		n->next = n->lookup->overdue;
		n->lookup->overdue = n;
	}
	kept.elapsed_ms = clock_mono_ms() - n->asked;
	str_copy(kept.phase, sizeof(kept.phase), "resolve");
	/* The waiters move to a list of their own: a callback may free the lookup, and with it n. */
	struct name rest = { .waiting = n->waiting };
	if (rest.waiting)
		rest.waiting->prev = &rest.waiting;
	n->waiting = NULL;
	if (!n->q)
		name_free(n);
	tell(&rest, &kept);
}

static void
forget_overdue(struct lookup *l, struct name *n)
{
	struct name **at = &l->overdue;

	while (*at && *at != n)
		at = &(*at)->next;
	if (*at)
		*at = n->next;
}

static void
on_overdue(void *user)
{
	struct name *n = user;
	int64_t started = atomic_load(&n->q->started), now = clock_mono_ms();
	int64_t limit = n->lookup->limit_ms;
	int64_t left = started ? limit - (now - started) : 3 * limit - (now - n->asked);
	struct err err;

	if (left > 0) {
		loop_timer_start(n->limit, left < limit ? left + 1 : limit);
		return;
	}
	err_set(&err, OUTCOME_UNREACHABLE, "no answer from the name servers after %.1f s",
	    (double)(now - n->asked) / 1000.0);
	fail(n, &err);
}

static void
run_question(void *data)
{
	struct question *q = data;

	atomic_store(&q->started, clock_mono_ms());
	q->count = q->ask(q->name, q->family, q->found, &q->err, q->user);
	if (q->count >= 0)
		q->count = drop_unspecified(q->found, q->count, &q->err);
}

static void
end_question(void *data, void *user)
{
	struct question *q = data;
	struct name *n = user;

	n->q = NULL;
	if (!n->limit) {
		forget_overdue(n->lookup, n);
		name_free(n);
	} else if (q->count < 0) {
		fail(n, &q->err);
	} else {
		n->count = (size_t)q->count;
		memcpy(n->found, q->found, sizeof(n->found));
		loop_timer_free(n->limit);
		n->limit = NULL;
		struct name told = *n;
		if (told.waiting)
			told.waiting->prev = &told.waiting;
		n->waiting = NULL;
		tell(&told, NULL);
	}
	free_question(q);
}

static struct name *
name_new(struct lookup *l, const char *text, int family)
{
	struct name *n = xcalloc(1, sizeof(*n));
	struct question *q = xcalloc(1, sizeof(*q));

	n->lookup = l;
	n->text = xstrdup(text);
	n->family = family;
	n->asked = clock_mono_ms();
	n->limit = loop_timer_new(l->loop, on_overdue, n);
	loop_timer_start(n->limit, l->limit_ms);
	n->q = q;
	q->name = xstrdup(text);
	q->family = family;
	q->ask = l->ask;
	q->user = l->user;
	work_add(l->work, &(struct work_job){ .run = run_question,
			      .done = end_question,
			      .drop = free_question,
			      .data = q,
			      .user = n });
	return n;
}

struct lookup *
lookup_new(struct loop *loop, int threads, int64_t limit_ms, lookup_function *ask, void *user)
{
	struct lookup *l = xcalloc(1, sizeof(*l));
	struct err err;

	l->loop = loop;
	l->work = work_new(loop, threads, &err);
	l->limit_ms = limit_ms;
	l->ask = ask ? ask : ask_system;
	l->user = user;
	return l;
}

void
lookup_forget(struct lookup *l)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct name **slot = &l->bucket[i]; *slot;) {
			struct name *n = *slot;

			if (n->q) {
				slot = &n->next;
				continue;
			}
			*slot = n->next;
			name_free(n);
		}
	}
}

void
lookup_free(struct lookup *l)
{
	if (!l)
		return;
	work_free(l->work);
	for (size_t i = 0; i <= BUCKETS; i++) {
		struct name *n = i < BUCKETS ? l->bucket[i] : l->overdue;

		while (n) {
			struct name *next = n->next;

			name_free(n);
			n = next;
		}
	}
	free(l);
}

size_t
lookup_known(struct lookup *l, const char *name, int family, struct lookup_address *ret)
{
	size_t count = read_numeric(name, family, ret);

	if (count)
		return count;
	const struct name *n = *find_slot(l, name, family);
	if (!n || !n->count)
		return 0;
	memcpy(ret, n->found, sizeof(n->found));
	return n->count;
}

struct lookup_wait *
lookup_get(struct lookup *l, const char *name, int family,
    void (*done)(void *user, const struct lookup_address *list, size_t n, const struct err *err),
    void *user)
{
	struct name **slot = find_slot(l, name, family);
	struct lookup_wait *w = xcalloc(1, sizeof(*w));

	if (!*slot)
		*slot = name_new(l, name, family);
	struct name *n = *slot;
	w->done = done;
	w->user = user;
	w->next = n->waiting;
	w->prev = &n->waiting;
	if (w->next)
		w->next->prev = &w->next;
	n->waiting = w;
	return w;
}

void
lookup_cancel(struct lookup_wait *w)
{
	if (!w)
		return;
	*w->prev = w->next;
	if (w->next)
		w->next->prev = w->prev;
	free(w);
}
