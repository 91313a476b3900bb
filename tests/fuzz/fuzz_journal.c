/* Bytes of a host as a journal: in one piece and in two, the same entries or the same refusal. */
#include "base/buf.h"
#include "base/err.h"
#include "engine/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_entry(void *user, const struct journal_entry *e)
{
	struct buf *b = user;
	const struct journal_text texts[] = { e->cursor, e->message, e->identifier, e->pid,
		e->hostname, e->unit, e->container };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_add(b, texts[i].p, texts[i].n);
		buf_addc(b, '|');
	}
	buf_addf(b, "%lld %d %zu\n", (long long)e->time_us, e->priority, e->cut);
}

static int
feed(const uint8_t *data, size_t size, size_t first, struct buf *to)
{
	struct journal j;
	struct err err;
	int failed;

	journal_init(&j);
	failed = journal_feed(&j, data, first, on_entry, to, &err);
	if (!failed)
		failed = journal_feed(&j, data + first, size - first, on_entry, to, &err);
	journal_fini(&j);
	return failed;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autobuf whole = BUF_INIT(64U << 20);
	autobuf parts = BUF_INIT(64U << 20);

	if (size == 0)
		return 0;
	int a = feed(data, size, size, &whole);
	int b = feed(data, size, data[0] % size, &parts);
	if (a != b || whole.len != parts.len ||
	    (whole.len && memcmp(whole.data, parts.data, whole.len) != 0))
		abort();
	return 0;
}
