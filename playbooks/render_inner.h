/* A template as it was read, for playbooks/render*.c alone. */
#ifndef DROVER_PLAYBOOKS_RENDER_INNER_H
#define DROVER_PLAYBOOKS_RENDER_INNER_H

#include "playbooks/expression_inner.h"

enum part_kind { PART_TEXT, PART_HOLE, PART_IF, PART_FOR };

struct part {
	enum part_kind kind;
	struct part *next;
	const char *text; /* PART_TEXT */
	size_t len;
	struct node *value;            /* HOLE; the condition of IF; the list of FOR */
	struct node *only;             /* FOR: items for which this holds; may be NULL */
	const char *name, *other_name; /* FOR: of the item; the second may be NULL */
	struct part *body, *otherwise;
	bool elif; /* an IF in the otherwise of another, at the same depth */
};

/* All parts of a source; false when a mistake was told. */
bool part_read_all(const struct source *s, struct arena *a, struct diag *diag, struct part **ret);

#endif
