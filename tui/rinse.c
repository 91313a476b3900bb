#include "tui/rinse.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

#define CANCEL      '\030'            /* ends a sequence that has begun */
#define STRING_MOST ((size_t)1 << 20) /* a picture may be long */

static void
repeat(const struct rinse *r, int most, struct buf *to)
{
	uint32_t c;
	int n = r->count == 0 ? 1 : r->count;

	if (n < 0 || utf8_decode(r->last, r->last_len, &c) != r->last_len || utf8_width(c) < 1)
		return;
	for (n = n < most ? n : most; n > 0; n--)
		buf_add(to, r->last, r->last_len);
}

static void
text(struct rinse *r, unsigned char c)
{
	bool more = (c & 0xc0) == 0x80;

	if (c < 0x20 || c == 0x7f)
		return;
	if (!more)
		r->last_len = 0;
	if (r->last_len < sizeof(r->last))
		r->last[r->last_len++] = (char)c;
}

static bool
escape(struct rinse *r, unsigned char c, struct buf *to)
{
	if (c < 0x30 || c >= 0x7f)
		return false; /* the sequence goes on, as far as anybody knows */
	r->count = 0;
	r->state = c == '[' ? RINSE_CSI : RINSE_TEXT;
	if (!strchr("]PX^_", c))
		return false;
	r->state = RINSE_STRING;
	r->swallowed = 0;
	buf_addc(to, CANCEL);
	return true;
}

/* What never ends is none. */
static bool
string(struct rinse *r, unsigned char c)
{
	if (c == '\a' || ++r->swallowed >= STRING_MOST)
		r->state = RINSE_TEXT;
	return true;
}

/* True: it is not to be passed on. */
static bool
control(struct rinse *r, unsigned char c, int most, struct buf *to)
{
	if (c < 0x20 || c >= 0x7f)
		return false;
	if (c >= '0' && c <= '9' && r->count >= 0) {
		r->count = r->count < 10000 ? r->count * 10 + (c - '0') : r->count;
		return false;
	}
	if (c < 0x40) {
		r->count = -1;
		return false;
	}
	r->state = RINSE_TEXT;
	if (c != 'b')
		return false;
	buf_addc(to, CANCEL);
	repeat(r, most, to);
	return true;
}

void
rinse_add(struct rinse *r, const char *p, size_t n, int most, struct buf *to)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		bool taken = false;

		/* These begin and end whatever there was. */
		if (c == '\033') {
			r->state = RINSE_ESCAPE;
		} else if (c == '\030' || c == '\032') {
			r->state = RINSE_TEXT;
		} else {
			switch (r->state) {
			case RINSE_TEXT:
				text(r, c);
				break;
			case RINSE_ESCAPE:
				taken = escape(r, c, to);
				break;
			case RINSE_CSI:
				taken = control(r, c, most, to);
				break;
			case RINSE_STRING:
				taken = string(r, c);
				break;
			}
		}
		if (!taken)
			buf_addc(to, p[i]);
	}
}
