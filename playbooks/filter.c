#include "playbooks/filter.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "playbooks/expression_inner.h"
#include "playbooks/filter_inner.h"

#include <ctype.h>
#include <string.h>

struct value
filter_wants(struct filter_call *c, enum value_kind wanted, const struct value *v)
{
	return evaluation_wrong(c->e, c->node, "%s takes %s, not %s", c->node->filter->name,
	    value_kind_name(wanted), value_kind_name(v->kind));
}

struct value
filter_text(struct filter_call *c, struct buf *b)
{
	if (b->dropped)
		return evaluation_wrong(c->e, c->node, "%s: the text grows past %zu MiB",
		    c->node->filter->name, OUTPUT_MAX >> 20);
	evaluation_charge(c->e, b->len / 256);
	return value_text(arena_memdup0(c->e->arena, buf_text(b), b->len), b->len);
}

/* The value as a text: numbers and truths as they are written. False when it is something else. */
static bool
as_text(struct filter_call *c, const struct value *v, struct value *ret)
{
	const char *text = value_shown(c->e->arena, v, &ret->len);

	*ret = value_text(text, ret->len);
	if (!text)
		filter_wants(c, VALUE_TEXT, v);
	return text != NULL;
}

/* The n-th argument as a text, or what it is by default. */
static bool
text_argument(struct filter_call *c, int n, const char *otherwise, struct value *ret)
{
	if (c->arg[n].kind == VALUE_ABSENT) {
		*ret = value_text(otherwise, strlen(otherwise));
		return true;
	}
	*ret = c->arg[n];
	if (ret->kind == VALUE_TEXT)
		return true;
	evaluation_wrong(c->e, c->node, "%s: %s is %s, not %s", c->node->filter->name,
	    c->node->filter->params[n], value_kind_name(VALUE_TEXT), value_kind_name(ret->kind));
	return false;
}

static struct value
bad(void)
{
	return (struct value){ .kind = VALUE_BAD };
}

static struct value
by_char(struct filter_call *c, int (*of)(int ch), size_t most)
{
	struct value v = { 0 };

	if (!as_text(c, &c->in, &v))
		return bad();
	char *text = arena_memdup0(c->e->arena, v.text, v.len);
	for (size_t i = 0; i < v.len && i < most; i++)
		text[i] = (char)of((unsigned char)text[i]);
	return value_text(text, v.len);
}

static struct value
apply_upper(struct filter_call *c)
{
	return by_char(c, toupper, SIZE_MAX);
}

static struct value
apply_lower(struct filter_call *c)
{
	return by_char(c, tolower, SIZE_MAX);
}

static struct value
apply_capitalize(struct filter_call *c)
{
	c->in = by_char(c, tolower, SIZE_MAX);
	return c->in.kind == VALUE_BAD ? c->in : by_char(c, toupper, 1);
}

static struct value
apply_trim(struct filter_call *c)
{
	struct value v = { 0 };
	size_t from = 0;

	if (!as_text(c, &c->in, &v))
		return bad();
	while (v.len && isspace((unsigned char)v.text[v.len - 1]))
		v.len--;
	while (from < v.len && isspace((unsigned char)v.text[from]))
		from++;
	return value_text(arena_memdup0(c->e->arena, v.text + from, v.len - from), v.len - from);
}

static struct value
apply_replace(struct filter_call *c)
{
	struct value v = { 0 }, from, to;
	autobuf b = BUF_INIT(OUTPUT_MAX);
	const char *p, *end, *hit;

	if (!as_text(c, &c->in, &v) || !text_argument(c, 0, "", &from) ||
	    !text_argument(c, 1, "", &to))
		return bad();
	if (from.len == 0)
		return evaluation_wrong(c->e, c->node, "replace: there is nothing to replace");
	end = v.text + v.len;
	for (p = v.text; !b.dropped && (hit = memmem(p, (size_t)(end - p), from.text, from.len));
	     p = hit + from.len) {
		buf_add(&b, p, (size_t)(hit - p));
		buf_add(&b, to.text, to.len);
	}
	buf_add(&b, p, (size_t)(end - p));
	return filter_text(c, &b);
}

static struct value
apply_indent(struct filter_call *c)
{
	struct value v = { 0 };
	autobuf b = BUF_INIT(OUTPUT_MAX);
	bool here = c->arg[1].kind == VALUE_BOOL && c->arg[1].n;
	int64_t width = c->arg[0].kind == VALUE_ABSENT ? 4 : c->arg[0].n;

	if (!as_text(c, &c->in, &v))
		return bad();
	if ((c->arg[0].kind != VALUE_ABSENT && c->arg[0].kind != VALUE_INT) || width < 0 ||
	    width > 200)
		return evaluation_wrong(c->e, c->node, "indent: width is a number from 0 to 200");
	if (c->arg[1].kind != VALUE_ABSENT && c->arg[1].kind != VALUE_BOOL)
		return evaluation_wrong(c->e, c->node, "indent: first is true or false");
	for (size_t i = 0; i < v.len && !b.dropped; i++) {
		for (int64_t n = 0; here && v.text[i] != '\n' && n < width; n++)
			buf_addc(&b, ' ');
		buf_addc(&b, v.text[i]);
		here = v.text[i] == '\n';
	}
	return filter_text(c, &b);
}

