/* Any bytes that a host showed: what gets through to a terminal is the same however it came in pieces, holds
 * no control byte and no sequence but those of a second list, and passes again as it is. As plain text it
 * holds none at all. */
#include "base/buf.h"
#include "base/vtgate.h"
#include "base/vtplain.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
gate(const char *p, size_t n, size_t step, struct buf *to)
{
	struct vtgate g;

	vtgate_init(&g);
	for (size_t i = 0; i < n; i += step)
		vtgate_feed(&g, p + i, n - i < step ? n - i : step, to);
	vtgate_end(&g, to);
}

/* How long the sequence at s is; 0: it is none that may be there. */
static size_t
allowed(const char *s, size_t n)
{
	size_t at = 2;

	if (n < 2)
		return 0;
	if (strchr("78DEM", s[1]) && s[1])
		return 2;
	if (s[1] == '(' || s[1] == ')')
		return n > 2 && (s[2] == '0' || s[2] == 'B') ? 3 : 0;
	if (s[1] != '[')
		return 0;
	bool private = n > 2 && s[2] == '?';
	at += private;
	while (at < n && ((s[at] >= '0' && s[at] <= '9') || s[at] == ';' || s[at] == ':'))
		at++;
	if (at == n || at > 70)
		return 0;
	if (private)
		return s[at] == 'h' || s[at] == 'l' ? at + 1 : 0;
	return strchr("@ABCDEFGHJKLMPSTXZ`abdefhlmrsu", s[at]) ? at + 1 : 0;
}

static void
check(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t step = 1;

		if (c == 0x1b) {
			step = allowed(s + i, n - i);
			assert(step > 0);
			assert(!(step == 4 && memcmp(s + i, "\033[3J", 4) == 0));
		} else {
			assert(c >= 0x20 || (c && strchr("\t\n\r\b\016\017", c)));
			assert(c != 0x7f);
		}
		i += step;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(64U << 20), pieces = BUF_INIT(64U << 20);
	struct buf again = BUF_INIT(64U << 20), plain = BUF_INIT(64U << 20);
	struct vtplain v;

	if (size > 16384)
		return 0;
	gate((const char *)data, size, size ? size : 1, &whole);
	gate((const char *)data, size, 1, &pieces);
	assert(
	    whole.len == pieces.len && memcmp(buf_text(&whole), buf_text(&pieces), whole.len) == 0);
	check(buf_text(&whole), whole.len);
	struct vtgate second;
	vtgate_init(&second);
	vtgate_feed(&second, buf_text(&whole), whole.len, &again);
	assert(
	    again.len == whole.len && memcmp(buf_text(&again), buf_text(&whole), again.len) == 0);

	vtplain_init(&v);
	vtplain_feed(&v, data, size, &plain);
	vtplain_end(&v, &plain);
	for (size_t i = 0; i < plain.len; i++)
		assert((unsigned char)plain.data[i] >= 0x20 || plain.data[i] == '\n');
	vtplain_fini(&v);
	buf_fini(&whole);
	buf_fini(&pieces);
	buf_fini(&again);
	buf_fini(&plain);
	return 0;
}
