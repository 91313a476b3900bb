/* A host's status: any bytes give a status or a refusal, and nothing of it outgrows its caps. */
#include "base/err.h"
#include "engine/status.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct status s;
	struct err err;

	status_init(&s);
	(void)status_parse(&s, (const char *)data, size, NULL, &err);
	assert(s.unit_count <= STATUS_UNITS && s.container_count <= STATUS_CONTAINERS);
	assert(s.units_failed <= s.unit_count && s.cpu_pct <= 100 && s.mem_pct <= 100);
	status_fini(&s);
	return 0;
}
