#include "base/json.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <jansson.h>
#include <string.h>

static const json_t *
in(const struct json *v)
{
	return (const json_t *)(const void *)v;
}

static const struct json *
out(const json_t *v)
{
	return (const struct json *)(const void *)v;
}

/* The parser below would go deeper, and recurses while it does. */
static bool
too_deep(const char *s, size_t n)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (quoted) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				quoted = false;
		} else if (s[i] == '"') {
			quoted = true;
		} else if (s[i] == '[' || s[i] == '{') {
			if (++depth > JSON_DEPTH)
				return true;
		} else if (s[i] == ']' || s[i] == '}') {
			depth--;
		}
	}
	return false;
}

struct json *
json_parse(const char *text, size_t len, size_t max, struct err *err)
{
	json_error_t e;

	if (len > max) {
		err_set(err, OUTCOME_INPUT, "1:1: %zu bytes, the limit is %zu", len, max);
		return NULL;
	}
	if (too_deep(text, len)) {
		err_set(err, OUTCOME_INPUT, "1:1: nested more than %d deep", JSON_DEPTH);
		return NULL;
	}
	json_t *j =
	    json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &e);
	if (!j)
		err_set(err, OUTCOME_INPUT, "%d:%d: %s", e.line < 1 ? 1 : e.line,
		    e.column < 1 ? 1 : e.column, e.text);
	return (struct json *)(void *)j;
}

void
json_free(struct json *j)
{
	json_decref((json_t *)(void *)j);
}

void
json_free_scope(struct json **j)
{
	json_free(*j);
}

enum json_kind
json_kind(const struct json *v)
{
	if (json_is_object(in(v)))
		return JSON_KIND_OBJECT;
	if (json_is_array(in(v)))
		return JSON_KIND_ARRAY;
	if (json_is_string(in(v)))
		return JSON_KIND_TEXT;
	if (json_is_integer(in(v)))
		return JSON_KIND_INT;
	if (json_is_real(in(v)))
		return JSON_KIND_REAL;
	return json_is_boolean(in(v)) ? JSON_KIND_BOOL : JSON_KIND_NULL;
}

const char *
json_text(const struct json *v, size_t *ret_len)
{
	const char *s = json_string_value(in(v));

	if (s && ret_len)
		*ret_len = json_string_length(in(v));
	return s;
}

int64_t
json_int(const struct json *v, int64_t otherwise)
{
	return json_is_integer(in(v)) ? (int64_t)json_integer_value(in(v)) : otherwise;
}

bool
json_bool(const struct json *v, bool otherwise)
{
	return json_is_boolean(in(v)) ? json_is_true(in(v)) : otherwise;
}

double
json_double(const struct json *v, double otherwise)
{
	return json_is_number(in(v)) ? json_number_value(in(v)) : otherwise;
}

const struct json *
json_get(const struct json *v, const char *key)
{
	return out(json_object_get(in(v), key));
}

const char *
json_get_text(const struct json *v, const char *key)
{
	return json_text(json_get(v, key), NULL);
}

int64_t
json_get_int(const struct json *v, const char *key, int64_t otherwise)
{
	return json_int(json_get(v, key), otherwise);
}

bool
json_get_bool(const struct json *v, const char *key, bool otherwise)
{
	return json_bool(json_get(v, key), otherwise);
}

size_t
json_count(const struct json *v)
{
	return json_is_array(in(v)) ? json_array_size(in(v)) : json_object_size(in(v));
}

const struct json *
json_at(const struct json *v, size_t i)
{
	return out(json_array_get(in(v), i));
}

void
json_each(const struct json *object,
    void (*each)(void *user, const char *key, const struct json *value), void *user)
{
	/* jansson's iterators take no const, though they change nothing. */
	json_t *o = json_is_object(in(object)) ? (json_t *)(uintptr_t)(const void *)object : NULL;

	if (!o)
		return;
	for (void *i = json_object_iter(o); i; i = json_object_iter_next(o, i))
		each(user, json_object_iter_key(i), out(json_object_iter_value(i)));
}

static int
print_part(const char *part, size_t n, void *to)
{
	buf_add(to, part, n);
	return 0;
}

