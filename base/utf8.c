#include "base/utf8.h"

#include "base/buf.h"
#include "base/utf8_table.h"

#include <string.h>

size_t
utf8_decode(const char *p, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)p;
	size_t len;
	uint32_t c;

	if (n == 0)
		return 0;
	if (b[0] < 0x80) {
		*ret = b[0];
		return 1;
	}
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	len = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	c = b[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3fU);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

void
utf8_encode(struct buf *b, uint32_t c)
{
	char u[4];
	size_t n;

	if (c < 0x80) {
		u[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		u[0] = (char)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		u[0] = (char)(0xe0 | c >> 12);
		n = 3;
	} else {
		u[0] = (char)(0xf0 | (c >> 18 & 7));
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		u[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
	buf_add(b, u, n);
}

bool
utf8_valid(const char *p, size_t n)
{
	uint32_t c;

	while (n > 0) {
		size_t len = utf8_decode(p, n, &c);

		if (len == 0)
			return false;
		p += len;
		n -= len;
	}
	return true;
}

/* Whether n bytes at p could be the beginning of a longer character. */
static bool
may_go_on(const char *p, size_t n)
{
	char full[4];
	uint32_t c;
	size_t len;
	unsigned char lead = (unsigned char)p[0];

	if (lead < 0xc2 || lead > 0xf4)
		return false;
	len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (n >= len)
		return false;
	/* The lowest and the highest completion: when neither is a character, none is. */
	for (int high = 0; high < 2; high++) {
		memset(full, high ? 0xbf : 0x80, sizeof(full));
		memcpy(full, p, n);
		if (utf8_decode(full, len, &c) > 0)
			return true;
	}
	return false;
}

size_t
utf8_whole(const char *p, size_t n)
{
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char b = (unsigned char)p[n - back];

		if (b >= 0xc0)
			return may_go_on(p + n - back, back) ? n - back : n;
		if (b < 0x80)
			break;
	}
	return n;
}

static bool
in_table(const struct utf8_range *table, size_t count, uint32_t c)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > table[middle].last)
			low = middle + 1;
		else if (c < table[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

int
utf8_width(uint32_t c)
{
	if (c < 0x300)
		return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ? 0 : 1;
	if (in_table(utf8_zero, sizeof(utf8_zero) / sizeof(utf8_zero[0]), c))
		return 0;
	return in_table(utf8_wide, sizeof(utf8_wide) / sizeof(utf8_wide[0]), c) ? 2 : 1;
}

int
utf8_columns(const char *p, size_t n)
{
	int columns;

	utf8_cut(p, n, INT32_MAX, &columns);
	return columns;
}

size_t
utf8_cut(const char *p, size_t n, int columns, int *ret_columns)
{
	size_t at = 0;
	int used = 0;

	while (at < n) {
		uint32_t c = 0;
		size_t len = utf8_decode(p + at, n - at, &c);
		int width = len ? utf8_width(c) : 1;

		if (width > columns - used)
			break;
		used += width;
		at += len ? len : 1;
	}
	if (ret_columns)
		*ret_columns = used;
	return at;
}

/* Characters that hide, reorder or tag text: zero-width, direction marks, line separators,
 * invisible operators, annotations, language tags, the soft hyphen. */
static bool
is_invisible(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0x115f || c == 0x1160 || c == 0x3164 ||
	       c == 0xfeff || c == 0xffa0 || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe0fff);
}

static void
clean(struct buf *to, const char *p, size_t n, const char *keep)
{
	while (n > 0) {
		uint32_t c = 0;
		size_t run = 0;

		while (run < n && p[run] >= 0x20 && p[run] < 0x7f)
			run++;
		if (run > 0) {
			buf_add(to, p, run);
			p += run;
			n -= run;
			continue;
		}
		size_t len = utf8_decode(p, n, &c);
		if (len == 0)
			buf_addf(to, "<%02x>", (unsigned char)*p);
		else if ((c < 0x20 && (c == 0 || !strchr(keep, (int)c))) || c == 0x7f)
			buf_addf(to, "^%c", (int)(c ^ 0x40));
		else if (is_invisible(c))
			buf_addf(to, "<U+%04X>", c);
		else
			buf_add(to, p, len);
		p += len ? len : 1;
		n -= len ? len : 1;
	}
}

void
utf8_clean(struct buf *to, const char *p, size_t n)
{
	clean(to, p, n, "\t\n");
}

void
utf8_clean_line(struct buf *to, const char *p, size_t n)
{
	clean(to, p, n, "");
}

void
utf8_clean_lines(struct buf *to, const char *p, size_t n, const char *between)
{
	while (n && p[n - 1] == '\n')
		n--;
	while (n) {
		const char *newline = memchr(p, '\n', n);
		size_t line = newline ? (size_t)(newline - p) : n;

		utf8_clean_line(to, p, line);
		line += newline != NULL;
		p += line;
		n -= line;
		/* An empty line says nothing. */
		for (; n && *p == '\n'; n--)
			p++;
		if (n)
			buf_adds(to, between);
	}
}
