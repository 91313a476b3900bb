#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT(b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->dropped = 0;
	if (b->data)
		b->data[0] = '\0';
}

bool
buf_add(struct buf *b, const void *p, size_t n)
{
	size_t room = b->max - b->len;
	size_t fits = n < room ? n : room;

	if (b->len + fits + 1 > b->cap) {
		size_t cap = b->cap ? b->cap : 64;

		while (cap < b->len + fits + 1)
			cap *= 2;
		b->data = xrealloc(b->data, cap, 1);
		b->cap = cap;
	}
	if (fits)
		memcpy(b->data + b->len, p, fits);
	b->len += fits;
	b->data[b->len] = '\0';
	b->dropped += n - fits;
	return fits == n;
}

bool
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

bool
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_abort("out of memory");
	bool all = buf_add(b, s, (size_t)n);
	free(s);
	return all;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (!n)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

const char *
buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *
buf_detach(struct buf *b, size_t *ret_len)
{
	char *data = b->data ? b->data : xcalloc(1, 1);

	if (ret_len)
		*ret_len = b->len;
	*b = BUF_INIT(b->max);
	return data;
}
