#include "playbooks/expression.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/expression_inner.h"
#include "playbooks/filter.h"
#include "playbooks/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
evaluation_begin(
    struct evaluation *e, const struct source *s, const struct scope *scope, struct diag *diag)
{
	*e = (struct evaluation){ .source = s,
		.scope = scope,
		.locals = scope ? scope->locals : NULL,
		.arena = arena_new(),
		.maybe = scope && scope->maybe,
		.diag = diag };
}

void
evaluation_end(struct evaluation *e)
{
	if (e->later && e->scope && e->scope->later)
		*e->scope->later = true;
	strmap_fini(&e->known);
	free(e->value);
	arena_free(e->arena);
}

static void
stop(struct evaluation *e, const char *why)
{
	e->stopped = true;
	e->bad = true;
	diag_error(e->diag, source_mark(e->source, e->source->text), "%s", why);
}

bool
evaluation_charge(struct evaluation *e, size_t steps)
{
	char why[100];

	if (e->stopped)
		return false;
	e->steps += steps < STEPS_MAX ? steps : STEPS_MAX;
	if (e->steps >= STEPS_MAX) {
		snprintf(why, sizeof(why), "it takes more than %d steps to fill in", STEPS_MAX);
		stop(e, why);
	} else if (arena_size(e->arena) > MEMORY_MAX) {
		snprintf(why, sizeof(why), "it takes more than %zu MiB of memory to fill in",
		    MEMORY_MAX >> 20);
		stop(e, why);
	}
	return !e->stopped;
}

struct value
evaluation_wrong(struct evaluation *e, struct node *n, const char *fmt, ...)
{
	struct mark mark = source_mark(e->source, n->at);
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!e->maybe)
		e->bad = true;
	if (!n->told && e->maybe)
		diag_warn(e->diag, mark, "%s (if it comes to this)", text);
	else if (!n->told)
		diag_error(e->diag, mark, "%s", text);
	n->told = true;
	return (struct value){ .kind = VALUE_BAD };
}

/* What the scope says of a name, once in an evaluation. */
static struct value
ask_scope(struct evaluation *e, struct node *n, const char *name)
{
	struct value v = { .kind = VALUE_ABSENT, .text = name, .len = strlen(name) };
	struct scope_value found = { 0 };

	switch (e->scope->find(e->scope->user, name, &found)) {
	case SCOPE_ABSENT:
		break;
	case SCOPE_LATER:
		v.kind = VALUE_LATER;
		break;
	case SCOPE_OPAQUE:
		v = evaluation_wrong(e, n,
		    "variable \"%s\" holds a template or a vault text, which drover does not read",
		    name);
		break;
	case SCOPE_FOUND:
		v = found.value     ? *found.value
		    : found.is_json ? value_from_json(e->arena, found.text)
				    : value_scalar(found.text, found.plain);
		if (v.kind == VALUE_BAD)
			evaluation_wrong(e, n, "the value of \"%s\" cannot be read", name);
		break;
	}
	return v;
}

static struct value
look_up(struct evaluation *e, struct node *n)
{
	const char *name = n->literal.text;
	size_t at;

	for (const struct scope_local *l = e->locals; l; l = l->next)
		if (str_eq(l->name, name))
			return *l->value;
	if (!strmap_find(&e->known, name, &at)) {
		mem_grow(e->value, e->count, e->cap);
		at = e->count++;
		e->value[at] = ask_scope(e, n, name);
		strmap_add(&e->known, name, at, NULL);
	}
	e->later = e->later || e->value[at].kind == VALUE_LATER;
	return e->value[at];
}

/* The words of the source that a node was read from, for messages. */
static const char *
words_of(struct evaluation *e, const struct node *n)
{
	size_t len = (size_t)(n->end - n->at);

	return arena_memdup0(e->arena, n->at, len > 80 ? 80 : len);
}

static struct value
say_unknown(struct evaluation *e, struct node *n, const struct value *v)
{
	const char *const *names = v->key ? v->key : e->scope->names;
	const char *near = NULL, *dot = strrchr(v->text, '.');

	if (v->n)
		return evaluation_wrong(
		    e, n, "%s: the list is empty; default() behind it would stand in", v->text);
	if (v->key || !strpbrk(v->text, ".["))
		near = names ? str_nearest(v->key && dot ? dot + 1 : v->text, names) : NULL;
	if (near)
		return evaluation_wrong(e, n, "unknown variable \"%s\"; did you mean \"%.*s%s\"?",
		    v->text, v->key && dot ? (int)(dot - v->text + 1) : 0, v->text, near);
	return evaluation_wrong(e, n, "unknown variable \"%s\"", v->text);
}

