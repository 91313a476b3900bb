#include "tui/sgr.h"

#include "base/buf.h"

#include <string.h>

#define PARAMETERS 32
#define ESC        0x1b

struct pen {
	enum style base, colour;
	bool bold, dim, coloured;
};

static enum style
style_of(const struct pen *p)
{
	if (p->coloured)
		return p->colour;
	return p->bold ? STYLE_BOLD : p->dim ? STYLE_DIM : p->base;
}

/* Black, red, green, yellow, blue, magenta, cyan, white. */
static enum style
colour_of(int n, enum style base)
{
	static const enum style styles[8] = { STYLE_DIM, STYLE_BAD, STYLE_GOOD, STYLE_WARN,
		STYLE_HEAD, STYLE_HEAD, STYLE_HEAD, STYLE_TEXT };

	return n >= 0 && n < 7 ? styles[n] : base;
}

/* 38;5;N and 38;2;R;G;B take what is behind them: how many. */
static size_t
take_extended(struct pen *p, const int *n, size_t count)
{
	size_t taken = count > 1 && n[1] == 5 ? 2 : count > 1 && n[1] == 2 ? 4 : 0;

	if (n[0] == 38 && taken == 2 && count > 2) {
		p->coloured = n[2] < 16;
		p->colour = colour_of(n[2] % 8, p->base);
	}
	return taken < count ? taken : count - 1;
}

static void
set_pen(struct pen *p, const int *n, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (n[i] == 0)
			*p = (struct pen){ .base = p->base };
		else if (n[i] == 1 || n[i] == 7)
			p->bold = true;
		else if (n[i] == 2)
			p->dim = true;
		else if (n[i] == 22 || n[i] == 27)
			p->bold = p->dim = false;
		else if (n[i] == 39)
			p->coloured = false;
		else if (n[i] == 38 || n[i] == 48)
			i += take_extended(p, n + i, count - i);
		else if ((n[i] >= 30 && n[i] <= 37) || (n[i] >= 90 && n[i] <= 97)) {
			p->coloured = true;
			p->colour = colour_of(n[i] % 10, p->base);
		}
	}
}

/* The bytes of a colour sequence at s, and the pen after it; 0: there is none. */
static size_t
take_sequence(const char *s, size_t n, struct pen *p)
{
	int numbers[PARAMETERS] = { 0 };
	size_t count = 1, at = 2;

	if (n < 3 || s[0] != ESC || s[1] != '[')
		return 0;
	for (; at < n && ((s[at] >= '0' && s[at] <= '9') || s[at] == ';' || s[at] == ':'); at++) {
		if (s[at] == ';' || s[at] == ':') {
			if (++count > PARAMETERS)
				return 0;
		} else if (numbers[count - 1] < 1000) {
			numbers[count - 1] = numbers[count - 1] * 10 + (s[at] - '0');
		}
	}
	if (at == n || s[at] != 'm')
		return 0;
	set_pen(p, numbers, count);
	return at + 1;
}

size_t
sgr_parse(const char *text, size_t len, enum style base, struct buf *plain, struct sgr_span *spans,
    size_t max)
{
	struct pen pen = { .base = base };
	size_t count = 0;

	for (size_t at = 0; at < len;) {
		size_t from = plain->len;
		const char *esc = memchr(text + at, ESC, len - at);
		size_t n = esc ? (size_t)(esc - text) - at : len - at;
		size_t sequence = esc ? take_sequence(esc, len - at - n, &(struct pen){ 0 }) : 0;

		/* One that is none is text, up to the next. */
		n += esc && !sequence;
		buf_add(plain, text + at, n);
		at += n;
		if (n && style_of(&pen) != base && count < max)
			spans[count++] = (struct sgr_span){ from, n, style_of(&pen) };
		if (sequence)
			at += take_sequence(esc, sequence, &pen);
	}
	return count;
}
