#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

static void (*abort_hook)(void);

void
mem_on_abort(void (*hook)(void))
{
	abort_hook = hook;
}

void
mem_abort(const char *what)
{
	if (abort_hook)
		abort_hook();
	fprintf(stderr, "drover: %s\n", what);
	abort();
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		mem_abort("out of memory");
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		mem_abort("out of memory");
	p = realloc(p, n && size ? n * size : 1);
	if (!p)
		mem_abort("out of memory");
	return p;
}

char *
xstrdup(const char *s)
{
	return xmemdup0(s, strlen(s));
}

char *
xmemdup0(const void *p, size_t n)
{
	char *copy = xcalloc(n + 1, 1);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_abort("out of memory");
	return s;
}