struct value
node_known(struct evaluation *e, struct node *n)
{
	struct value v = node_value(e, n);

	return v.kind == VALUE_ABSENT ? say_unknown(e, n, &v) : v;
}

struct value
node_condition(struct evaluation *e, struct node *n)
{
	struct value v = node_known(e, n);

	switch (v.kind) {
	case VALUE_BOOL:
	case VALUE_LATER:
	case VALUE_BAD:
		return v;
	case VALUE_LIST:
	case VALUE_MAP:
		return evaluation_wrong(e, n,
		    "a condition is true or false, \"%s\" is %s: write | length > 0",
		    words_of(e, n), value_kind_name(v.kind));
	case VALUE_TEXT:
		return evaluation_wrong(e, n,
		    "a condition is true or false, \"%s\" is a text: compare it (== \"...\"), or "
		    "add | bool",
		    words_of(e, n));
	case VALUE_ABSENT:
	case VALUE_NULL:
	case VALUE_INT:
		break;
	}
	return evaluation_wrong(e, n, "a condition is true or false, \"%s\" is %s: compare it",
	    words_of(e, n), value_kind_name(v.kind));
}

static struct value
list_of(struct evaluation *e, struct node *n)
{
	struct value *item = arena_alloc(e->arena, n->args * sizeof(*item) + 1);
	struct value later = { .kind = VALUE_NULL }, bad = later;

	for (size_t i = 0; i < n->args; i++) {
		item[i] = node_known(e, n->arg[i]);
		if (item[i].kind == VALUE_LATER)
			later = item[i];
		if (item[i].kind == VALUE_BAD)
			bad = item[i];
	}
	return bad.kind == VALUE_BAD       ? bad
	       : later.kind == VALUE_LATER ? later
					   : value_list(item, n->args);
}

static struct value
part_of(struct evaluation *e, struct node *n)
{
	struct value of = node_value(e, n->child[0]), at;
	const struct value *found = NULL;

	if (of.kind == VALUE_BAD || of.kind == VALUE_LATER)
		return of;
	at = node_known(e, n->child[1]);
	if (at.kind == VALUE_BAD || at.kind == VALUE_LATER)
		return at;
	if (of.kind == VALUE_MAP && at.kind == VALUE_TEXT) {
		evaluation_charge(e, of.count / 64);
		found = value_member(&of, at.text);
	} else if (of.kind == VALUE_LIST && at.kind == VALUE_INT) {
		int64_t i = at.n < 0 ? at.n + (int64_t)of.count : at.n;

		found = i >= 0 && i < (int64_t)of.count ? &of.item[i] : NULL;
	} else if (of.kind == VALUE_MAP || of.kind == VALUE_LIST) {
		return evaluation_wrong(e, n, "the parts of %s are named by %s, not by %s",
		    value_kind_name(of.kind), of.kind == VALUE_MAP ? "a text" : "a whole number",
		    value_kind_name(at.kind));
	}
	if (found)
		return *found;
	return (struct value){ .kind = VALUE_ABSENT,
		.text = words_of(e, n),
		.key = of.kind == VALUE_MAP ? of.key : NULL };
}

/* LATER passes through, and so does what nobody knows, so that a default can stand at the end. */
static struct value
through_filter(struct evaluation *e, struct node *n)
{
	struct filter_call c = { .e = e, .node = n };
	struct value later = { .kind = VALUE_NULL };

	c.in = node_value(e, n->child[0]);
	if (c.in.kind == VALUE_BAD || c.in.kind == VALUE_LATER)
		return c.in;
	if (!n->filter->apply) {
		bool given = c.in.kind != VALUE_ABSENT && c.in.kind != VALUE_NULL;

		return given ? c.in : node_value(e, n->arg[0]);
	}
	if (c.in.kind == VALUE_ABSENT)
		return c.in;
	for (int i = 0; i < ARGS_MAX; i++) {
		c.arg[i] =
		    n->arg[i] ? node_known(e, n->arg[i]) : (struct value){ .kind = VALUE_ABSENT };
		if (c.arg[i].kind == VALUE_BAD)
			return c.arg[i];
		if (c.arg[i].kind == VALUE_LATER)
			later = c.arg[i];
	}
	if (later.kind == VALUE_LATER)
		return later;
	if (!evaluation_charge(e, c.in.count + c.in.len / 256))
		return (struct value){ .kind = VALUE_BAD };
	return n->filter->apply(&c);
}

