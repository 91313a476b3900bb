#include "playbooks/expression_inner.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/filter.h"
#include "playbooks/test.h"

#include <ctype.h>
#include <string.h>

static struct node *
node_new(
    struct reading *r, enum node_kind kind, const char *at, struct node *first, struct node *second)
{
	struct node *n = arena_alloc(r->arena, sizeof(*n));

	n->kind = kind;
	n->at = at;
	n->end = r->at;
	n->child[0] = first;
	n->child[1] = second;
	for (int i = 0; i < 2; i++)
		if (n->child[i] && n->child[i]->depth >= n->depth)
			n->depth = n->child[i]->depth + 1;
	if (n->depth > DEPTH_MAX)
		reading_wrong(r, at, "more than %d operators and filters in a row", DEPTH_MAX);
	return r->bad ? NULL : n;
}

static struct node *
wants_value(struct reading *r)
{
	reading_skip_space(r);
	if (r->at == r->end || reading_at_close(r))
		reading_wrong(r, r->at,
		    "a value is missing here: a name, a text in quotes, a number, a list");
	else
		reading_wrong(r, r->at,
		    "a value is wanted here (a name, a text in quotes, a number, a list), not "
		    "\"%.*s\"",
		    reading_shown(r), r->at);
	return NULL;
}

static bool
nest(struct reading *r, const char *at)
{
	if (++r->nest > NEST_MAX)
		reading_wrong(r, at, "nested deeper than %d", NEST_MAX);
	return !r->bad;
}

static struct node *
read_text(struct reading *r)
{
	const char *start = r->at;
	char quote = *r->at++;
	autobuf text = BUF_INIT(OUTPUT_MAX);

	while (r->at < r->end && *r->at != quote) {
		if (*r->at == '\\') {
			if (!reading_take_escape(r, &text))
				return NULL;
		} else {
			buf_addc(&text, *r->at++);
		}
	}
	if (r->at == r->end) {
		r->at = start;
		reading_wrong(r, start, "the text has no end: %c is missing", quote);
		return NULL;
	}
	r->at++;
	struct node *n = node_new(r, NODE_LITERAL, start, NULL, NULL);
	if (n)
		n->literal =
		    value_text(arena_memdup0(r->arena, buf_text(&text), text.len), text.len);
	return n;
}

static struct node *
read_number(struct reading *r, bool part)
{
	const char *start = r->at;
	char digits[32];
	int64_t value = 0;
	size_t n = 0;

	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
	n = (size_t)(r->at - start);
	bool goes_on = r->at < r->end && reading_is_name_char(*r->at);
	bool point = !part && r->end - r->at > 1 && *r->at == '.' && reading_is_name_char(r->at[1]);
	if (goes_on || point) {
		reading_wrong(r, start, "numbers are whole: write a text in quotes");
		return NULL;
	}
	memcpy(digits, start, n < sizeof(digits) ? n : 0);
	digits[n < sizeof(digits) ? n : 0] = '\0';
	if (!str_int(digits, 0, INT64_MAX, &value)) {
		reading_wrong(r, start, "the number is too large");
		return NULL;
	}
	struct node *node = node_new(r, NODE_LITERAL, start, NULL, NULL);
	if (node)
		node->literal = value_int(value);
	return node;
}

/* Expressions up to the closing sign; with room for `most`. */
static bool
read_items(struct reading *r, struct node *n, const char *close, size_t most)
{
	struct node *item[ITEMS_MAX];

	while (!reading_take_sign(r, close)) {
		if (n->args == most) {
			reading_wrong(r, r->at, "more than %zu of these", most);
			return false;
		}
		item[n->args] = node_read(r, true);
		if (!item[n->args])
			return false;
		if (item[n->args]->depth >= n->depth)
			n->depth = item[n->args]->depth + 1;
		n->args++;
		if (!reading_sees(r, close) && !reading_take_sign(r, ",")) {
			reading_wrong(r, r->at, "\",\" or \"%s\" is wanted here", close);
			return false;
		}
	}
	n->end = r->at;
	n->arg = arena_alloc(r->arena, n->args * sizeof(*n->arg) + 1);
	if (n->args)
		memcpy(n->arg, item, n->args * sizeof(*n->arg));
	return true;
}

