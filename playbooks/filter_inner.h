/* The filters of lists and mappings, for the table in filter.c alone. */
#ifndef DROVER_PLAYBOOKS_FILTER_INNER_H
#define DROVER_PLAYBOOKS_FILTER_INNER_H

#include "playbooks/value.h"

struct buf;
struct filter_call;

/* Tell that the filter takes something else. BAD. */
struct value filter_wants(struct filter_call *c, enum value_kind wanted, const struct value *v);
/* The text in b, or BAD when it was too long. */
struct value filter_text(struct filter_call *c, struct buf *b);

struct value filter_first(struct filter_call *c);
struct value filter_items(struct filter_call *c);
struct value filter_join(struct filter_call *c);
struct value filter_keys(struct filter_call *c);
struct value filter_last(struct filter_call *c);
struct value filter_length(struct filter_call *c);
struct value filter_list(struct filter_call *c);
struct value filter_map(struct filter_call *c);
struct value filter_max(struct filter_call *c);
struct value filter_min(struct filter_call *c);
struct value filter_reverse(struct filter_call *c);
struct value filter_sort(struct filter_call *c);
struct value filter_sum(struct filter_call *c);
struct value filter_unique(struct filter_call *c);
struct value filter_values(struct filter_call *c);

#endif
