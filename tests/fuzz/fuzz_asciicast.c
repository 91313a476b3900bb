/* Any bytes read as a recording: events within their bounds or a refusal; and any bytes written as one read
 * back as they were, but for what is no UTF-8. */
#include "base/asciicast.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
look(void *user, const struct asciicast_event *e)
{
	(void)user;
	assert(e->ms >= 0 && utf8_valid(e->data, e->len));
	assert(e->kind != ASCIICAST_RESIZE || (e->columns > 0 && e->rows > 0));
	return true;
}

static bool
gather(void *user, const struct asciicast_event *e)
{
	assert(e->kind == ASCIICAST_OUTPUT);
	return buf_add(user, e->data, e->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf lines = BUF_INIT(16U << 20), back = BUF_INIT(16U << 20);
	struct asciicast_head head;
	struct asciicast c;
	struct err err;

	if (size > 16384)
		return 0;
	(void)asciicast_read((const char *)data, size, &head, look, NULL, &err);
	asciicast_init(&c, &lines);
	asciicast_begin(&c, &(struct asciicast_head){ .columns = 80, .rows = 24 });
	for (size_t i = 0; i < size; i += 7)
		asciicast_output(&c, (int64_t)i, data + i, size - i < 7 ? size - i : 7);
	asciicast_end(&c, (int64_t)size);
	assert(asciicast_read(lines.data, lines.len, &head, gather, &back, &err) == 0);
	assert(head.columns == 80 && utf8_valid(buf_text(&back), back.len));
	if (utf8_valid((const char *)data, size))
		assert(back.len == size && memcmp(buf_text(&back), data, size) == 0);
	buf_fini(&lines);
	buf_fini(&back);
	return 0;
}
