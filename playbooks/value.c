#include "playbooks/value.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#include <ctype.h>

#define JSON_MAX ((size_t)16 << 20)

static const char *const kind_names[] = {
	[VALUE_BAD] = "a mistake",
	[VALUE_ABSENT] = "unknown",
	[VALUE_LATER] = "not known yet",
	[VALUE_NULL] = "null",
	[VALUE_BOOL] = "true or false",
	[VALUE_INT] = "a whole number",
	[VALUE_TEXT] = "a text",
	[VALUE_LIST] = "a list",
	[VALUE_MAP] = "a mapping",
};

const char *
value_kind_name(enum value_kind kind)
{
	return kind_names[kind];
}

/* Written as we would write it: 12 and -3, not 012, +1 or -0. */
static bool
is_whole(const char *s, int64_t *ret)
{
	const char *digits = s + (*s == '-');

	if (!isdigit((unsigned char)*digits) || (digits[0] == '0' && (digits[1] || *s == '-')))
		return false;
	return str_int(s, INT64_MIN, INT64_MAX, ret);
}

struct value
value_scalar(const char *text, bool plain)
{
	int64_t n = 0;

	if (plain && !*text)
		return (struct value){ .kind = VALUE_NULL };
	if (plain && (str_eq(text, "true") || str_eq(text, "True") || str_eq(text, "TRUE")))
		return value_bool(true);
	if (plain && (str_eq(text, "false") || str_eq(text, "False") || str_eq(text, "FALSE")))
		return value_bool(false);
	if (plain && is_whole(text, &n))
		return value_int(n);
	return value_text(text, strlen(text));
}

/* The members of a JSON object, gathered one by one. */
struct gathering {
	struct arena *arena;
	struct value *item;
	const char **key;
	size_t n;
};

static struct value from_json(struct arena *a, const struct json *j);

static void
gather(void *user, const char *key, const struct json *value)
{
	struct gathering *g = user;

	g->key[g->n] = arena_strdup(g->arena, key);
	g->item[g->n++] = from_json(g->arena, value);
}

static struct value
from_nest(struct arena *a, const struct json *j)
{
	bool map = json_kind(j) == JSON_KIND_OBJECT;
	size_t count = json_count(j);
	struct gathering g = { .arena = a,
		.item = arena_alloc(a, count * sizeof(struct value) + 1),
		.key = map ? arena_alloc(a, count * sizeof(char *) + 1) : NULL };

	if (map)
		json_each(j, gather, &g);
	for (size_t i = 0; !map && i < count; i++)
		g.item[i] = from_json(a, json_at(j, i));
	return (struct value){
		.kind = map ? VALUE_MAP : VALUE_LIST, .item = g.item, .key = g.key, .count = count
	};
}

/* As deep as the JSON, which its parser bounds. */
static struct value
from_json(struct arena *a, const struct json *j)
{
	autobuf raw = BUF_INIT(1000);
	const char *text;
	size_t n = 0;

	switch (json_kind(j)) {
	case JSON_KIND_NULL:
		break;
	case JSON_KIND_BOOL:
		return value_bool(json_bool(j, false));
	case JSON_KIND_INT:
		return value_int(json_int(j, 0));
	case JSON_KIND_REAL:
		json_print(j, &raw);
		return (struct value){ .kind = VALUE_TEXT,
			.real = true,
			.text = arena_memdup0(a, buf_text(&raw), raw.len),
			.len = raw.len };
	case JSON_KIND_TEXT:
		text = json_text(j, &n);
		return value_text(arena_memdup0(a, text, n), n);
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		return from_nest(a, j);
	}
	return (struct value){ .kind = VALUE_NULL };
}

struct value
value_from_json(struct arena *a, const char *json)
{
	struct err err;
	autojson *j = json_parse(json, strlen(json), JSON_MAX, &err);

	return j ? from_json(a, j) : (struct value){ .kind = VALUE_BAD };
}

void
value_json(const struct value *v, struct buf *to)
{
	bool map = v->kind == VALUE_MAP;

	if (v->kind == VALUE_INT) {
		buf_addf(to, "%lld", (long long)v->n);
	} else if (v->kind == VALUE_BOOL) {
		buf_adds(to, v->n ? "true" : "false");
	} else if (v->kind == VALUE_TEXT && v->real) {
		buf_add(to, v->text, v->len);
	} else if (v->kind == VALUE_TEXT) {
		json_quote(to, v->text, v->len);
	} else if (v->kind == VALUE_LIST || map) {
		buf_addc(to, map ? '{' : '[');
		for (size_t i = 0; i < v->count && !to->dropped; i++) {
			buf_adds(to, i ? "," : "");
			if (map) {
				json_quote(to, v->key[i], strlen(v->key[i]));
				buf_addc(to, ':');
			}
			value_json(&v->item[i], to);
		}
		buf_addc(to, map ? '}' : ']');
	} else {
		buf_adds(to, "null");
	}
}

const char *
value_shown(struct arena *a, const struct value *v, size_t *ret_len)
{
	const char *text = NULL;

	if (v->kind == VALUE_TEXT || v->kind == VALUE_LATER) {
		*ret_len = v->len;
		return v->text;
	}
	if (v->kind == VALUE_INT)
		text = arena_printf(a, "%lld", (long long)v->n);
	if (v->kind == VALUE_BOOL)
		text = v->n ? "true" : "false";
	if (text)
		*ret_len = strlen(text);
	return text;
}

bool
value_equal(const struct value *a, const struct value *b, size_t *cost)
{
	++*cost;
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == VALUE_TEXT) {
		*cost += a->len / 256;
		return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
	}
	if (a->kind == VALUE_MAP) {
		for (size_t i = 0; i < a->count; i++) {
			bool beside = str_eq(a->key[i], b->key[i]);
			const struct value *other =
			    beside ? &b->item[i] : value_member(b, a->key[i]);

			*cost += beside ? 1 : b->count / 16;
			if (!other || !value_equal(&a->item[i], other, cost))
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < a->count; i++) {
		if (!value_equal(&a->item[i], &b->item[i], cost))
			return false;
	}
	return a->n == b->n;
}

int
value_order(const struct value *a, const struct value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order;

	if (a->kind == VALUE_INT)
		return (a->n > b->n) - (a->n < b->n);
	order = n ? memcmp(a->text, b->text, n) : 0;
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

const struct value *
value_member(const struct value *map, const char *key)
{
	for (size_t i = 0; map->kind == VALUE_MAP && i < map->count; i++) {
		if (str_eq(map->key[i], key))
			return &map->item[i];
	}
	return NULL;
}
