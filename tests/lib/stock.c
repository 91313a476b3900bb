#include "tests/lib/stock.h"

#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
finish(struct stock *f)
{
	autobuf all = BUF_INIT(20000);

	diag_sort(&f->diag);
	for (int i = 0; i < f->diag.count; i++) {
		autofree char *line = diag_line(&f->diag, i);

		buf_addf(&all, "%s\n", line);
	}
	f->text = xstrdup(buf_text(&all));
}

void
stock_parse(struct stock *f, const char *text)
{
	stock_parse_as(f, "t", text);
}

void
stock_parse_as(struct stock *f, const char *name, const char *text)
{
	*f = (struct stock){ 0 };
	diag_init(&f->diag);
	f->inv = inventory_parse(name, text, strlen(text), &f->diag, &f->err);
	finish(f);
}

void
stock_load(struct stock *f, const char *a, const char *b)
{
	const char *const sources[] = { a, b };

	*f = (struct stock){ 0 };
	diag_init(&f->diag);
	f->inv = inventory_load(sources, b ? 2 : 1, &f->diag, &f->err);
	finish(f);
}

void
stock_drop(struct stock *f)
{
	inventory_free(f->inv);
	diag_fini(&f->diag);
	free(f->text);
}

void
stock_refuses(const char *text, const char *lines)
{
	struct stock f;

	stock_parse(&f, text);
	assert_string_equal(f.text, lines);
	assert_null(f.inv);
	assert_int_equal(f.err.kind, OUTCOME_INPUT);
	stock_drop(&f);
}

const char *
stock_value(const struct inventory *inv, const char *host, const char *var)
{
	const struct var *v = host_var(inventory_find(inv, host), var);

	return v ? v->value : NULL;
}
