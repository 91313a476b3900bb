/* Copies of texts that are lent out until the next look-up of their kind. */
#ifndef DROVER_LEDGER_TEXTS_H
#define DROVER_LEDGER_TEXTS_H

#include <stddef.h>

/* One per kind of look-up, so that they do not disturb one another. */
enum texts_shelf { TEXTS_HOST, TEXTS_FACT, TEXTS_RUN, TEXTS_COUNT };

struct ledger_texts;

struct ledger_texts *texts_new(void);
void texts_free(struct ledger_texts *t);

/* What was lent from this shelf is taken back. */
void texts_clear(struct ledger_texts *t, enum texts_shelf shelf);

/* A copy to lend; NULL gives NULL. */
const char *texts_keep(struct ledger_texts *t, enum texts_shelf shelf, const char *s);

#endif
