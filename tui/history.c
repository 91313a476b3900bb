#include "tui/history.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_source.h"
#include "inventory/fold.h"

#include <stdio.h>
#include <string.h>

#define PAGE     128   /* runs in one read */
#define SLICE_MS 8     /* reading in one refresh */
#define HEAD_MAX 20000 /* names of hosts that are folded for one row */

void
history_init(struct history *h, const struct history_source *source)
{
	*h = (struct history){ .source = source };
}

static void
forget_rows(struct history *h)
{
	for (size_t i = 0; i < h->count; i++)
		history_row_free(h->rows[i]);
	h->count = 0;
	h->oldest[0] = '\0';
	h->all = false;
	h->generation = 0;
}

void
history_fini(struct history *h)
{
	forget_rows(h);
	history_words_fini(&h->words);
	free(h->rows);
	free(h->shown);
	*h = (struct history){ 0 };
}

void
history_filter(struct history *h, const char *typed)
{
	forget_rows(h);
	history_words_fini(&h->words);
	history_words_init(&h->words, typed);
	h->filtered = h->words.count > 0;
}

/* Where a run stands, or would stand. */
static size_t
place_of(const struct history *h, const char *uuid)
{
	size_t low = 0, high = h->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(h->rows[mid]->uuid, uuid) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct history_row *
history_find(struct history *h, const char *uuid)
{
	size_t at = place_of(h, uuid);

	return at < h->count && str_eq(h->rows[at]->uuid, uuid) ? h->rows[at] : NULL;
}

static void
insert(struct history *h, size_t at, struct history_row *r)
{
	mem_grow(h->rows, h->count, h->cap);
	memmove(&h->rows[at + 1], &h->rows[at], (h->count - at) * sizeof(*h->rows));
	h->rows[at] = r;
	h->count++;
}

static void
drop(struct history *h, size_t at)
{
	history_row_free(h->rows[at]);
	h->count--;
	memmove(&h->rows[at], &h->rows[at + 1], (h->count - at) * sizeof(*h->rows));
}

/* One run as it is now: in place of what was known of it, or gone if it agrees no more. */
static void
take_row(struct history *h, const struct ledger_row *from)
{
	size_t at = place_of(h, from->uuid);
	bool there = at < h->count && str_eq(h->rows[at]->uuid, from->uuid);
	struct history_row *r = history_row_new(from);
	bool fits = history_words_match(&h->words, r, h->source);

	if (there) {
		r->marked = h->rows[at]->marked;
		r->headed = h->rows[at]->headed && h->rows[at]->end_ms == r->end_ms;
		r->console = h->rows[at]->console;
		if (r->headed)
			r->folded = take(h->rows[at]->folded);
		drop(h, at);
	}
	if (fits)
		insert(h, at, r);
	else
		history_row_free(r);
}

struct reading {
	struct history *h;
	size_t n;
	char last[UUID_TEXT];
};

static bool
on_row(void *to, const struct ledger_row *row)
{
	struct reading *r = to;

	take_row(r->h, row);
	str_copy(r->last, sizeof(r->last), row->uuid);
	r->n++;
	return true;
}

static void
read_page(struct history *h)
{
	struct reading r = { .h = h };

	h->source->runs(h->source->user, h->oldest[0] ? h->oldest : NULL, PAGE, on_row, &r);
	h->all = r.n < PAGE;
	if (r.n)
		str_copy(h->oldest, sizeof(h->oldest), r.last);
}

/* The newest page again, and whatever had not ended when it was read. */
static void
read_news(struct history *h)
{
	struct reading r = { .h = h };
	struct ledger_row row;
	struct err err;
	char open[PAGE][UUID_TEXT];
	size_t count = 0;

	h->source->runs(h->source->user, NULL, PAGE, on_row, &r);
	for (size_t i = 0; i < h->count && count < PAGE; i++) {
		if (h->rows[i]->running && strcmp(h->rows[i]->uuid, r.last) < 0)
			str_copy(open[count++], UUID_TEXT, h->rows[i]->uuid);
	}
	for (size_t i = 0; i < count; i++) {
		if (h->source->run(h->source->user, open[i], &row, &err))
			take_row(h, &row);
	}
	h->total = h->source->count(h->source->user);
	h->bytes = h->source->bytes(h->source->user);
}

static bool
on_live(void *to, const struct history_live *live)
{
	struct history_row *r = history_find(to, live->uuid);
	const struct progress *p = live->progress;

	if (!r || !r->running || !p)
		return true;
	r->ok = (int64_t)p->by_outcome[OUTCOME_OK];
	r->changed = (int64_t)p->by_outcome[OUTCOME_CHANGED];
	r->unreachable = (int64_t)p->by_outcome[OUTCOME_UNREACHABLE];
	r->untried = (int64_t)p->by_outcome[OUTCOME_UNTRIED];
	r->unknown = (int64_t)p->by_outcome[OUTCOME_UNKNOWN];
	r->done = (int64_t)p->done;
	r->failed = r->done - r->ok - r->changed - r->unreachable - r->untried - r->unknown;
	return true;
}

static void
put_in_order(struct history *h)
{
	size_t n = 0;

	h->shown = xrealloc(h->shown, h->count + 1, sizeof(struct history_row *));
	for (int running = 1; running >= 0; running--) {
		for (size_t i = 0; i < h->count; i++) {
			if (h->rows[i]->running == (running == 1))
				h->shown[n++] = h->rows[i];
		}
	}
}

void
history_refresh(struct history *h, size_t want)
{
	uint64_t now = h->source->generation(h->source->user);
	int64_t until = clock_mono_ms() + SLICE_MS;

	if (now != h->generation && h->oldest[0])
		read_news(h);
	else if (now != h->generation)
		h->all = false;
	if (!h->oldest[0] && now != h->generation) {
		h->total = h->source->count(h->source->user);
		h->bytes = h->source->bytes(h->source->user);
	}
	h->generation = now;
	while (!h->all && h->count < want && clock_mono_ms() < until)
		read_page(h);
	if (!h->all && h->count < want)
		h->source->again(h->source->user);
	h->source->live(h->source->user, on_live, h);
	put_in_order(h);
}

struct names {
	struct history_row *row;
	char **name;
	size_t count, cap;
};

static void
add_name(void *user, const char *entry)
{
	struct names *n = user;

	if (n->count >= HEAD_MAX)
		return;
	mem_grow(n->name, n->count, n->cap);
	n->name[n->count++] = xstrdup(entry ? entry : "");
}

static bool
says(const struct event *e, enum event_field f, const char *word)
{
	const char *text = event_text(e, f);

	return text && str_eq(text, word);
}

static bool
on_start(void *to, const struct event *e)
{
	struct names *n = to;

	if (e->kind != EVENT_RUN_START)
		return false;
	n->row->console = says(e, FIELD_SOURCE, "console");
	event_list(e, FIELD_HOSTS, add_name, n);
	return false;
}

static void
count_result(struct history_row *r, const char *state)
{
	enum outcome o = OUTCOME_UNKNOWN;

	outcome_parse(state ? state : "", &o);
	r->done++;
	r->ok += o == OUTCOME_OK;
	r->changed += o == OUTCOME_CHANGED;
	r->unreachable += o == OUTCOME_UNREACHABLE;
	r->untried += o == OUTCOME_UNTRIED;
	r->unknown += o == OUTCOME_UNKNOWN;
	r->failed = r->done - r->ok - r->changed - r->unreachable - r->untried - r->unknown;
}

static bool
on_result(void *to, const struct ledger_result *result)
{
	struct names *n = to;

	if (!n->row->end_ms && !n->row->running)
		count_result(n->row, result->state);
	if (n->row->foreign)
		add_name(n, result->host);
	return n->count < HEAD_MAX;
}

void
history_head(struct history *h, struct history_row *row)
{
	struct names n = { .row = row };

	if (row->headed)
		return;
	row->headed = true;
	free(take(row->folded));
	h->source->events(h->source->user, row->uuid, 0, 1, on_start, &n);
	if (!row->end_ms && !row->running)
		h->source->results(h->source->user, row->uuid, on_result, &n);
	if (n.count)
		row->folded = names_fold((const char *const *)n.name, n.count);
	for (size_t i = 0; i < n.count; i++)
		free(n.name[i]);
	free(n.name);
}
