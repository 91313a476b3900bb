/* Any bytes either are no event, or an event whose canonical JSON reads back the same. */
#include "base/buf.h"
#include "base/err.h"
#include "base/event_json.h"
#include "base/mem.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event first, second;
	struct err err;
	autobuf one = BUF_INIT(16U << 20), two = BUF_INIT(16U << 20);

	if (event_from_json(&first, (const char *)data, size, &err) < 0)
		return 0;
	event_to_json(&first, &one);
	if (event_from_json(&second, buf_text(&one), one.len, &err) < 0)
		abort();
	event_to_json(&second, &two);
	if (one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
		abort();
	event_fini(&first);
	event_fini(&second);
	return 0;
}
