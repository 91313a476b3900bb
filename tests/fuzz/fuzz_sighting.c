/* One look at a host's apps: any bytes give a sighting or a refusal, within its caps, and join to a roster. */
#include "base/err.h"
#include "playbooks/roster.h"
#include "playbooks/sighting.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct roster_host host = { .name = "web1" };
	struct sighting s;
	struct err err;

	if (sighting_parse(&s, (const char *)data, size, &err) == 0)
		host.sight = &s;
	assert(s.unit_count <= SIGHTING_ITEMS && s.file_count <= SIGHTING_ITEMS);
	assert(s.container_count <= SIGHTING_ITEMS && s.image_count <= SIGHTING_ITEMS);
	struct roster *r = roster_new(&(struct roster_input){ .host = &host, .count = 1 });
	for (size_t i = 0; i < r->count; i++)
		assert(r->app[i].have <= r->app[i].count && r->app[i].want <= r->app[i].count);
	roster_free(r);
	sighting_fini(&s);
	return 0;
}