static struct node *
read_nest(struct reading *r)
{
	const char *start = r->at;
	bool list = *r->at++ == '[';
	struct node *n = NULL;

	if (!nest(r, start))
		return NULL;
	if (list) {
		n = node_new(r, NODE_LIST, start, NULL, NULL);
		if (n && !read_items(r, n, "]", ITEMS_MAX))
			return NULL;
	} else {
		n = node_read(r, true);
		if (n && !reading_take_sign(r, ")")) {
			reading_wrong(r, r->at, "\")\" is missing here");
			return NULL;
		}
	}
	r->nest--;
	return n;
}

static struct node *
read_word(struct reading *r)
{
	static const struct {
		const char *word;
		struct value value;
	} words[] = {
		{ "true", { .kind = VALUE_BOOL, .n = 1 } },
		{ "True", { .kind = VALUE_BOOL, .n = 1 } },
		{ "false", { .kind = VALUE_BOOL } },
		{ "False", { .kind = VALUE_BOOL } },
		{ "null", { .kind = VALUE_NULL } },
		{ "none", { .kind = VALUE_NULL } },
		{ "None", { .kind = VALUE_NULL } },
	};
	static const char *const reserved[] = { "and", "or", "not", "in", "is", "if", "else" };
	const char *start = r->at;
	char name[NAME_LONG];

	reading_take_name(r, name);
	for (size_t i = 0; i < countof(reserved); i++) {
		if (str_eq(reserved[i], name)) {
			r->at = start;
			return wants_value(r);
		}
	}
	struct node *n = node_new(r, NODE_NAME, start, NULL, NULL);
	if (!n)
		return NULL;
	n->literal = value_text(arena_strdup(r->arena, name), strlen(name));
	for (size_t i = 0; i < countof(words); i++) {
		if (str_eq(words[i].word, name)) {
			n->kind = NODE_LITERAL;
			n->literal = words[i].value;
		}
	}
	if (!reading_sees(r, "("))
		return n;
	if (!str_eq(name, "range")) {
		reading_wrong(r, start, "there is no function \"%s\"; only range(N)", name);
		return NULL;
	}
	reading_take_sign(r, "(");
	n->kind = NODE_RANGE;
	if (!nest(r, start) || !read_items(r, n, ")", 2))
		return NULL;
	r->nest--;
	if (n->args == 0)
		reading_wrong(r, start, "range takes one or two numbers");
	return n;
}

static struct node *
read_part(struct reading *r, struct node *of)
{
	const char *start = r->at;
	struct node *n = NULL, *index = NULL;
	char name[NAME_LONG];

	if (*r->at++ == '[') {
		if (!nest(r, start))
			return NULL;
		index = node_read(r, true);
		if (index && !reading_take_sign(r, "]"))
			reading_wrong(r, r->at, "\"]\" is missing here");
		r->nest--;
	} else if (r->at < r->end && isdigit((unsigned char)*r->at)) {
		index = read_number(r, true);
	} else if (reading_take_name(r, name)) {
		index = node_new(r, NODE_LITERAL, start + 1, NULL, NULL);
		if (index)
			index->literal = value_text(arena_strdup(r->arena, name), strlen(name));
		if (index && r->at < r->end && *r->at == '(')
			reading_wrong(r, start, "values have no functions: write | %s%s", name,
			    str_eq(name, "items") ? ", or for key, value in a mapping" : "");
	} else {
		reading_wrong(r, start, "after '.' comes a name");
	}
	if (!index || r->bad)
		return NULL;
	n = node_new(r, NODE_PART, of->at, of, index);
	return n;
}