static struct value
apply_quote(struct filter_call *c)
{
	struct value v = { 0 };
	autobuf b = BUF_INIT(OUTPUT_MAX);

	if (!as_text(c, &c->in, &v))
		return bad();
	if (memchr(v.text, '\0', v.len))
		return evaluation_wrong(c->e, c->node, "quote: no word of a shell holds a NUL");
	str_shell_quote(&b, v.text);
	return filter_text(c, &b);
}

static struct value
apply_b64encode(struct filter_call *c)
{
	struct value v = { 0 };

	if (!as_text(c, &c->in, &v))
		return bad();
	autofree char *b64 = digest_base64(v.text, v.len);
	return value_text(arena_strdup(c->e->arena, b64), strlen(b64));
}

static struct value
apply_b64decode(struct filter_call *c)
{
	struct value v = { 0 };
	size_t n = 0;

	if (!as_text(c, &c->in, &v))
		return bad();
	autofree uint8_t *raw = digest_unbase64(v.text, v.len, &n);
	if (!raw || !utf8_valid((const char *)raw, n))
		return evaluation_wrong(c->e, c->node, "b64decode: it is no text in base64");
	return value_text(arena_memdup0(c->e->arena, raw, n), n);
}

static struct value
apply_sha256(struct filter_call *c)
{
	char hex[DIGEST_HEX];
	struct value v = { 0 };

	if (!as_text(c, &c->in, &v))
		return bad();
	digest_hex(v.text, v.len, hex);
	return value_text(arena_strdup(c->e->arena, hex), strlen(hex));
}

static struct value
apply_basename(struct filter_call *c)
{
	struct value v = { 0 };

	if (!as_text(c, &c->in, &v))
		return bad();
	const char *slash = memrchr(v.text, '/', v.len);
	return slash ? value_text(slash + 1, (size_t)(v.text + v.len - slash - 1)) : v;
}

static struct value
apply_dirname(struct filter_call *c)
{
	struct value v = { 0 };

	if (!as_text(c, &c->in, &v))
		return bad();
	const char *slash = memrchr(v.text, '/', v.len);
	size_t n = slash == v.text ? 1 : slash ? (size_t)(slash - v.text) : 0;
	return value_text(arena_memdup0(c->e->arena, v.text, n), n);
}

static struct value
apply_json(struct filter_call *c)
{
	autobuf b = BUF_INIT(OUTPUT_MAX);

	value_json(&c->in, &b);
	return filter_text(c, &b);
}

static struct value
apply_text(struct filter_call *c)
{
	struct value v = { 0 };

	return as_text(c, &c->in, &v) ? v : bad();
}

static struct value
apply_int(struct filter_call *c)
{
	int64_t n = c->in.n;

	if (c->in.kind == VALUE_INT || c->in.kind == VALUE_BOOL)
		return value_int(n);
	if (c->in.kind != VALUE_TEXT)
		return filter_wants(c, VALUE_TEXT, &c->in);
	if (strlen(c->in.text) == c->in.len && str_int(c->in.text, INT64_MIN, INT64_MAX, &n))
		return value_int(n);
	if (c->arg[0].kind != VALUE_ABSENT)
		return c->arg[0];
	return evaluation_wrong(c->e, c->node,
	    "int: \"%.40s\" is no whole number; int(0) would stand in for it", c->in.text);
}

static struct value
apply_bool(struct filter_call *c)
{
	static const char *const words[][2] = { { "true", "false" }, { "yes", "no" },
		{ "on", "off" }, { "1", "0" } };

	if (c->in.kind == VALUE_BOOL)
		return c->in;
	if (c->in.kind == VALUE_INT && (c->in.n == 0 || c->in.n == 1))
		return value_bool(c->in.n);
	if (c->in.kind != VALUE_TEXT)
		return filter_wants(c, VALUE_TEXT, &c->in);
	for (size_t i = 0; i < countof(words); i++) {
		if (strcasecmp(c->in.text, words[i][0]) == 0)
			return value_bool(true);
		if (strcasecmp(c->in.text, words[i][1]) == 0)
			return value_bool(false);
	}
	return evaluation_wrong(
	    c->e, c->node, "bool: \"%.40s\" is neither true nor false", c->in.text);
}

static void
add_item(struct value *item, size_t *count, const char *from, size_t n, struct arena *a)
{
	item[(*count)++] = value_text(arena_memdup0(a, from, n), n);
}

