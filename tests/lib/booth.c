#include "tests/lib/booth.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static bool
on_about(void *user, const char *host, struct terms_about *ret)
{
	(void)user;
	if (!str_starts(host, "web") && !str_starts(host, "db"))
		return false;
	*ret = (struct terms_about){ .user = str_eq(host, "web9") ? NULL : "deploy",
		.names = { host },
		.pet = host[0] == 'd',
		.policy = str_eq(host, "web8")   ? TERMS_RECORD_ALWAYS
			  : str_eq(host, "web9") ? TERMS_RECORD_NEVER
						 : TERMS_RECORD_ASKED };
	return true;
}

static struct terms_line *
on_open(void *user, struct terms_pane *p, const char *command, bool become)
{
	struct booth *b = user;
	struct terms_line *l = &b->line[b->count++];

	if (b->count > BOOTH_LINES)
		mem_abort("the booth has no more lines");
	*l = (struct terms_line){ .booth = b, .pane = p, .become = become };
	buf_init(&l->typed, 1 << 20);
	buf_init(&l->kept, 1 << 20);
	str_copy(l->command, sizeof(l->command), command ? command : "-");
	return l;
}

static void
on_close(struct terms_line *l)
{
	l->closed = true;
}

static int
on_write(struct terms_line *l, const void *bytes, size_t len)
{
	if (l->full)
		return -1;
	buf_add(&l->typed, bytes, len);
	return 0;
}

static size_t
on_pending(const struct terms_line *l)
{
	return l->pending;
}

static void
on_resize(struct terms_line *l, int rows, int cols)
{
	l->rows = rows;
	l->cols = cols;
}

static void
on_pause(struct terms_line *l, bool on)
{
	l->paused = on;
}

static void
on_typed(struct terms_line *l)
{
	l->marked = true;
}

static void
on_record(struct terms_line *l, bool on, const char *shown, size_t len)
{
	l->record = on && !l->no_record;
	if (l->record)
		buf_add(&l->kept, shown, len);
	terms_recording(l->pane, l->record, on && !l->record ? "there is no ledger" : NULL);
}

static void
on_wake(void *user, int64_t ms)
{
	struct booth *b = user;
	int64_t at = b->now + (ms < 0 ? 0 : ms);

	if (b->wake < 0 || at < b->wake)
		b->wake = at;
}

static void
on_changed(void *user)
{
	(void)user;
}

static void
on_say(void *user, bool bad, const char *text)
{
	struct booth *b = user;

	(void)bad;
	str_copy(b->said, sizeof(b->said), text);
}

static int64_t
on_now(void *user)
{
	return ((struct booth *)user)->now;
}

void
booth_up(struct booth *b)
{
	struct terms_rules rules;

	*b = (struct booth){ .now = 1000000, .wake = -1 };
	b->link = (struct terms_link){ .user = b,
		.about = on_about,
		.open = on_open,
		.close = on_close,
		.write = on_write,
		.pending = on_pending,
		.resize = on_resize,
		.pause = on_pause,
		.typed = on_typed,
		.record = on_record,
		.wake = on_wake,
		.changed = on_changed,
		.say = on_say,
		.now_ms = on_now };
	terms_rules_init(&rules);
	b->terms = terms_new(&b->link, &rules);
}

void
booth_down(struct booth *b)
{
	terms_free(b->terms);
	for (size_t i = 0; i < b->count; i++) {
		buf_fini(&b->line[i].typed);
		buf_fini(&b->line[i].kept);
	}
}

struct terms_line *
booth_line(struct booth *b, const char *host)
{
	for (size_t i = 0; i < b->terms->count; i++) {
		if (str_eq(b->terms->panes[i]->host, host))
			return b->terms->panes[i]->line;
	}
	return NULL;
}

void
booth_write(struct booth *b, const char *host, const char *text)
{
	struct terms_line *l = booth_line(b, host);

	if (!l)
		mem_abort("that host has no line");
	if (l->record)
		buf_adds(&l->kept, text);
	terms_data(l->pane, text, strlen(text));
}

void
booth_pass(struct booth *b, int64_t ms)
{
	int64_t until = b->now + ms;

	for (int turns = 0; b->wake >= 0 && b->wake <= until; turns++) {
		if (turns > 100000)
			mem_abort("the terminals never come to rest");
		b->now = b->wake > b->now ? b->wake : b->now;
		b->wake = -1;
		terms_work(b->terms);
	}
	b->now = until;
}
