#include "ledger/samples.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/work.h"
#include "ledger/samples_file.h"

#include <string.h>

#define WRITE_MS 30000 /* what is new is written this often */

static const struct {
	uint16_t count;
	int32_t step_s;
} spans[SAMPLE_SPANS] = {
	[SAMPLE_QUARTER] = { 90, 10 }, [SAMPLE_TWO_HOURS] = { 120, 60 }, [SAMPLE_DAY] = { 144, 600 }
};

#define SLOTS (90 + 120 + 144)

_Static_assert(SAMPLE_METRICS == SAMPLES_NUMBERS, "a row of the file has all of them");

/* A slot stands for one step: which one (0: none), how many were averaged, and their means. */
struct slot {
	uint32_t step;
	int16_t value[SAMPLE_METRICS]; /* negative: not known */
	uint8_t n;
	bool fresh; /* not yet written */
};

struct ring {
	char *host;
	struct slot slot[SLOTS];
};

struct samples {
	struct samples_config config;
	char *path, *fleet;
	struct ring **rings;
	size_t count, cap;
	struct strmap by_host;
	struct work *work; /* NULL: only in memory */
	struct loop_timer *timer;
	bool any_fresh;
};

static size_t
first_slot(enum sample_span span)
{
	size_t at = 0;

	for (size_t i = 0; i < (size_t)span; i++)
		at += spans[i].count;
	return at;
}

static uint32_t
step_of(int64_t wall_ms, enum sample_span span)
{
	return wall_ms > 0 ? (uint32_t)(wall_ms / 1000 / spans[span].step_s) : 0;
}

static struct ring *
find(const struct samples *s, const char *host)
{
	size_t at;

	return strmap_find(&s->by_host, host, &at) ? s->rings[at] : NULL;
}

static struct ring *
ring_of(struct samples *s, const char *host)
{
	struct ring *r = find(s, host);

	if (r)
		return r;
	mem_grow(s->rings, s->count, s->cap);
	r = s->rings[s->count] = xcalloc(1, sizeof(*r));
	r->host = xstrdup(host);
	strmap_add(&s->by_host, r->host, s->count++, NULL);
	return r;
}

static int16_t
mean(int16_t was, uint8_t n, int16_t value)
{
	if (value < 0)
		return was;
	return (int16_t)(was < 0 ? value : (was * n + value + n / 2) / (n + 1));
}

static int16_t
fit(int32_t value)
{
	return value < 0 ? -1 : value > INT16_MAX ? INT16_MAX : (int16_t)value;
}

void
samples_add(
    struct samples *s, const char *host, int64_t wall_ms, const int32_t values[SAMPLE_METRICS])
{
	struct ring *r = ring_of(s, host);

	for (size_t span = 0; span < SAMPLE_SPANS; span++) {
		uint32_t step = step_of(wall_ms, (enum sample_span)span);
		struct slot *at =
		    &r->slot[first_slot((enum sample_span)span) + step % spans[span].count];

		if (step < at->step)
			continue; /* the clock went back: what is newer stays */
		if (step != at->step) {
			*at = (struct slot){ .step = step };
			memset(at->value, -1, sizeof(at->value));
		}
		for (size_t m = 0; m < SAMPLE_METRICS; m++)
			at->value[m] = mean(at->value[m], at->n, fit(values[m]));
		if (at->n < UINT8_MAX)
			at->n++;
		at->fresh = true;
	}
	s->any_fresh = true;
}

size_t
samples_size(enum sample_span span)
{
	return spans[span].count;
}

int64_t
samples_step_ms(enum sample_span span)
{
	return (int64_t)spans[span].step_s * 1000;
}

bool
samples_last(const struct samples *s, const struct sample_asked *a, int32_t *to, size_t n)
{
	const struct ring *r = find(s, a->host);
	uint32_t now = step_of(a->now_ms, a->span), size = spans[a->span].count;

	for (size_t i = 0; i < n; i++) {
		uint32_t back = (uint32_t)(n - 1 - i);
		const struct slot *at =
		    r && now > back ? &r->slot[first_slot(a->span) + (now - back) % size] : NULL;

		to[i] = SAMPLE_NONE;
		if (at && back < size && at->step == now - back && at->value[a->metric] >= 0)
			to[i] = at->value[a->metric];
	}
	return r != NULL;
}

