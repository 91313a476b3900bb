/* What a host tells of one unit: any bytes give a detail or a refusal, within its caps. */
#include "base/err.h"
#include "engine/detail.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct detail d = { 0 };
	struct err err;

	(void)detail_parse(&d, (const char *)data, size, &err);
	assert(d.log_count <= DETAIL_LOGS && d.mount_count <= DETAIL_MOUNTS);
	detail_fini(&d);
	return 0;
}
