#include "playbooks/test.h"

#include "base/mem.h"
#include "base/str.h"
#include "playbooks/expression_inner.h"

static struct value
is_defined(struct evaluation *e, struct node *n, const struct value *v, const struct value *arg)
{
	(void)e;
	(void)n;
	(void)arg;
	return value_bool(v->kind != VALUE_ABSENT);
}

static struct value
is_undefined(struct evaluation *e, struct node *n, const struct value *v, const struct value *arg)
{
	(void)e;
	(void)n;
	(void)arg;
	return value_bool(v->kind == VALUE_ABSENT);
}

#define IS(name, condition)                                                                        \
	static struct value is_##name(                                                             \
	    struct evaluation *e, struct node *n, const struct value *v, const struct value *arg)  \
	{                                                                                          \
		(void)e;                                                                           \
		(void)n;                                                                           \
		(void)arg;                                                                         \
		return value_bool(condition);                                                      \
	}
IS(null, v->kind == VALUE_NULL)
IS(text, v->kind == VALUE_TEXT)
IS(int, v->kind == VALUE_INT)
IS(bool, v->kind == VALUE_BOOL)
IS(list, v->kind == VALUE_LIST)
IS(map, v->kind == VALUE_MAP)
IS(true, v->kind == VALUE_BOOL && v->n)
IS(false, v->kind == VALUE_BOOL && !v->n)
IS(empty, v->kind == VALUE_NULL ||
	      ((v->kind == VALUE_TEXT || v->kind == VALUE_LIST || v->kind == VALUE_MAP) &&
		  v->len == 0 && v->count == 0))

/* Patterns as in a shell: * ? [a-z]. */
static struct value
is_glob(struct evaluation *e, struct node *n, const struct value *v, const struct value *arg)
{
	if (v->kind != VALUE_TEXT || arg->kind != VALUE_TEXT)
		return evaluation_wrong(e, n, "glob takes a text and a pattern, not %s",
		    value_kind_name(v->kind != VALUE_TEXT ? v->kind : arg->kind));
	evaluation_charge(e, (v->len / 64 + 1) * (arg->len / 64 + 1));
	return value_bool(str_glob(arg->text, v->text));
}

const struct test tests[] = {
	{ "bool", { NULL }, 0, is_bool, false },
	{ "boolean", { NULL }, 0, is_bool, false },
	{ "defined", { NULL }, 0, is_defined, true },
	{ "empty", { NULL }, 0, is_empty, false },
	{ "false", { NULL }, 0, is_false, false },
	{ "glob", { "pattern" }, 1, is_glob, false },
	{ "int", { NULL }, 0, is_int, false },
	{ "integer", { NULL }, 0, is_int, false },
	{ "list", { NULL }, 0, is_list, false },
	{ "map", { NULL }, 0, is_map, false },
	{ "mapping", { NULL }, 0, is_map, false },
	{ "none", { NULL }, 0, is_null, false },
	{ "null", { NULL }, 0, is_null, false },
	{ "number", { NULL }, 0, is_int, false },
	{ "string", { NULL }, 0, is_text, false },
	{ "text", { NULL }, 0, is_text, false },
	{ "true", { NULL }, 0, is_true, false },
	{ "undefined", { NULL }, 0, is_undefined, true },
	{ NULL, { NULL }, 0, NULL, false },
};

const struct test *
test_find(const char *name)
{
	for (const struct test *t = tests; t->name; t++)
		if (str_eq(t->name, name))
			return t;
	return NULL;
}

const char *
test_near(const char *name)
{
	const char *names[countof(tests)];

	for (size_t i = 0; i < countof(tests); i++)
		names[i] = tests[i].name;
	return str_nearest(name, names);
}