/* What the file told: nothing of it stands over what is newer. */
static void
take_row(struct samples *s, const struct samples_row *row)
{
	if (row->span >= SAMPLE_SPANS || !row->host || !*row->host)
		return;
	struct ring *r = ring_of(s, row->host);
	struct slot *at =
	    &r->slot[first_slot((enum sample_span)row->span) + row->step % spans[row->span].count];
	if (at->step >= row->step)
		return;
	*at = (struct slot){ .step = row->step, .n = 1 };
	for (size_t m = 0; m < SAMPLE_METRICS; m++)
		at->value[m] = fit(row->value[m]);
}

/* What the thread is given and gives back; it shares nothing with the loop meanwhile. */
struct job {
	struct samples *samples; /* of the loop alone */
	char *path, *fleet;
	struct samples_rows rows;
	struct err err;
};

static void
job_drop(void *data)
{
	struct job *j = data;

	samples_rows_fini(&j->rows);
	free(j->path);
	free(j->fleet);
	free(j);
}

static struct job *
job_new(struct samples *s)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->samples = s;
	j->path = xstrdup(s->path);
	j->fleet = xstrdup(s->fleet);
	return j;
}

static void
job_load(void *data)
{
	struct job *j = data;

	samples_file_read(j->path, j->fleet, &j->rows);
}

static void
loaded(void *data, void *user)
{
	struct job *j = data;
	struct samples *s = j->samples;

	(void)user;
	for (size_t i = 0; i < j->rows.count; i++)
		take_row(s, &j->rows.row[i]);
	job_drop(j);
	if (s->config.loaded)
		s->config.loaded(s->config.user);
}

static void
job_save(void *data)
{
	struct job *j = data;

	(void)samples_file_write(j->path, j->fleet, &j->rows, &j->err);
}

static void
saved(void *data, void *user)
{
	(void)user;
	job_drop(data); /* a write that failed costs what it would have kept */
}

/* The slots that were not written yet; the oldest spans were written often enough. */
static void
collect(struct samples *s, struct samples_rows *rows)
{
	for (size_t i = 0; i < s->count; i++) {
		for (size_t span = 0, at = 0; span < SAMPLE_SPANS; span++) {
			for (size_t k = 0; k < spans[span].count; k++, at++) {
				struct slot *slot = &s->rings[i]->slot[at];

				if (!slot->fresh)
					continue;
				slot->fresh = false;
				samples_rows_add(rows, s->rings[i]->host, (uint8_t)span, slot->step,
				    (uint32_t)k, slot->value);
			}
		}
	}
	s->any_fresh = false;
}

static void
on_timer(void *user)
{
	struct samples *s = user;

	loop_timer_start(s->timer, WRITE_MS);
	if (!s->any_fresh)
		return;
	struct job *j = job_new(s);
	collect(s, &j->rows);
	work_add(s->work,
	    &(struct work_job){ .run = job_save, .done = saved, .drop = job_drop, .data = j });
}

struct samples *
samples_new(const struct samples_config *config)
{
	struct samples *s = xcalloc(1, sizeof(*s));
	struct err err;

	s->config = *config;
	s->fleet = xstrdup(config->fleet ? config->fleet : "");
	s->path = config->path ? xstrdup(config->path) : NULL;
	s->work = s->path ? work_new(config->loop, 1, &err) : NULL;
	if (!s->work)
		return s;
	s->timer = loop_timer_new(config->loop, on_timer, s);
	loop_timer_start(s->timer, WRITE_MS);
	work_add(
	    s->work, &(struct work_job){
			 .run = job_load, .done = loaded, .drop = job_drop, .data = job_new(s) });
	return s;
}

int
samples_flush(struct samples *s, struct err *err)
{
	struct samples_rows rows = { 0 };
	int rc = 0;

	collect(s, &rows);
	if (s->path && rows.count)
		rc = samples_file_write(s->path, s->fleet, &rows, err);
	samples_rows_fini(&rows);
	return rc;
}

void
samples_free(struct samples *s)
{
	struct err err;

	if (!s)
		return;
	if (s->any_fresh)
		(void)samples_flush(s, &err); /* it costs the last half minute */
	if (s->timer)
		loop_timer_free(s->timer);
	if (s->work)
		work_free(s->work);
	strmap_fini(&s->by_host);
	for (size_t i = 0; i < s->count; i++) {
		free(s->rings[i]->host);
		free(s->rings[i]);
	}
	free(s->rings);
	free(s->path);
	free(s->fleet);
	free(s);
}
