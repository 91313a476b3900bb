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

#define JUST_NOW_MS 500

static void
loaded(void *user)
{
	console_stale(user);
}

struct samples *
feed_samples_new(struct console *c)
{
	autofree char *dir = file_state_dir();
	autofree char *path = file_join(dir, "samples.db");

	return samples_new(&(struct samples_config){ .loop = c->loop,
	    .path = path,
	    .fleet = inventory_fleet(c->call->inventory),
	    .loaded = loaded,
	    .user = c });
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
feed_samples_polled(struct console *c, size_t host)
{
	struct poll_view p;

	poll_get(c->poll, host, &p);
	if (p.link != POLL_UP || p.from_ledger || p.age_ms < 0 || p.age_ms > JUST_NOW_MS)
		return;
	const int32_t values[SAMPLE_METRICS] = { [SAMPLE_CPU] = p.status->cpu_pct,
		[SAMPLE_MEMORY] = p.status->mem_pct,
		[SAMPLE_DISK] = p.status->disk_pct,
		[SAMPLE_LOAD] = load_of(p.status->load) };
	samples_add(c->samples, c->scene.hosts[host].name, clock_wall_ms(), values);
}
