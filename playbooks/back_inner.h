/* What the parts of back share: a reply as it was read, before it is joined. For playbooks/back*.c
 * alone. */
#ifndef DROVER_PLAYBOOKS_BACK_INNER_H
#define DROVER_PLAYBOOKS_BACK_INNER_H

#include "base/strmap.h"
#include "playbooks/reply.h"

#include <stdbool.h>
#include <stddef.h>

#define BACK_STEPS_MAX 1000000

struct arena;
struct back;
struct back_step;

struct back_reading {
	struct arena *arena;
	struct reply reply;
	struct back *back;
	const char *uuid;
	struct back_step *step;
	size_t count, cap, max; /* max: the highest number there may be */
	char *result, *units, *before, *after, *files, *untouched, *was, *undone, *gates, *drains;
	struct back_text {
		char *bytes;
		size_t len;
	} * text;
	size_t texts, text_cap;
	struct strmap names; /* of texts */
};

/* Cut at a mark into exactly n fields, the last with the rest; false when there are fewer. */
bool back_cut(char *line, char mark, char **field, size_t n);
/* The step of that number; NULL when there is none. */
struct back_step *back_step_of(struct back_reading *r, const char *number);
/* text NULL: no lines. It is cut into them. */
void back_each_line(
    struct back_reading *r, char *text, void (*each)(struct back_reading *r, char *line));

/* All frames are here: r->back is made of them. */
void back_join(struct back_reading *r);

#endif
