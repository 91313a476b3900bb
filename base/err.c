#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, enum outcome kind, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(e->text)];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*e = (struct err){ .kind = kind };
	memcpy(e->text, text, sizeof(text));
	return -1;
}

int
err_errno(struct err *e, const char *fmt, ...)
{
	int code = errno;
	char text[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(e, OUTCOME_FAILED, "%.510s: %s", text, strerror(code));
	e->code = code;
	return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char head[sizeof(e->text)], tail[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	memcpy(tail, e->text, sizeof(tail));
	if (snprintf(e->text, sizeof(e->text), "%.120s: %.510s", head, tail) < 0)
		e->text[0] = '\0';
	return -1;
}
