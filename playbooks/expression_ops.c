#include "playbooks/expression_inner.h"

#include "base/arena.h"

#include <string.h>

static struct value
joined(struct evaluation *e, struct node *n, const struct value *a, const struct value *b)
{
	const struct value *v[2] = { a, b };
	const char *text[2];
	size_t len[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		text[i] = value_shown(e->arena, v[i], &len[i]);
		if (!text[i])
			return evaluation_wrong(
			    e, n, "~ joins texts and numbers, not %s", value_kind_name(v[i]->kind));
	}
	if (len[0] + len[1] > OUTPUT_MAX)
		return evaluation_wrong(e, n, "the text grows past %zu MiB", OUTPUT_MAX >> 20);
	char *all = arena_alloc(e->arena, len[0] + len[1] + 1);
	memcpy(all, text[0], len[0]);
	memcpy(all + len[0], text[1], len[1]);
	return value_text(all, len[0] + len[1]);
}

static struct value
added_lists(struct evaluation *e, const struct value *a, const struct value *b)
{
	size_t count = a->count + b->count;
	struct value *item = arena_alloc(e->arena, count * sizeof(*item) + 1);

	if (a->count)
		memcpy(item, a->item, a->count * sizeof(*item));
	if (b->count)
		memcpy(item + a->count, b->item, b->count * sizeof(*item));
	return value_list(item, count);
}

/* As Python divides: down, the remainder with the sign of the divisor. */
static bool
divide(int64_t a, int64_t b, bool remainder, int64_t *ret)
{
	if (b == 0 || (a == INT64_MIN && b == -1))
		return false;
	*ret = remainder ? a % b : a / b;
	if (a % b != 0 && (a < 0) != (b < 0))
		*ret += remainder ? b : -1;
	return true;
}

static struct value
calculated(struct evaluation *e, struct node *n, const struct value *a, const struct value *b)
{
	static const char *const signs[] = { [OP_ADD] = "+",
		[OP_SUBTRACT] = "-",
		[OP_MULTIPLY] = "*",
		[OP_DIVIDE] = "//",
		[OP_REMAINDER] = "%" };
	int64_t result = 0;
	bool good;

	if (n->op == OP_ADD && a->kind == VALUE_LIST && b->kind == VALUE_LIST)
		return added_lists(e, a, b);
	if (a->kind != VALUE_INT || b->kind != VALUE_INT) {
		enum value_kind other = a->kind == VALUE_INT ? b->kind : a->kind;

		return evaluation_wrong(e, n, "%s takes whole numbers, not %s%s", signs[n->op],
		    value_kind_name(other),
		    other != VALUE_TEXT ? ""
		    : n->op == OP_ADD   ? "; texts are joined by ~"
					: " (| int makes one of a text)");
	}
	if (n->op == OP_ADD)
		good = !__builtin_add_overflow(a->n, b->n, &result);
	else if (n->op == OP_SUBTRACT)
		good = !__builtin_sub_overflow(a->n, b->n, &result);
	else if (n->op == OP_MULTIPLY)
		good = !__builtin_mul_overflow(a->n, b->n, &result);
	else if (b->n == 0)
		return evaluation_wrong(e, n, "%s by 0", signs[n->op]);
	else
		good = divide(a->n, b->n, n->op == OP_REMAINDER, &result);
	if (!good)
		return evaluation_wrong(e, n, "the number is too large");
	return value_int(result);
}

static struct value
holds_in(struct evaluation *e, struct node *n, const struct value *a, const struct value *b)
{
	bool found = false;
	size_t cost = 0;

	if (b->kind == VALUE_TEXT && a->kind == VALUE_TEXT) {
		cost = b->len / 256;
		found = memmem(b->text, b->len, a->text, a->len) != NULL;
	} else if (b->kind == VALUE_MAP && a->kind == VALUE_TEXT) {
		cost = b->count / 16;
		found = value_member(b, a->text) != NULL;
	} else if (b->kind == VALUE_LIST) {
		for (size_t i = 0; i < b->count && !found && cost < STEPS_MAX; i++)
			found = value_equal(a, &b->item[i], &cost);
	} else {
		return evaluation_wrong(e, n, "in looks for %s in %s: that cannot be",
		    value_kind_name(a->kind), value_kind_name(b->kind));
	}
	evaluation_charge(e, cost);
	return value_bool(found == (n->op == OP_IN));
}

static struct value
compared(struct evaluation *e, struct node *n, const struct value *a, const struct value *b)
{
	bool equal = n->op == OP_EQUAL || n->op == OP_UNEQUAL;
	bool null = a->kind == VALUE_NULL || b->kind == VALUE_NULL;
	size_t cost = 0;
	int order;

	if (a->kind != b->kind && !(equal && null))
		return evaluation_wrong(e, n, "%s is compared with %s%s", value_kind_name(a->kind),
		    value_kind_name(b->kind),
		    a->kind + b->kind == (int)VALUE_INT + (int)VALUE_TEXT
			? ": make them alike by | int or by quotes"
			: ": they are never alike");
	if (equal) {
		bool same = value_equal(a, b, &cost);

		evaluation_charge(e, cost);
		return value_bool(same == (n->op == OP_EQUAL));
	}
	if (a->kind != VALUE_INT && a->kind != VALUE_TEXT)
		return evaluation_wrong(e, n, "there is no order in %s", value_kind_name(a->kind));
	evaluation_charge(e, a->len / 256);
	order = value_order(a, b);
	return value_bool(n->op == OP_LESS         ? order < 0
			  : n->op == OP_LESS_EQUAL ? order <= 0
			  : n->op == OP_MORE       ? order > 0
						   : order >= 0);
}

struct value
node_operated(struct evaluation *e, struct node *n, const struct value *a, const struct value *b)
{
	switch (n->op) {
	case OP_JOIN:
		return joined(e, n, a, b);
	case OP_IN:
	case OP_NOT_IN:
		return holds_in(e, n, a, b);
	case OP_EQUAL:
	case OP_UNEQUAL:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_MORE:
	case OP_MORE_EQUAL:
		return compared(e, n, a, b);
	case OP_ADD:
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_REMAINDER:
		break;
	}
	return calculated(e, n, a, b);
}
