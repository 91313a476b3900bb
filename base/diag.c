#include "base/diag.h"

#include "base/mem.h"

#include <stdarg.h>
#include <string.h>

void
diag_init(struct diag *d)
{
	*d = (struct diag){ 0 };
}

void
diag_fini(struct diag *d)
{
	for (int i = 0; i < d->count; i++) {
		free(d->item[i].text);
		free((char *)d->item[i].mark.file);
	}
	diag_init(d);
}

__attribute__((format(printf, 4, 0))) static void
add(struct diag *d, struct mark at, bool warning, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (warning)
		d->warnings++;
	else
		d->errors++;
	if (d->count == DIAG_MAX)
		return;
	if (vasprintf(&text, fmt, ap) < 0)
		mem_abort("out of memory");
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	at.file = at.file ? xstrdup(at.file) : NULL;
	d->item[d->count++] = (struct diag_item){ .mark = at, .warning = warning, .text = text };
}

void
diag_error(struct diag *d, struct mark at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, at, false, fmt, ap);
	va_end(ap);
}

void
diag_warn(struct diag *d, struct mark at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, at, true, fmt, ap);
	va_end(ap);
}

static int
compare(const void *a, const void *b)
{
	const struct mark *x = &((const struct diag_item *)a)->mark;
	const struct mark *y = &((const struct diag_item *)b)->mark;
	int by_file = strcmp(x->file ? x->file : "", y->file ? y->file : "");

	if (by_file)
		return by_file;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->col > y->col) - (x->col < y->col);
}

void
diag_sort(struct diag *d)
{
	qsort(d->item, (size_t)d->count, sizeof(d->item[0]), compare);
}

char *
diag_line(const struct diag *d, int i)
{
	const struct diag_item *it = &d->item[i];
	const char *file = it->mark.file ? it->mark.file : "-";
	const char *kind = it->warning ? "warning: " : "";

	if (it->mark.line < 1)
		return xasprintf("%s: %s%s", file, kind, it->text);
	return xasprintf("%s:%d:%d: %s%s", file, it->mark.line, it->mark.col, kind, it->text);
}

void
diag_print(const struct diag *d, FILE *to)
{
	struct diag sorted = *d;

	diag_sort(&sorted);
	for (int i = 0; i < sorted.count; i++) {
		autofree char *line = diag_line(&sorted, i);

		fprintf(to, "%s\n", line);
	}
	if (d->errors + d->warnings > d->count)
		fprintf(to, "and %d more\n", d->errors + d->warnings - d->count);
}
