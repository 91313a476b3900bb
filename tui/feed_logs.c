#include "tui/feed_logs.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/tail.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "tui/logbook.h"
#include "tui/logs_save.h"

#include <string.h>

#define SLICE_US  4000
#define RATE_MS   1000
#define LINE_HEAD 256

struct feed_logs {
	struct logs_source source;
	struct feed_logs_config config;
};

struct logs_feed {
	struct feed_logs *all;
	struct tail *tail;
	struct logbook *book;
	struct herd_host **hosts;
	size_t count;
	bool named; /* one unit, known by its name: lines need not say whose they are */
	bool held;
	struct loop_timer *rate_timer, *work_timer, *save_timer;
	struct logs_save *save;
	struct logs_save_order order;
	uint64_t handed, counted, rate;
	struct buf line;
};

static void
tell(struct logs_feed *f)
{
	f->all->config.changed(f->all->config.user);
}

static void
add_line(
    struct logs_feed *f, size_t source, const struct journal_entry *e, const char *text, size_t len)
{
	bool own =
	    !e->identifier.n ||
	    (f->named && !(e->identifier.n == 7 && memcmp(e->identifier.p, "systemd", 7) == 0));

	buf_clear(&f->line);
	if (!own) {
		buf_add(&f->line, e->identifier.p,
		    e->identifier.n < LINE_HEAD ? e->identifier.n : LINE_HEAD);
		buf_adds(&f->line, ": ");
	}
	buf_add(&f->line, text, len);
	f->handed++;
	logbook_add(f->book, &(struct logbook_add){ .time_us = e->time_us,
				 .source = source,
				 .level = e->priority,
				 .text = buf_text(&f->line),
				 .len = f->line.len });
}

/* A file that cannot be written leaves memory alone: then the hosts wait, and nothing is dropped. */
static void
hold_when_full(struct logs_feed *f)
{
	bool full = logbook_err(f->book)->kind != OUTCOME_OK &&
		    logbook_memory(f->book) > (size_t)2 * LOGBOOK_MEMORY;

	if (full == f->held)
		return;
	f->held = full;
	tail_pause(f->tail, full);
}

/* A message of several lines is as many lines here. */
static void
on_entry(void *user, size_t source, const struct journal_entry *e)
{
	struct logs_feed *f = user;
	const char *at = e->message.p ? e->message.p : "", *end = at + e->message.n;

	while (end > at && end[-1] == '\n')
		end--;
	do {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const char *to = nl ? nl : end;

		add_line(f, source, e, at, (size_t)(to - at));
		at = nl ? nl + 1 : NULL;
	} while (at);
	hold_when_full(f);
	tell(f);
}

static void
on_changed(void *user, size_t source)
{
	(void)source;
	tell(user);
}

static void
on_rate(void *user)
{
	struct logs_feed *f = user;
	uint64_t now = logbook_count(f->book), rate = now - f->counted;

	f->counted = now;
	if (f->held) {
		logbook_retry(f->book);
		hold_when_full(f);
	}
	if (rate || f->rate) {
		f->rate = rate;
		tell(f);
	}
	loop_timer_start(f->rate_timer, RATE_MS);
}

static void
on_work(void *user)
{
	struct logs_feed *f = user;

	if (logbook_work(f->book, SLICE_US))
		loop_timer_start(f->work_timer, 0);
	tell(f);
}

static void
work(struct logs_feed *f)
{
	loop_timer_start(f->work_timer, 0);
}

static void
on_save(void *user)
{
	struct logs_feed *f = user;
	const struct logs_save_order order = f->order;
	struct err err;
	int more = logs_save_step(f->save, SLICE_US, &err);

	if (more > 0) {
		loop_timer_start(f->save_timer, 0);
		return;
	}
	uint64_t lines = logs_save_lines(f->save);
	int fd = logs_save_take(f->save);
	logs_save_free(take(f->save));
	order.done(order.user, fd, lines, more < 0 ? &err : NULL);
}

static const char *
host_name(void *user, size_t source)
{
	const struct logs_feed *f = user;

	return herd_host_of(f->hosts[source])->name;
}

static int
save(struct logs_feed *f, const struct logs_save_order *order, struct err *err)
{
	if (f->save)
		return err_set(err, OUTCOME_LOCKED, "lines are being written already");
	f->order = *order;
	f->save = logs_save_new(&(struct logs_save_spec){ .book = f->book,
	    .fd = order->fd,
	    .times = order->times,
	    .hosts = order->hosts,
	    .clean = order->clean,
	    .host = host_name,
	    .user = f });
	loop_timer_start(f->save_timer, 0);
	return 0;
}