void
json_print(const struct json *v, struct buf *to)
{
	json_dump_callback(
	    in(v), print_part, to, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

static bool
must_escape(uint32_t c)
{
	if (c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0))
		return true;
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0x061c;
}

static void
escape(struct buf *to, uint32_t c)
{
	static const char names[] = "\"\"\\\\\nn\tt\rr";
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i + 1 < sizeof(names) - 1; i += 2) {
		if (c == (unsigned char)names[i]) {
			buf_add(to, (const char[]){ '\\', names[i + 1] }, 2);
			return;
		}
	}
	buf_add(to,
	    (const char[]){ '\\', 'u', digits[c >> 12 & 15], digits[c >> 8 & 15],
		digits[c >> 4 & 15], digits[c & 15] },
	    6);
}

void
json_quote(struct buf *to, const char *s, size_t n)
{
	size_t plain = 0, i = 0;

	buf_addc(to, '"');
	while (i < n) {
		uint32_t c = 0;
		size_t step = utf8_decode(s + i, n - i, &c);

		if (step && !must_escape(c)) {
			i += step;
			continue;
		}
		buf_add(to, s + plain, i - plain);
		if (step)
			escape(to, c);
		else
			buf_adds(to, "\xef\xbf\xbd");
		i += step ? step : 1;
		plain = i;
	}
	buf_add(to, s + plain, n - plain);
	buf_addc(to, '"');
}

void
json_writer_init(struct json_writer *w, struct buf *to)
{
	*w = (struct json_writer){ .to = to };
}

static void
begin_value(struct json_writer *w, const char *key)
{
	if (w->more[w->depth])
		buf_addc(w->to, ',');
	w->more[w->depth] = true;
	if (key) {
		json_quote(w->to, key, strlen(key));
		buf_addc(w->to, ':');
	}
}

static void
begin_nest(struct json_writer *w, const char *key, bool array)
{
	begin_value(w, key);
	if (w->depth + 1 >= JSON_DEPTH)
		mem_abort("JSON written too deep");
	w->depth++;
	w->more[w->depth] = false;
	w->array[w->depth] = array;
	buf_addc(w->to, array ? '[' : '{');
}

void
json_open_object(struct json_writer *w, const char *key)
{
	begin_nest(w, key, false);
}

void
json_open_array(struct json_writer *w, const char *key)
{
	begin_nest(w, key, true);
}

void
json_close(struct json_writer *w)
{
	buf_addc(w->to, w->array[w->depth] ? ']' : '}');
	w->depth--;
}

void
json_put_text(struct json_writer *w, const char *key, const char *s)
{
	begin_value(w, key);
	if (s)
		json_quote(w->to, s, strlen(s));
	else
		buf_adds(w->to, "null");
}

void
json_put_int(struct json_writer *w, const char *key, int64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)n);

	begin_value(w, key);
	buf_add(w->to, digits, (size_t)len);
}

void
json_put_bool(struct json_writer *w, const char *key, bool b)
{
	begin_value(w, key);
	buf_adds(w->to, b ? "true" : "false");
}

void
json_put_data(struct json_writer *w, const char *key, const void *p, size_t n)
{
	if (utf8_valid(p, n)) {
		begin_value(w, key);
		json_quote(w->to, p, n);
		return;
	}
	autofree char *b64 = digest_base64(p, n);
	autofree char *name = key ? xasprintf("%s_b64", key) : NULL;
	begin_value(w, name);
	json_quote(w->to, b64, strlen(b64));
}

void
json_put_raw(struct json_writer *w, const char *key, const char *json)
{
	begin_value(w, key);
	buf_adds(w->to, json);
}

struct members {
	struct json_writer *w;
	const char *but;
};

static void
put_member(void *user, const char *key, const struct json *value)
{
	struct members *m = user;
	size_t n = 0;

	if (m->but && strcmp(key, m->but) == 0)
		return;
	if (json_kind(value) == JSON_KIND_INT)
		json_put_int(m->w, key, json_int(value, 0));
	else if (json_text(value, &n))
		json_put_data(m->w, key, json_text(value, NULL), n);
}

void
json_put_members(struct json_writer *w, const struct json *map, const char *but)
{
	json_each(map, put_member, &(struct members){ .w = w, .but = but });
}