/* (a, name=b) of a filter or test, if it stands there; its arguments by the names it has for them. */
static bool
read_arguments(struct reading *r, struct node *n, const char *const *params, size_t least)
{
	const char *name = n->filter ? n->filter->name : n->test->name;
	struct node *arg[ARGS_MAX] = { NULL };
	size_t most = 0, place = 0;

	while (most < ARGS_MAX && params[most])
		most++;
	if (reading_sees(r, "(") && nest(r, r->at)) {
		reading_take_sign(r, "(");
		while (!r->bad && !reading_take_sign(r, ")")) {
			const char *start = r->at;
			char word[NAME_LONG];
			size_t to = place;

			if (reading_take_name(r, word) && reading_sees(r, "=") &&
			    !reading_sees(r, "==")) {
				reading_take_sign(r, "=");
				for (to = 0; to < most && !str_eq(params[to], word); to++)
					;
			} else {
				r->at = start;
			}
			if (to >= most || arg[to]) {
				reading_wrong(r, start, "%s takes no such argument", name);
				return false;
			}
			arg[to] = node_read(r, true);
			if (!arg[to])
				return false;
			if (arg[to]->depth >= n->depth)
				n->depth = arg[to]->depth + 1;
			place = to + 1;
			if (!reading_sees(r, ")") && !reading_take_sign(r, ","))
				reading_wrong(r, r->at, "\",\" or \")\" is wanted here");
		}
		r->nest--;
	}
	for (size_t i = 0; i < least && !r->bad; i++)
		if (!arg[i])
			reading_wrong(
			    r, n->at, "%s wants %s: %s(%s)", name, params[i], name, params[i]);
	n->arg = arena_alloc(r->arena, sizeof(arg));
	memcpy(n->arg, arg, sizeof(arg));
	n->args = ARGS_MAX;
	n->end = r->at;
	return !r->bad;
}

static void
say_no_such(
    struct reading *r, const char *start, const char *what, const char *name, const char *near)
{
	if (near)
		reading_wrong(
		    r, start, "unknown %s \"%s\"; did you mean \"%s\"?", what, name, near);
	else
		reading_wrong(r, start, "unknown %s \"%s\"", what, name);
}

static struct node *
read_filter(struct reading *r, struct node *of)
{
	char name[NAME_LONG];

	reading_skip_space(r);
	const char *start = r->at;
	if (!reading_take_name(r, name)) {
		reading_wrong(r, start, "after | comes the name of a filter");
		return NULL;
	}
	const struct filter *f = filter_find(name);
	if (!f) {
		say_no_such(r, start, "filter", name, filter_near(name));
		return NULL;
	}
	struct node *n = node_new(r, NODE_FILTER, start, of, NULL);
	if (!n)
		return NULL;
	n->filter = f;
	return read_arguments(r, n, f->params, f->least) ? n : NULL;
}

static struct node *
read_test(struct reading *r, struct node *of)
{
	bool negated = reading_take_word(r, "not");
	char name[NAME_LONG];

	reading_skip_space(r);
	const char *start = r->at;
	if (!reading_take_name(r, name)) {
		reading_wrong(r, start, "after is comes the name of a test: defined");
		return NULL;
	}
	const struct test *t = test_find(name);
	if (!t) {
		say_no_such(r, start, "test", name, test_near(name));
		return NULL;
	}
	struct node *n = node_new(r, NODE_TEST, start, of, NULL);
	if (!n)
		return NULL;
	n->test = t;
	n->negated = negated;
	return read_arguments(r, n, t->params, t->least) ? n : NULL;
}

static struct node *
read_primary(struct reading *r)
{
	struct node *n;

	reading_skip_space(r);
	if (r->at == r->end)
		return wants_value(r);
	if (*r->at == '"' || *r->at == '\'')
		n = read_text(r);
	else if (isdigit((unsigned char)*r->at))
		n = read_number(r, false);
	else if (*r->at == '(' || *r->at == '[')
		n = read_nest(r);
	else if (reading_name_length(r))
		n = read_word(r);
	else
		return wants_value(r);
	while (n && r->at < r->end && (*r->at == '.' || *r->at == '['))
		n = read_part(r, n);
	return n;
}

/* The filters and tests behind a value bind closest. */
static struct node *
read_unary(struct reading *r)
{
	struct node *n;

	reading_skip_space(r);
	const char *start = r->at;
	if (reading_sees(r, "-") && !reading_at_close(r) && reading_take_sign(r, "-")) {
		n = read_primary(r);
		n = n ? node_new(r, NODE_MINUS, start, n, NULL) : NULL;
	} else {
		n = read_primary(r);
	}
	while (n && !r->bad) {
		if (reading_sees(r, "|") && reading_take_sign(r, "|"))
			n = read_filter(r, n);
		else if (reading_take_word(r, "is"))
			n = read_test(r, n);
		else
			break;
	}
	return r->bad ? NULL : n;
}

struct sign {
	const char *text;
	enum binary op;
};