static struct value
test_holds(struct evaluation *e, struct node *n)
{
	struct value v = n->test->absent_ok ? node_value(e, n->child[0])
					    : node_known(e, n->child[0]),
		     arg = { .kind = VALUE_ABSENT };

	if (n->arg[0])
		arg = node_known(e, n->arg[0]);
	if (v.kind == VALUE_BAD || v.kind == VALUE_LATER)
		return v;
	if (arg.kind == VALUE_BAD || arg.kind == VALUE_LATER)
		return arg;
	v = n->test->holds(e, n, &v, &arg);
	return v.kind == VALUE_BOOL ? value_bool(v.n != n->negated) : v;
}

/* Whether one of a pair decides: false for and, true for or. What is not known yet does not hinder
 * the other side from deciding; what is said there may not come to pass. */
static struct value
both(struct evaluation *e, struct node *n)
{
	struct value a = node_condition(e, n->child[0]), b;
	bool decides = n->kind == NODE_OR;

	if (a.kind == VALUE_BAD || (a.kind == VALUE_BOOL && !!a.n == decides))
		return a;
	e->maybe += a.kind == VALUE_LATER;
	b = node_condition(e, n->child[1]);
	e->maybe -= a.kind == VALUE_LATER;
	if (a.kind == VALUE_LATER && (b.kind == VALUE_BAD || !!b.n != decides))
		return a;
	return b;
}

static struct value
chosen(struct evaluation *e, struct node *n)
{
	struct value test = node_condition(e, n->child[1]);

	if (test.kind == VALUE_BAD)
		return test;
	if (test.kind == VALUE_BOOL)
		return node_value(e, n->child[test.n ? 0 : 2]);
	e->maybe++;
	node_value(e, n->child[0]);
	node_value(e, n->child[2]);
	e->maybe--;
	return test;
}

static struct value
range_of(struct evaluation *e, struct node *n)
{
	int64_t from = 0, to = 0;

	for (size_t i = 0; i < n->args; i++) {
		struct value v = node_known(e, n->arg[i]);

		if (v.kind == VALUE_BAD || v.kind == VALUE_LATER)
			return v;
		if (v.kind != VALUE_INT)
			return evaluation_wrong(
			    e, n, "range takes whole numbers, not %s", value_kind_name(v.kind));
		from = i ? to : 0;
		to = v.n;
	}
	if (to > from && (uint64_t)to - (uint64_t)from > RANGE_MAX)
		return evaluation_wrong(e, n, "a range holds at most %d numbers", RANGE_MAX);
	size_t count = to > from ? (size_t)(to - from) : 0;
	struct value *item = arena_alloc(e->arena, count * sizeof(*item) + 1);
	evaluation_charge(e, count);
	for (size_t i = 0; i < count; i++)
		item[i] = value_int(from + (int64_t)i);
	return value_list(item, count);
}

static struct value
binary(struct evaluation *e, struct node *n)
{
	struct value a = node_known(e, n->child[0]), b = node_known(e, n->child[1]);

	if (a.kind == VALUE_BAD || b.kind == VALUE_BAD)
		return (struct value){ .kind = VALUE_BAD };
	if (a.kind == VALUE_LATER || b.kind == VALUE_LATER)
		return a.kind == VALUE_LATER ? a : b;
	return node_operated(e, n, &a, &b);
}

static struct value
turned(struct evaluation *e, struct node *n)
{
	struct value v;

	if (n->kind == NODE_NOT) {
		v = node_condition(e, n->child[0]);
		return v.kind == VALUE_BOOL ? value_bool(!v.n != n->negated) : v;
	}
	v = node_known(e, n->child[0]);
	if (v.kind == VALUE_BAD || v.kind == VALUE_LATER)
		return v;
	if (v.kind != VALUE_INT || v.n == INT64_MIN)
		return evaluation_wrong(
		    e, n, "- takes a whole number, not %s", value_kind_name(v.kind));
	return value_int(-v.n);
}

