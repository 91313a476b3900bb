/* Any bytes from a host: frames, findings and a verdict, or none; the same however they are cut. */
#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "playbooks/follow.h"
#include "playbooks/observe.h"
#include "playbooks/reply.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct resource file = {
	.kind = RESOURCE_FILE, .id = "file /a", .path = "/a", .digest = "-"
};
static const struct resource unit = {
	.kind = RESOURCE_UNIT, .id = "unit u", .path = "/u", .digest = "-", .unit = "u.service"
};
static const struct resource image = { .kind = RESOURCE_IMAGE, .id = "image i", .image = "i:1" };
static const struct resource run = { .kind = RESOURCE_RUN, .id = "run 1", .creates = "/c" };
static const struct resource *const wanted[] = { &file, &unit, &image, &run };

static void
on_record(void *user, const struct follow_record *r)
{
	size_t *sum = user;

	*sum = *sum * 31 + (size_t)r->kind + r->step + (r->text ? strlen(r->text) : 0);
	if (r->kind == FOLLOW_STEP && r->step == 0)
		abort();
}

static size_t
follow_in(const uint8_t *data, size_t size, size_t piece)
{
	size_t sum = 0;
	struct follow *f = follow_new("n", 0, on_record, &sum);
	struct follow_result r;

	for (size_t i = 0; i < size; i += piece)
		follow_feed(f, data + i, size - i < piece ? size - i : piece);
	follow_verdict(f, &r);
	if (strlen(r.text) >= sizeof(r.text))
		abort();
	sum = sum * 31 + (size_t)r.outcome + (size_t)r.end + strlen(r.text);
	follow_free(f);
	return sum;
}

static void
observe_in(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct observe *o = observe_new(a, "n", wanted, countof(wanted));
	struct err err;

	observe_feed(o, data, size);
	struct observation *s = observe_end(o, &err);
	if (s && s->count != countof(wanted))
		abort();
	for (size_t i = 0; s && i < s->count; i++) {
		const struct found *f = &s->found[i];

		if (f->content && memchr(f->content, '\0', f->content_len) && f->is_text &&
		    f->content_len > size)
			abort();
	}
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (follow_in(data, size, size ? size : 1) != follow_in(data, size, 3))
		abort();
	observe_in(data, size);
	return 0;
}