/* Without a separator: words, with any blanks between them. */
static struct value
apply_split(struct filter_call *c)
{
	struct value v = { 0 }, by;
	size_t count = 0;
	bool words = c->arg[0].kind == VALUE_ABSENT;

	if (!as_text(c, &c->in, &v) || !text_argument(c, 0, " ", &by))
		return bad();
	if (by.len == 0)
		return evaluation_wrong(c->e, c->node, "split: an empty text separates nothing");
	const char *p = v.text, *end = v.text + v.len, *hit;
	size_t most = 2;
	for (hit = p; hit < end &&
		      (words || (hit = memmem(hit, (size_t)(end - hit), by.text, by.len)) != NULL);
	     hit += words ? 1 : by.len)
		most += !words || isspace((unsigned char)*hit);
	if (!evaluation_charge(c->e, most))
		return bad();
	struct value *item = arena_alloc(c->e->arena, most * sizeof(*item));
	while (p < end && words) {
		for (; p < end && isspace((unsigned char)*p); p++)
			;
		for (hit = p; hit < end && !isspace((unsigned char)*hit); hit++)
			;
		if (hit > p)
			add_item(item, &count, p, (size_t)(hit - p), c->e->arena);
		p = hit;
	}
	while (!words && (hit = memmem(p, (size_t)(end - p), by.text, by.len)) != NULL) {
		add_item(item, &count, p, (size_t)(hit - p), c->e->arena);
		p = hit + by.len;
	}
	if (!words)
		add_item(item, &count, p, (size_t)(end - p), c->e->arena);
	return value_list(item, count);
}

/* Without their newlines, and without an empty one behind the last. */
static struct value
apply_lines(struct filter_call *c)
{
	struct value v = { 0 };
	size_t most = 1, count = 0;

	if (!as_text(c, &c->in, &v))
		return bad();
	const char *end = v.text + v.len;
	for (const char *p = v.text; p < end; p++)
		most += *p == '\n';
	if (!evaluation_charge(c->e, most))
		return bad();
	struct value *item = arena_alloc(c->e->arena, most * sizeof(*item));
	for (const char *p = v.text; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((stop ? stop : end) - p);

		add_item(item, &count, p, n && p[n - 1] == '\r' ? n - 1 : n, c->e->arena);
		p += n + 1;
	}
	return value_list(item, count);
}

const struct filter filters[] = {
	{ "b64decode", { NULL }, 0, apply_b64decode },
	{ "b64encode", { NULL }, 0, apply_b64encode },
	{ "basename", { NULL }, 0, apply_basename },
	{ "bool", { NULL }, 0, apply_bool },
	{ "capitalize", { NULL }, 0, apply_capitalize },
	{ "count", { NULL }, 0, filter_length },
	{ "d", { "value" }, 1, NULL },
	{ "default", { "value" }, 1, NULL },
	{ "dict2items", { NULL }, 0, filter_items },
	{ "dirname", { NULL }, 0, apply_dirname },
	{ "first", { NULL }, 0, filter_first },
	{ "indent", { "width", "first" }, 0, apply_indent },
	{ "int", { "default" }, 0, apply_int },
	{ "items", { NULL }, 0, filter_items },
	{ "join", { "d", "attribute" }, 0, filter_join },
	{ "json", { NULL }, 0, apply_json },
	{ "keys", { NULL }, 0, filter_keys },
	{ "last", { NULL }, 0, filter_last },
	{ "length", { NULL }, 0, filter_length },
	{ "lines", { NULL }, 0, apply_lines },
	{ "list", { NULL }, 0, filter_list },
	{ "lower", { NULL }, 0, apply_lower },
	{ "map", { "filter", "attribute" }, 0, filter_map },
	{ "max", { NULL }, 0, filter_max },
	{ "min", { NULL }, 0, filter_min },
	{ "quote", { NULL }, 0, apply_quote },
	{ "replace", { "old", "new" }, 2, apply_replace },
	{ "reverse", { NULL }, 0, filter_reverse },
	{ "sha256", { NULL }, 0, apply_sha256 },
	{ "sort", { "reverse", "attribute" }, 0, filter_sort },
	{ "split", { "separator" }, 0, apply_split },
	{ "string", { NULL }, 0, apply_text },
	{ "sum", { NULL }, 0, filter_sum },
	{ "text", { NULL }, 0, apply_text },
	{ "to_json", { NULL }, 0, apply_json },
	{ "trim", { NULL }, 0, apply_trim },
	{ "unique", { NULL }, 0, filter_unique },
	{ "upper", { NULL }, 0, apply_upper },
	{ "values", { NULL }, 0, filter_values },
	{ NULL, { NULL }, 0, NULL },
};

const struct filter *
filter_find(const char *name)
{
	for (const struct filter *f = filters; f->name; f++)
		if (str_eq(f->name, name))
			return f;
	return NULL;
}

const char *
filter_near(const char *name)
{
	const char *names[countof(filters)];

	for (size_t i = 0; i < countof(filters); i++)
		names[i] = filters[i].name;
	return str_nearest(name, names);
}
