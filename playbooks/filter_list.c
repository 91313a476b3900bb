#include "playbooks/filter_inner.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "playbooks/expression_inner.h"
#include "playbooks/filter.h"

#include <string.h>

static bool
is_list(struct filter_call *c)
{
	if (c->in.kind == VALUE_LIST)
		return true;
	filter_wants(c, VALUE_LIST, &c->in);
	return false;
}

static bool
is_map(struct filter_call *c)
{
	if (c->in.kind == VALUE_MAP)
		return true;
	filter_wants(c, VALUE_MAP, &c->in);
	return false;
}

static struct value
bad(void)
{
	return (struct value){ .kind = VALUE_BAD };
}

static struct value *
room(struct filter_call *c, size_t count)
{
	evaluation_charge(c->e, count);
	return arena_alloc(c->e->arena, count * sizeof(struct value) + 1);
}

/* Characters, not bytes. */
static size_t
characters(const struct value *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++)
		n += ((unsigned char)v->text[i] & 0xc0) != 0x80;
	return n;
}

struct value
filter_length(struct filter_call *c)
{
	if (c->in.kind == VALUE_TEXT)
		return value_int((int64_t)characters(&c->in));
	if (c->in.kind == VALUE_LIST || c->in.kind == VALUE_MAP)
		return value_int((int64_t)c->in.count);
	return filter_wants(c, VALUE_LIST, &c->in);
}

/* Of an empty list: a default can stand in. */
static struct value
none_there(struct filter_call *c)
{
	return (struct value){ .kind = VALUE_ABSENT, .text = c->node->filter->name, .n = 1 };
}

static struct value
at_end(struct filter_call *c, bool last)
{
	if (!is_list(c))
		return bad();
	if (c->in.count == 0)
		return none_there(c);
	return c->in.item[last ? c->in.count - 1 : 0];
}

struct value
filter_first(struct filter_call *c)
{
	return at_end(c, false);
}

struct value
filter_last(struct filter_call *c)
{
	return at_end(c, true);
}

/* The part of an item that attribute names; the item itself without one. NULL when told. */
static const struct value *
part(struct filter_call *c, const struct value *item, const struct value *attribute)
{
	const struct value *found;

	if (attribute->kind == VALUE_ABSENT)
		return item;
	found = attribute->kind == VALUE_TEXT ? value_member(item, attribute->text) : NULL;
	if (!found)
		evaluation_wrong(c->e, c->node, "%s: an item has no part \"%.60s\"",
		    c->node->filter->name, attribute->kind == VALUE_TEXT ? attribute->text : "");
	return found;
}

struct value
filter_join(struct filter_call *c)
{
	autobuf b = BUF_INIT(OUTPUT_MAX);

	if (!is_list(c))
		return bad();
	if (c->arg[0].kind != VALUE_ABSENT && c->arg[0].kind != VALUE_TEXT)
		return filter_wants(c, VALUE_TEXT, &c->arg[0]);
	for (size_t i = 0; i < c->in.count && !b.dropped; i++) {
		const struct value *item = part(c, &c->in.item[i], &c->arg[1]);
		size_t n = 0;
		const char *text = item ? value_shown(c->e->arena, item, &n) : NULL;

		if (!item)
			return bad();
		if (!text)
			return evaluation_wrong(c->e, c->node,
			    "join takes a list of texts and numbers, item %zu is %s", i,
			    value_kind_name(item->kind));
		if (i && c->arg[0].kind == VALUE_TEXT)
			buf_add(&b, c->arg[0].text, c->arg[0].len);
		buf_add(&b, text, n);
	}
	return filter_text(c, &b);
}

struct value
filter_list(struct filter_call *c)
{
	return c->in.kind == VALUE_MAP ? filter_keys(c) : is_list(c) ? c->in : bad();
}

struct value
filter_keys(struct filter_call *c)
{
	if (!is_map(c))
		return bad();
	struct value *item = room(c, c->in.count);
	for (size_t i = 0; i < c->in.count; i++)
		item[i] = value_text(c->in.key[i], strlen(c->in.key[i]));
	return value_list(item, c->in.count);
}

struct value
filter_values(struct filter_call *c)
{
	return is_map(c) ? value_list(c->in.item, c->in.count) : bad();
}

/* {key, value} of each member. */
struct value
filter_items(struct filter_call *c)
{
	static const char *const names[] = { "key", "value" };

	if (!is_map(c))
		return bad();
	struct value *item = room(c, c->in.count), *pair = room(c, c->in.count * 2);
	for (size_t i = 0; i < c->in.count; i++) {
		pair[2 * i] = value_text(c->in.key[i], strlen(c->in.key[i]));
		pair[2 * i + 1] = c->in.item[i];
		item[i] = (struct value){
			.kind = VALUE_MAP, .key = names, .item = &pair[2 * i], .count = 2
		};
	}
	return value_list(item, c->in.count);
}