static int
find_hosts(struct logs_feed *f, const char *words, struct err *err)
{
	struct herd *herd = f->all->config.herd;
	struct set set;

	if (set_eval(herd_inventory(herd), words ? words : "@*", NULL, &set, err) < 0)
		return -1;
	f->count = set.count;
	f->hosts = xcalloc(set.count + 1, sizeof(struct herd_host *));
	for (size_t i = 0; i < set.count; i++)
		f->hosts[i] = herd_of(herd, set.hosts[i]);
	set_fini(&set);
	return 0;
}

static void
stop(struct logs_feed *f)
{
	tail_free(f->tail);
	logbook_free(f->book);
	loop_timer_free(f->rate_timer);
	loop_timer_free(f->work_timer);
	loop_timer_free(f->save_timer);
	logs_save_free(f->save);
	buf_fini(&f->line);
	free(f->hosts);
	free(f);
}

static struct logs_feed *
start(void *user, const struct logs_query *q, struct err *err)
{
	static const enum tail_what what[] = {
		[LOGS_ALL] = TAIL_ALL, [LOGS_UNIT] = TAIL_UNIT, [LOGS_CONTAINER] = TAIL_CONTAINER
	};
	struct feed_logs *all = user;
	struct logs_feed *f = xcalloc(1, sizeof(*f));
	struct loop *loop = herd_loop(all->config.herd);

	f->all = all;
	buf_init(&f->line, SIZE_MAX);
	if (find_hosts(f, q->set, err) < 0) {
		free(f);
		return NULL;
	}
	f->named = q->what != LOGS_ALL && !strpbrk(q->name, "*?[");
	f->book = logbook_new(LOGBOOK_MEMORY);
	f->rate_timer = loop_timer_new(loop, on_rate, f);
	f->work_timer = loop_timer_new(loop, on_work, f);
	f->save_timer = loop_timer_new(loop, on_save, f);
	loop_timer_start(f->rate_timer, RATE_MS);
	f->tail = tail_start(&(struct tail_spec){ .herd = all->config.herd,
	    .hosts = f->hosts,
	    .count = f->count,
	    .patient = true,
	    .query = { .what = what[q->what],
		.name = q->name,
		.user = q->user,
		.lines = q->lines,
		.since = q->since,
		.until = q->until,
		.boot = q->boot,
		.follow = !q->until && !(q->boot && !str_eq(q->boot, "0")),
		.level = -1 },
	    .entry = on_entry,
	    .changed = on_changed,
	    .user = f });
	return f;
}

static struct logbook *
book(struct logs_feed *f)
{
	return f->book;
}

static void
host(struct logs_feed *f, size_t i, struct logs_host *ret)
{
	static const enum logs_link links[] = { [TAIL_WAITING] = LOGS_WAITING,
		[TAIL_LIVE] = LOGS_LIVE,
		[TAIL_LOST] = LOGS_LOST,
		[TAIL_ENDED] = LOGS_ENDED,
		[TAIL_FAILED] = LOGS_FAILED };
	struct tail_status s;

	tail_get(f->tail, i, &s);
	*ret = (struct logs_host){ .name = herd_host_of(f->hosts[i])->name,
		.link = links[s.state],
		.for_ms = loop_now_ms(herd_loop(f->all->config.herd)) - s.since_ms,
		.why = s.err && s.err->kind != OUTCOME_OK ? herd_reason(f->hosts[i], s.err) : "",
		.lines = s.entries,
		.cut = s.cut };
}

static void
totals(struct logs_feed *f, struct logs_totals *ret)
{
	const struct err *err = logbook_err(f->book);

	*ret = (struct logs_totals){ .rate = f->rate,
		.hosts = f->count,
		.dropped = f->handed - logbook_count(f->book),
		.held = f->held,
		.trouble = err->kind != OUTCOME_OK ? err->text : "" };
	for (size_t i = 0; i < f->count; i++) {
		struct tail_status s;

		tail_get(f->tail, i, &s);
		ret->live += s.state == TAIL_LIVE;
	}
}

struct logs_source *
feed_logs_new(const struct feed_logs_config *config)
{
	struct feed_logs *s = xcalloc(1, sizeof(*s));

	s->config = *config;
	s->source = (struct logs_source){ .user = s,
		.start = start,
		.stop = stop,
		.book = book,
		.host = host,
		.totals = totals,
		.work = work,
		.save = save };
	return &s->source;
}

void
feed_logs_free(struct logs_source *s)
{
	free(s);
}
