/* An inventory under test and all that was said about it. Owned by the test: stock_drop(). */
#ifndef DROVER_TESTS_LIB_STOCK_H
#define DROVER_TESTS_LIB_STOCK_H

#include "base/diag.h"
#include "base/err.h"
#include "inventory/inventory.h"

struct stock {
	struct diag diag;
	struct err err;
	struct inventory *inv;
	char *text; /* all messages, a line each */
};

/* From memory, called "t" or as given in messages; from one source or two. */
void stock_parse(struct stock *f, const char *text);
void stock_parse_as(struct stock *f, const char *name, const char *text);
void stock_load(struct stock *f, const char *a, const char *b);
void stock_drop(struct stock *f);

/* The text gives these mistakes, no inventory, and kind INPUT. */
void stock_refuses(const char *text, const char *lines);

/* The value of a host's variable, or NULL. */
const char *stock_value(const struct inventory *inv, const char *host, const char *var);

#endif