/* map(attribute="name") takes that part of each item, map("upper") passes each through a filter. */
struct value
filter_map(struct filter_call *c)
{
	const struct filter *f = NULL;

	if (!is_list(c))
		return bad();
	if (c->arg[0].kind == VALUE_TEXT)
		f = filter_find(c->arg[0].text);
	if ((c->arg[0].kind == VALUE_ABSENT) == (c->arg[1].kind == VALUE_ABSENT) ||
	    (c->arg[1].kind == VALUE_ABSENT && (!f || f->least || f->apply == filter_map)))
		return evaluation_wrong(c->e, c->node,
		    "map takes attribute=\"NAME\", or the name of a filter without arguments");
	struct value *item = room(c, c->in.count);
	for (size_t i = 0; i < c->in.count; i++) {
		const struct value *got = part(c, &c->in.item[i], &c->arg[1]);
		struct filter_call one = { .e = c->e, .node = c->node };

		if (!got || !evaluation_charge(c->e, 1))
			return bad();
		one.in = *got;
		for (int k = 0; k < ARGS_MAX; k++)
			one.arg[k].kind = VALUE_ABSENT;
		item[i] = f ? f->apply(&one) : *got;
		if (item[i].kind == VALUE_ABSENT)
			return evaluation_wrong(c->e, c->node, "map: item %zu is empty", i);
		if (item[i].kind == VALUE_BAD)
			return item[i];
	}
	return value_list(item, c->in.count);
}

struct value
filter_reverse(struct filter_call *c)
{
	if (!is_list(c))
		return bad();
	struct value *item = room(c, c->in.count);
	for (size_t i = 0; i < c->in.count; i++)
		item[i] = c->in.item[c->in.count - 1 - i];
	return value_list(item, c->in.count);
}

struct value
filter_sum(struct filter_call *c)
{
	int64_t sum = 0;

	if (!is_list(c))
		return bad();
	for (size_t i = 0; i < c->in.count; i++) {
		if (c->in.item[i].kind != VALUE_INT)
			return filter_wants(c, VALUE_INT, &c->in.item[i]);
		if (__builtin_add_overflow(sum, c->in.item[i].n, &sum))
			return evaluation_wrong(c->e, c->node, "the number is too large");
	}
	return value_int(sum);
}

/* Something to sort by, and where it stood: equal ones stay in their order. */
struct sorting {
	const struct value *by, *item;
	bool reverse;
};

static int
in_order(const void *a, const void *b)
{
	const struct sorting *x = a, *y = b;
	int order = value_order(x->by, y->by);

	if (order)
		return x->reverse ? -order : order;
	return (x->item > y->item) - (x->item < y->item);
}

/* What to sort by, all numbers or all texts; NULL when that was told. */
static struct sorting *
sortable(struct filter_call *c, const struct value *attribute, bool reverse)
{
	size_t count = c->in.count, log = 1;

	for (size_t n = count; n > 1; n /= 2)
		log++;
	if (!evaluation_charge(c->e, count * log))
		return NULL;
	struct sorting *s = arena_alloc(c->e->arena, count * sizeof(*s) + 1);
	for (size_t i = 0; i < count; i++) {
		s[i].item = &c->in.item[i];
		s[i].by = part(c, s[i].item, attribute);
		s[i].reverse = reverse;
		if (!s[i].by)
			return NULL;
		if (s[i].by->kind == s[0].by->kind &&
		    (s[i].by->kind == VALUE_INT || s[i].by->kind == VALUE_TEXT))
			continue;
		evaluation_wrong(c->e, c->node,
		    "%s takes texts only, or whole numbers only; item "
		    "%zu is %s",
		    c->node->filter->name, i, value_kind_name(s[i].by->kind));
		return NULL;
	}
	return s;
}

struct value
filter_sort(struct filter_call *c)
{
	bool reverse = c->arg[0].kind == VALUE_BOOL && c->arg[0].n;

	if (!is_list(c))
		return bad();
	if (c->arg[0].kind != VALUE_ABSENT && c->arg[0].kind != VALUE_BOOL)
		return evaluation_wrong(c->e, c->node, "sort: reverse is true or false");
	struct sorting *s = sortable(c, &c->arg[1], reverse);
	if (!s)
		return bad();
	if (c->in.count)
		qsort(s, c->in.count, sizeof(*s), in_order);
	struct value *item = room(c, c->in.count);
	for (size_t i = 0; i < c->in.count; i++)
		item[i] = *s[i].item;
	return value_list(item, c->in.count);
}

static struct value
extreme(struct filter_call *c, int sign)
{
	const struct value none = { .kind = VALUE_ABSENT };
	size_t best = 0;

	if (!is_list(c))
		return bad();
	if (c->in.count == 0)
		return none_there(c);
	struct sorting *s = sortable(c, &none, false);
	for (size_t i = 1; s && i < c->in.count; i++)
		if (value_order(s[i].by, s[best].by) * sign > 0)
			best = i;
	return s ? *s[best].item : bad();
}

struct value
filter_min(struct filter_call *c)
{
	return extreme(c, -1);
}

struct value
filter_max(struct filter_call *c)
{
	return extreme(c, 1);
}

/* The first of equal ones stays. */
struct value
filter_unique(struct filter_call *c)
{
	size_t count = 0, cost = 0;

	if (!is_list(c))
		return bad();
	struct value *item = room(c, c->in.count);
	for (size_t i = 0; i < c->in.count; i++) {
		bool seen = false;

		for (size_t k = 0; k < count && !seen; k++)
			seen = value_equal(&item[k], &c->in.item[i], &cost);
		if (!seen)
			item[count++] = c->in.item[i];
		if (cost > STEPS_MAX)
			break;
	}
	evaluation_charge(c->e, cost);
	return value_list(item, count);
}
