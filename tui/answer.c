#include "tui/answer.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

#define ANSWER_MAX 64 /* none is longer */

/* Digits, and the bytes between them. */
static size_t
numbers(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && ((p[i] >= '0' && p[i] <= '9') || p[i] == ';' || p[i] == ':'))
		i++;
	return i;
}

/* ESC [ and one of: numbers n (status), numbers R (the cursor), ? or > numbers c (what it is), ? numbers $ y
 * (a mode). Its length; 0: it is none of them. */
static size_t
control(const char *p, size_t n)
{
	size_t i = 2;

	if (i < n && (p[i] == '?' || p[i] == '>'))
		i++;
	i += numbers(p + i, n - i);
	if (i < n && memchr("nRc", p[i], 3))
		return i + 1;
	return i + 1 < n && p[i] == '$' && p[i + 1] == 'y' ? i + 2 : 0;
}

/* ESC P 1 $ r numbers, what the numbers are for, ESC \: a setting as it is. */
static size_t
setting(const char *p, size_t n)
{
	static const char *const kinds[] = { "m\033\\", "r\033\\", " q\033\\", "\"q\033\\",
		"s\033\\" };
	size_t i = 5;

	if (n < i || memcmp(p, "\033P1$r", i) != 0)
		return 0;
	i += numbers(p + i, n - i);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		size_t len = strlen(kinds[k]);

		if (n - i >= len && memcmp(p + i, kinds[k], len) == 0)
			return i + len;
	}
	return 0;
}

void
answer_filter(struct buf *to, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t left = n - i, len = 0;

		if (left > 2 && p[i] == '\033')
			len = p[i + 1] == '[' ? control(p + i, left) : setting(p + i, left);
		if (len && len <= ANSWER_MAX)
			buf_add(to, p + i, len);
		i += len ? len : 1;
	}
}