struct value
node_value(struct evaluation *e, struct node *n)
{
	if (!evaluation_charge(e, 1))
		return (struct value){ .kind = VALUE_BAD };
	switch (n->kind) {
	case NODE_LITERAL:
		return n->literal;
	case NODE_NAME:
		return look_up(e, n);
	case NODE_LIST:
		return list_of(e, n);
	case NODE_PART:
		return part_of(e, n);
	case NODE_FILTER:
		return through_filter(e, n);
	case NODE_TEST:
		return test_holds(e, n);
	case NODE_NOT:
	case NODE_MINUS:
		return turned(e, n);
	case NODE_BINARY:
		return binary(e, n);
	case NODE_AND:
	case NODE_OR:
		return both(e, n);
	case NODE_CHOICE:
		return chosen(e, n);
	case NODE_RANGE:
		return range_of(e, n);
	}
	return (struct value){ .kind = VALUE_BAD };
}

/* The whole of a source as one expression. */
static struct node *
read_whole(const struct source *s, struct arena *a, struct diag *diag)
{
	struct reading r = {
		.source = s, .arena = a, .diag = diag, .at = s->text, .end = s->text + s->len
	};
	struct node *n = node_read(&r, true);

	reading_skip_space(&r);
	if (n && r.at < r.end)
		reading_wrong(&r, r.at, "an operator is wanted here, or the end%s",
		    *r.at == '=' ? " (to compare: ==)" : "");
	return r.bad ? NULL : n;
}

bool
expression_check(const struct source *s, struct diag *diag)
{
	struct arena *a = arena_new();
	bool good = read_whole(s, a, diag) != NULL;

	arena_free(a);
	return good;
}

/* Everything a value points to, in another arena, as long as it is not too much. Bounded in depth
 * by what made it. */
static struct value
copied(struct evaluation *e, const struct value *v, struct arena *a)
{
	struct value to = *v;

	if (!evaluation_charge(e, 1 + v->count + v->len / 256))
		return (struct value){ .kind = VALUE_BAD };
	struct value *item = v->count ? arena_alloc(a, v->count * sizeof(*item)) : NULL;
	const char **key = v->key && v->count ? arena_alloc(a, v->count * sizeof(*key)) : NULL;
	if (v->text)
		to.text = arena_memdup0(a, v->text, v->len);
	for (size_t i = 0; i < v->count; i++) {
		item[i] = copied(e, &v->item[i], a);
		if (key)
			key[i] = arena_strdup(a, v->key[i]);
	}
	to.item = item;
	to.key = key;
	return to;
}

struct value
expression_value(
    const struct source *s, const struct scope *scope, struct arena *a, struct diag *diag)
{
	struct value v = { .kind = VALUE_BAD };
	struct evaluation e;

	evaluation_begin(&e, s, scope, diag);
	struct node *n = read_whole(s, e.arena, diag);
	if (n)
		v = node_known(&e, n);
	if (v.kind == VALUE_BAD && n && !e.bad) /* a mistake that may not count */
		v = (struct value){ .kind = VALUE_LATER, .text = "" };
	if (v.kind != VALUE_BAD)
		v = copied(&e, &v, a);
	if (e.bad)
		v = (struct value){ .kind = VALUE_BAD };
	evaluation_end(&e);
	return v;
}

bool
expression_truth(
    const struct source *s, const struct scope *scope, struct diag *diag, enum truth *ret)
{
	struct value v = { .kind = VALUE_BAD };
	struct evaluation e;

	evaluation_begin(&e, s, scope, diag);
	struct node *n = read_whole(s, e.arena, diag);
	if (n)
		v = node_condition(&e, n);
	/* A mistake that may not count leaves open whether it holds. */
	if (v.kind == VALUE_BAD && n && !e.bad)
		v.kind = VALUE_LATER;
	*ret = v.kind == VALUE_LATER ? TRUTH_LATER : v.n ? TRUTH_YES : TRUTH_NO;
	bool good = n && !e.bad && v.kind != VALUE_BAD;
	evaluation_end(&e);
	return good;
}
