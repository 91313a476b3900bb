/*
 * Texts that were made for a screen of their own: what verbs printed, messages, descriptions.
 *
 * Owns them; keeps the last OUTPUTS_MAX, and those that still grow. A text has a ceiling and says what
 * it dropped.
 */
#ifndef DROVER_TUI_OUTPUTS_H
#define DROVER_TUI_OUTPUTS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUTS_MAX    16
#define OUTPUT_CEILING (4U << 20)

struct outputs;

struct output {
	unsigned id; /* never 0 */
	char *title;
	struct buf text;
	bool growing;
	char end[160]; /* how it ended: "exit 4: unreachable"; "" for a text that is only shown */
	bool bad;
	int64_t began_ms; /* wall time */
};

struct outputs *outputs_new(void);
void outputs_free(struct outputs *o);

/* A new one, empty; borrowed until it is dropped: hold its id. */
struct output *outputs_add(struct outputs *o, const char *title, int64_t wall_ms);
const struct output *outputs_at(const struct outputs *o, size_t i); /* NULL: there are no more */
struct output *outputs_find(const struct outputs *o, unsigned id);  /* NULL: dropped */

#endif
