#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "ledger/ledger.h"

#include <string.h>

#define KEPT (1U << 20) /* of the head, and as much of the tail */

struct ledger_output {
	struct buf head;
	char *ring; /* NULL until the head is full */
	size_t at, filled;
	uint64_t total;
	struct digest *digest;
};

struct ledger_output *
ledger_output_new(void)
{
	struct ledger_output *o = xcalloc(1, sizeof(*o));

	buf_init(&o->head, KEPT);
	o->digest = digest_new();
	return o;
}

static void
add_tail(struct ledger_output *o, const char *p, size_t n)
{
	if (!o->ring)
		o->ring = xcalloc(KEPT, 1);
	if (n > KEPT) {
		p += n - KEPT;
		n = KEPT;
	}
	size_t first = n < KEPT - o->at ? n : KEPT - o->at;
	memcpy(o->ring + o->at, p, first);
	memcpy(o->ring, p + first, n - first);
	o->at = (o->at + n) % KEPT;
	o->filled = o->filled + n < KEPT ? o->filled + n : KEPT;
}

void
ledger_output_add(struct ledger_output *o, const void *p, size_t n)
{
	size_t room = KEPT - o->head.len, first = n < room ? n : room;

	if (!n)
		return;
	digest_add(o->digest, p, n);
	o->total += n;
	buf_add(&o->head, p, first);
	if (n > first)
		add_tail(o, (const char *)p + first, n - first);
}

static void
put_tail(struct ledger_output *o, struct ledger *l, struct event *into)
{
	autobuf tail = BUF_INIT(KEPT);
	size_t start = o->filled < KEPT ? 0 : o->at;
	char hex[DIGEST_HEX];

	buf_add(&tail, o->ring + start, o->filled - start);
	buf_add(&tail, o->ring, start);
	ledger_put(l, tail.data, tail.len, hex);
	event_set_text(into, FIELD_TAIL, hex);
}

void
ledger_output_end(struct ledger_output *o, struct ledger *l, struct event *into)
{
	char hex[DIGEST_HEX];

	digest_end(o->digest, hex);
	event_set_text(into, FIELD_DIGEST, hex);
	event_set_int(into, FIELD_BYTES, (int64_t)o->total);
	if (l && o->total) {
		ledger_put(l, o->head.data, o->head.len, hex);
		event_set_text(into, FIELD_HEAD, hex);
	}
	if (l && o->ring)
		put_tail(o, l, into);
	buf_fini(&o->head);
	free(o->ring);
	free(o);
}
