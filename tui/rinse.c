#include "tui/rinse.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

#define STRING_MOST ((size_t)1 << 20) /* a picture may be long */

/* How often; 0: it is no repetition. */
static int
times(const struct rinse *r, int most)
{
	int n = 0;

	for (size_t i = 0; i < r->held_len; i++) {
		if (r->held[i] < '0' || r->held[i] > '9')
			return 0;
		n = n < 10000 ? n * 10 + (r->held[i] - '0') : n;
	}
	n = n ? n : 1;
	return n < most ? n : most;
}

/* One character, whole. */
static void
glyph(struct rinse *r, const struct mend_terminal *t, const char *p, size_t n, uint32_t c,
    struct buf *to)
{
	int width = utf8_width(c);

	if (width == 0 && !r->follows)
		return;
	if (width == 2 && !mend_wide(&r->mend, t, to))
		return;
	buf_add(to, p, n);
	if (width < 1)
		return;
	r->follows = true;
	memmove(r->last, p, n);
	r->last_len = n;
}

static void
repeat(struct rinse *r, const struct mend_terminal *t, struct buf *to)
{
	char last[sizeof(r->last)];
	size_t len = r->last_len;
	uint32_t c;

	memcpy(last, r->last, sizeof(last));
	if (!len || utf8_decode(last, len, &c) != len || utf8_width(c) < 1)
		return;
	for (int n = times(r, t->cols); n > 0; n--)
		glyph(r, t, last, len, c, to);
}

/* What is left of a character that broke off is for libvterm to show. */
static void
broken(struct rinse *r, struct buf *to)
{
	buf_add(to, r->part, r->part_len);
	r->follows = r->follows || r->part_len;
	r->part_len = 0;
}

static size_t
length_of(unsigned char first)
{
	return first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static void
text(struct rinse *r, const struct mend_terminal *t, unsigned char c, struct buf *to)
{
	uint32_t whole;

	if (c < 0x80 && r->part_len)
		broken(r, to);
	if (c < 0x20 || c == 0x7f) {
		if (c == '\016' || c == '\017')
			mend_shift(&r->mend, c == '\016');
		r->follows = false;
		buf_addc(to, (char)c);
		return;
	}
	if (c < 0x80) {
		glyph(r, t, (const char *)&c, 1, c, to);
		return;
	}
	if (r->part_len && (c & 0xc0) != 0x80)
		broken(r, to);
	r->part[r->part_len++] = (char)c;
	if (r->part_len < length_of((unsigned char)r->part[0]))
		return;
	if (utf8_decode(r->part, r->part_len, &whole) != r->part_len) {
		broken(r, to);
		return;
	}
	glyph(r, t, r->part, r->part_len, whole, to);
	r->part_len = 0;
}

/* What has no more room is none. */
static void
hold(struct rinse *r, unsigned char c)
{
	if (r->held_len < sizeof(r->held))
		r->held[r->held_len++] = (char)c;
}

static void
escape(struct rinse *r, const struct mend_terminal *t, unsigned char c, struct buf *to)
{
	if (c < 0x20 || c >= 0x7f) { /* a control is obeyed at once */
		if (c < 0x20)
			buf_addc(to, (char)c);
		return;
	}
	hold(r, c);
	if (c < 0x30)
		return;
	r->state = RINSE_TEXT;
	if (r->held_len == 1 && c == '[') {
		r->state = RINSE_CSI;
		r->held_len = 0;
	} else if (r->held_len == 1 && strchr("]PX^_", c)) {
		r->state = RINSE_STRING;
		r->swallowed = 0;
	} else if (r->held_len < sizeof(r->held) && (r->held_len == 1 || !strchr("[]PX^_", c))) {
		/* Behind other bytes those begin nothing; libvterm thinks that they do. */
		r->follows = false;
		mend_escape(&r->mend, t, r->held, r->held_len, to);
	}
}

/* What never ends is none. */
static void
string(struct rinse *r, unsigned char c)
{
	if (c == '\a' || ++r->swallowed >= STRING_MOST)
		r->state = RINSE_TEXT;
}

static void
control(struct rinse *r, const struct mend_terminal *t, unsigned char c, struct buf *to)
{
	if (c < 0x20 || c >= 0x7f) {
		if (c < 0x20)
			buf_addc(to, (char)c);
		return;
	}
	if (c < 0x40) {
		hold(r, c);
		return;
	}
	r->state = RINSE_TEXT;
	if (r->held_len == sizeof(r->held))
		return;
	if (c == 'b') {
		repeat(r, t, to);
		return;
	}
	r->follows = r->follows && c == 'm';
	mend_control(&r->mend, t, r->held, r->held_len, (char)c, to);
}

void
rinse_add(struct rinse *r, const struct mend_terminal *t, const char *p, size_t n, struct buf *to)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		/* These begin and end whatever there was. */
		if (c == '\033' || c == '\030' || c == '\032') {
			broken(r, to);
			r->state = c == '\033' ? RINSE_ESCAPE : RINSE_TEXT;
			r->held_len = 0;
			continue;
		}
		switch (r->state) {
		case RINSE_TEXT:
			text(r, t, c, to);
			break;
		case RINSE_ESCAPE:
			escape(r, t, c, to);
			break;
		case RINSE_CSI:
			control(r, t, c, to);
			break;
		case RINSE_STRING:
			string(r, c);
			break;
		}
	}
}