static const struct sign *
take_one(struct reading *r, const struct sign *signs)
{
	if (reading_at_close(r))
		return NULL;
	for (; signs->text; signs++)
		if (reading_take_sign(r, signs->text))
			return signs;
	return NULL;
}

/* a op b op c, from the left, for the operators of one level; the levels below it are read first. */
static struct node *
read_level(struct reading *r, int level)
{
	static const struct sign levels[3][4] = {
		{ { "+", OP_ADD }, { "-", OP_SUBTRACT } },
		{ { "~", OP_JOIN } },
		{ { "//", OP_DIVIDE }, { "*", OP_MULTIPLY }, { "%", OP_REMAINDER } },
	};
	struct node *n = level == 2 ? read_unary(r) : read_level(r, level + 1);
	const struct sign *s;

	while (n && (s = take_one(r, levels[level])) != NULL) {
		struct node *right = level == 2 ? read_unary(r) : read_level(r, level + 1);

		n = right ? node_new(r, NODE_BINARY, n->at, n, right) : NULL;
		if (n)
			n->op = s->op;
	}
	if (n && level == 2 && !reading_at_close(r) && reading_sees(r, "/")) {
		reading_wrong(r, r->at, "numbers are whole: write // to divide");
		return NULL;
	}
	return n;
}

static bool
take_comparison(struct reading *r, enum binary *ret)
{
	static const struct sign signs[] = { { "==", OP_EQUAL }, { "!=", OP_UNEQUAL },
		{ "<=", OP_LESS_EQUAL }, { ">=", OP_MORE_EQUAL }, { "<", OP_LESS },
		{ ">", OP_MORE }, { NULL, 0 } };
	const char *start = r->at;
	const struct sign *s = take_one(r, signs);

	if (s) {
		*ret = s->op;
		return true;
	}
	*ret = OP_IN;
	if (reading_take_word(r, "in"))
		return true;
	*ret = OP_NOT_IN;
	if (reading_take_word(r, "not") && reading_take_word(r, "in"))
		return true;
	r->at = start;
	return false;
}

static struct node *
read_comparison(struct reading *r)
{
	struct node *n = read_level(r, 0), *right;
	enum binary op, again;

	if (!n || !take_comparison(r, &op))
		return n;
	right = read_level(r, 0);
	n = right ? node_new(r, NODE_BINARY, n->at, n, right) : NULL;
	if (!n)
		return NULL;
	n->op = op;
	const char *start = r->at;
	if (take_comparison(r, &again)) {
		reading_wrong(r, start, "comparisons are not chained: join two by and");
		return NULL;
	}
	return n;
}

static struct node *
read_not(struct reading *r)
{
	reading_skip_space(r);
	const char *start = r->at;
	int nots = 0;

	while (reading_take_word(r, "not"))
		nots++;
	struct node *n = read_comparison(r);
	if (n && nots > 0)
		n = node_new(r, NODE_NOT, start, n, NULL);
	if (n && nots > 0)
		n->negated = nots % 2 == 0;
	return n;
}

static struct node *
read_and(struct reading *r)
{
	struct node *n = read_not(r);

	while (n && reading_take_word(r, "and")) {
		struct node *right = read_not(r);

		n = right ? node_new(r, NODE_AND, n->at, n, right) : NULL;
	}
	return n;
}

static struct node *
read_or(struct reading *r)
{
	struct node *n = read_and(r);

	while (n && reading_take_word(r, "or")) {
		struct node *right = read_and(r);

		n = right ? node_new(r, NODE_OR, n->at, n, right) : NULL;
	}
	return n;
}

struct node *
node_read(struct reading *r, bool choice)
{
	struct node *n = read_or(r), *test, *other;

	if (!n || !choice || !reading_take_word(r, "if"))
		return r->bad ? NULL : n;
	if (!nest(r, n->at))
		return NULL;
	test = read_or(r);
	if (test && !reading_take_word(r, "else"))
		reading_wrong(r, r->at, "else is missing: A if CONDITION else B");
	other = r->bad || !test ? NULL : node_read(r, true);
	if (!other)
		return NULL;
	r->nest--;
	struct node *all = node_new(r, NODE_CHOICE, n->at, n, test);
	if (!all)
		return NULL;
	all->child[2] = other;
	if (other->depth >= all->depth)
		all->depth = other->depth + 1;
	return all;
}
