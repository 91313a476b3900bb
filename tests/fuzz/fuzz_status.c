/* A host's status: any bytes give a status or a refusal, and nothing of it outgrows its caps. */
#include "base/err.h"
#include "engine/status.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct status *s)
{
	assert(s->unit_count <= STATUS_UNITS && s->container_count <= STATUS_CONTAINERS);
	assert(s->disk_count <= STATUS_DISKS && s->net_count <= STATUS_NETS);
	assert(s->timer_count <= STATUS_TIMERS);
	assert(s->units_failed <= s->unit_count && s->cpu_pct <= 100 && s->mem_pct <= 100);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct status s, next;
	struct err err;
	size_t half = size / 2;

	status_init(&s);
	(void)status_parse(&s, (const char *)data, half, NULL, &err);
	check(&s);
	status_init(&next);
	(void)status_parse(&next, (const char *)data + half, size - half, &s, &err);
	status_carry(&next, &s);
	check(&next);
	status_fini(&s);
	status_init(&s);
	(void)status_parse(&s, (const char *)data, size, &next, &err);
	check(&s);
	status_fini(&next);
	status_fini(&s);
	return 0;
}
