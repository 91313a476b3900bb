#include "playbooks/read_step.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/expression.h"
#include "playbooks/read.h"

#include <string.h>

#define WHEN_MAX 64
#define TAGS_MAX 64

/* A scalar as a source whose places can be counted. */
static bool
take_source(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret)
{
	const char *text = NULL;

	if (!field_text(c, name, n, &text))
		return false;
	*ret = read_source_of(n, text);
	return true;
}

/* "{{ a }}" and nothing around it is the expression a. */
static bool
is_bare(const struct source *s, struct source *ret)
{
	const char *from = s->text + 2, *to = s->text + s->len - 2;

	if (s->len < 4 || memcmp(s->text, "{{", 2) != 0 || memcmp(to, "}}", 2) != 0 ||
	    memmem(from, (size_t)(to - from), "{{", 2) ||
	    memmem(from, (size_t)(to - from), "}}", 2))
		return false;
	from += *from == '-' && from < to;
	to -= to > from && to[-1] == '-';
	*ret = *s;
	ret->text = from;
	ret->len = (size_t)(to - from);
	ret->mark.col += s->exact ? (int)(from - s->text) : 0;
	return true;
}

bool
read_condition(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret)
{
	if (n->kind != YAML_SCALAR) {
		diag_error(c->diag, n->mark, "%s: an expression is wanted here, not %s", name,
		    yaml_kind_name(n));
		return false;
	}
	if (!take_source(c, name, n, ret))
		return false;
	if (!strstr(ret->text, "{{") && !strstr(ret->text, "{%"))
		return expression_check(ret, c->diag);
	diag_error(c->diag, n->mark, "%s: it is an expression by itself: without {{ }}", name);
	return false;
}

void
read_when(const struct field_context *c, const struct yaml_node *n, struct step_decl *to)
{
	size_t count = n->kind == YAML_LIST ? n->count : 1;

	if (count > WHEN_MAX) {
		diag_error(c->diag, n->mark, "when: at most %d conditions", WHEN_MAX);
		return;
	}
	to->when = arena_alloc(c->arena, count * sizeof(*to->when) + 1);
	to->when_count = count;
	for (size_t i = 0; i < count; i++)
		read_condition(c, "when", n->kind == YAML_LIST ? n->value[i] : n, &to->when[i]);
}

static void
read_nest(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct value_decl *ret)
{
	autobuf json = BUF_INIT(YAML_SIZE_MAX * 2);

	yaml_to_json(n, &json);
	if (strstr(buf_text(&json), "{{") || strstr(buf_text(&json), "{%"))
		diag_error(
		    c->diag, n->mark, "%s: in a list or mapping templates are not filled in", name);
	ret->value = value_from_json(c->arena, buf_text(&json));
	if (ret->value.kind == VALUE_BAD)
		diag_error(c->diag, n->mark, "%s: the value cannot be read", name);
}

static void
read_value(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct value_decl *ret)
{
	*ret = (struct value_decl){ .form = VALUE_DECL_FIXED };
	if (n->kind != YAML_SCALAR) {
		read_nest(c, name, n, ret);
		return;
	}
	ret->value = value_scalar(yaml_is_null(n) ? "" : n->text, n->plain);
	if (yaml_is_null(n) || !read_source(c, name, n, &ret->source) ||
	    !render_is_template(&ret->source))
		return;
	ret->form =
	    is_bare(&ret->source, &ret->source) ? VALUE_DECL_EXPRESSION : VALUE_DECL_TEMPLATE;
}

void
read_loop(const struct field_context *c, const struct yaml_node *n, struct step_decl *to)
{
	struct loop_decl *loop = arena_alloc(c->arena, sizeof(*loop));

	to->loop = loop;
	if (n->kind == YAML_MAP || (n->kind == YAML_LIST && n->count > STEP_LOOP_MAX)) {
		diag_error(c->diag, n->mark,
		    "loop: a list of at most %d items, or an expression that gives one, is wanted "
		    "here",
		    STEP_LOOP_MAX);
		return;
	}
	if (n->kind == YAML_SCALAR) {
		if (take_source(c, "loop", n, &loop->list)) {
			is_bare(&loop->list, &loop->list);
			expression_check(&loop->list, c->diag);
		}
		return;
	}
	loop->item = arena_alloc(c->arena, n->count * sizeof(*loop->item) + 1);
	loop->count = n->count;
	for (size_t i = 0; i < n->count; i++)
		read_value(c, "loop", n->value[i], &loop->item[i]);
}

static const char *
is_tag(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 &&
		       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789._-") == n
		   ? NULL
		   : "a word of letters, digits, '.', '_' and '-'";
}

void
read_as(const struct field_context *c, const struct yaml_node *n, struct source *to)
{
	if (read_source(c, "as", n, to) && !render_is_template(to) && read_is_user(to->text))
		diag_error(c->diag, n->mark, "as: %s is wanted here, not \"%.60s\"",
		    read_is_user(to->text), to->text);
}

void
read_tags(const struct field_context *c, const struct yaml_node *n, struct step_decl *to)
{
	static const struct field tags = { FIELD_OF(FORM_TEXTS, struct step_decl, tags),
		.flags = FIELD_OR_ONE, .grammar = is_tag };
	struct reader *r = c->user;

	if (!field_value(c, &tags, n, to))
		return;
	if (to->tags.count > TAGS_MAX)
		diag_error(c->diag, n->mark, "tags: at most %d", TAGS_MAX);
	for (size_t i = 0; i < to->tags.count; i++)
		tags_know(&r->playbook->tags, r->playbook->arena, to->tags.item[i]);
}

void
read_step_vars(const struct field_context *c, const struct yaml_node *n, struct step_decl *to)
{
	static const char *const taken[] = { "host", "kind", "item", "loop" };
	struct field_vars names;

	if (!field_vars(c, "vars", n, &names))
		return;
	to->var = arena_alloc(c->arena, n->count * sizeof(*to->var) + 1);
	to->var_count = n->count;
	for (size_t i = 0; i < n->count; i++) {
		to->var[i].name = n->key[i]->text;
		for (size_t k = 0; k < countof(taken); k++)
			if (str_eq(taken[k], n->key[i]->text))
				diag_error(c->diag, n->key[i]->mark,
				    "vars: %s has a meaning of its own", taken[k]);
		read_value(c, n->key[i]->text, n->value[i], &to->var[i].value);
	}
}
