#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "remote/message.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes is a whole frame, encodes again, and says the same then. */
static void
check(const struct message *m, enum message_way way)
{
	autobuf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
	struct message again;
	struct err err;

	if (message_encode(m, &once, &err) < 0)
		mem_abort("what was decoded cannot be encoded");
	if (message_decode(&again, once.data, once.len, way, &err) < 0)
		mem_abort("what was encoded cannot be decoded");
	if (message_encode(&again, &twice, &err) < 0 || once.len != twice.len ||
	    memcmp(once.data, twice.data, once.len) != 0)
		mem_abort("a message changed on its way");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message m;
	struct err err;
	size_t at = 0;

	while (at < size) {
		long n = message_length(data + at, size - at);

		if (n <= 0 || (size_t)n > size - at)
			break;
		if (message_decode(&m, data + at, (size_t)n, MESSAGE_DOWN_WAY, &err) == 0)
			check(&m, MESSAGE_DOWN_WAY);
		if (message_decode(&m, data + at, (size_t)n, MESSAGE_UP_WAY, &err) == 0)
			check(&m, MESSAGE_UP_WAY);
		at += (size_t)n;
	}
	return 0;
}
