#include "tui/feed_samples.h"

#include "tui/console.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/call.h"
#include "engine/poll.h"
#include "inventory/inventory.h"
#include "ledger/samples.h"

#include <stdlib.h>

#define SAME_MS 100

struct samples_feed {
	struct console *console;
	struct samples *samples;
	int64_t *taken_ms; /* of each host, when what was taken last was true */
};

static void
loaded(void *user)
{
	console_stale(user);
}

struct samples_feed *
feed_samples_new(struct console *c)
{
	struct samples_feed *f = xcalloc(1, sizeof(*f));
	autofree char *dir = file_state_dir();
	autofree char *path = file_join(dir, "samples.db");

	f->console = c;
	f->taken_ms = xcalloc(c->scene.count + 1, sizeof(*f->taken_ms));
	f->samples = samples_new(&(struct samples_config){ .loop = c->loop,
	    .path = path,
	    .fleet = inventory_fleet(c->call->inventory),
	    .loaded = loaded,
	    .user = c });
	return f;
}

void
feed_samples_free(struct samples_feed *f)
{
	if (!f)
		return;
	samples_free(f->samples);
	free(f->taken_ms);
	free(f);
}

const struct samples *
feed_samples_source(const struct samples_feed *f)
{
	return f->samples;
}

/* The first of "0.10 0.20 0.30" in hundredths. */
static int32_t
load_of(const char *text)
{
	char *end;
	long whole = strtol(text, &end, 10), part = 0;

	if (end == text || whole < 0 || whole > 1000000)
		return SAMPLE_NONE;
	if (end[0] == '.' && end[1] >= '0' && end[1] <= '9') {
		part = (end[1] - '0') * 10;
		if (end[2] >= '0' && end[2] <= '9')
			part += end[2] - '0';
	}
	return (int32_t)(whole * 100 + part);
}

void
feed_samples_take(struct samples_feed *f)
{
	struct console *c = f->console;
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < c->scene.count; i++) {
		struct poll_view p;

		poll_get(c->poll, i, &p);
		/* Ages are measured one after another: what is nearly the same is the same. */
		if (p.link != POLL_UP || p.from_ledger || p.age_ms < 0 ||
		    now - p.age_ms - f->taken_ms[i] < SAME_MS)
			continue;
		f->taken_ms[i] = now - p.age_ms;
		const int32_t values[SAMPLE_METRICS] = { [SAMPLE_CPU] = p.status->cpu_pct,
			[SAMPLE_MEMORY] = p.status->mem_pct,
			[SAMPLE_DISK] = p.status->disk_pct,
			[SAMPLE_LOAD] = load_of(p.status->load) };
		samples_add(f->samples, c->scene.hosts[i].name, f->taken_ms[i], values);
	}
}
