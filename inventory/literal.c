#include "inventory/literal.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

struct reader {
	const char *p;
	int depth;
};

/* One value: its text when it is a scalar, its JSON in any case. */
struct value {
	struct buf text, json;
	bool scalar;
};

static bool read_value(struct reader *r, struct value *v);

static struct value
value_new(void)
{
	return (struct value){ .text = BUF_INIT(SIZE_MAX), .json = BUF_INIT(SIZE_MAX) };
}

static void
value_fini(struct value *v)
{
	buf_fini(&v->text);
	buf_fini(&v->json);
}

static void
skip(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t')
		r->p++;
}

static int
digits(struct reader *r, int base, int max, uint32_t *ret)
{
	int n = 0;

	*ret = 0;
	for (; n < max; n++, r->p++) {
		int c = tolower((unsigned char)*r->p);
		int d = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

		if (d >= base)
			break;
		*ret = *ret * (uint32_t)base + (uint32_t)d;
	}
	return n;
}

/* Behind a backslash. */
static bool
read_escape(struct reader *r, struct buf *to)
{
	static const char from[] = "nrtabfv\\'\"", into[] = "\n\r\t\a\b\f\v\\'\"";
	const char *known = *r->p ? strchr(from, *r->p) : NULL;
	int wide = *r->p == 'x' ? 2 : *r->p == 'u' ? 4 : *r->p == 'U' ? 8 : 0;
	uint32_t c = 0;

	if (known) {
		buf_addc(to, into[known - from]);
		r->p++;
		return true;
	}
	if (*r->p >= '0' && *r->p <= '7') {
		digits(r, 8, 3, &c);
	} else if (wide) {
		r->p++;
		if (digits(r, 16, wide, &c) != wide)
			return false;
	} else {
		buf_addc(to, '\\');
		return *r->p && *r->p != 'N';
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	utf8_encode(to, c);
	return true;
}

static bool
is_string(const char *p)
{
	p += strspn(p, "rRuUbB");
	return *p == '\'' || *p == '"';
}

static bool
read_string(struct reader *r, struct buf *to)
{
	size_t prefix = strspn(r->p, "rRuUbB");
	bool raw = memchr(r->p, 'r', prefix) || memchr(r->p, 'R', prefix);
	char quote = r->p[prefix];
	const char ends[] = { quote, quote, quote, '\0' };
	size_t n;

	if (prefix > 2)
		return false;
	r->p += prefix;
	n = strncmp(r->p, ends, 3) == 0 ? 3 : 1;
	r->p += n;
	while (strncmp(r->p, ends, n) != 0) {
		if (!*r->p)
			return false;
		if (*r->p != '\\') {
			buf_addc(to, *r->p++);
			continue;
		}
		r->p++;
		if (!raw) {
			if (!read_escape(r, to))
				return false;
			continue;
		}
		buf_addc(to, '\\');
		if (*r->p)
			buf_addc(to, *r->p++);
	}
	r->p += n;
	return true;
}

/* Strings side by side are one. */
static bool
read_strings(struct reader *r, struct value *v)
{
	do {
		if (!read_string(r, &v->text))
			return false;
		skip(r);
	} while (is_string(r->p));
	json_quote(&v->json, buf_text(&v->text), v->text.len);
	return true;
}

/* Digits with single underscores between them. */
static bool
take_digits(struct reader *r, const char *set, struct buf *to)
{
	size_t before = to->len;

	while (strchr(set, *r->p) && *r->p) {
		buf_addc(to, *r->p++);
		if (*r->p == '_' && r->p[1] && strchr(set, r->p[1]))
			r->p++;
	}
	return to->len > before;
}

static bool
read_based(struct reader *r, struct value *v, bool minus)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	int kind = tolower((unsigned char)r->p[1]);
	autobuf text = BUF_INIT(SIZE_MAX);

	r->p += 2;
	if (!take_digits(r,
		kind == 'x'   ? hex
		: kind == 'o' ? "01234567"
			      : "01",
		&text) ||
	    text.len > 15)
		return false;
	buf_addf(&v->text, "%s%lld", minus ? "-" : "",
	    strtoll(buf_text(&text), NULL,
		kind == 'x'   ? 16
		: kind == 'o' ? 8
			      : 2));
	buf_adds(&v->json, buf_text(&v->text));
	return true;
}

/* The same number by the rules of JSON; what a reader of JSON could not hold is a text. */
static void
json_number(struct value *v, bool real)
{
	const char *s = buf_text(&v->text), *digit = *s == '-' ? s + 1 : s;
	size_t whole = strspn(digit, "0123456789");
	const char *rest = digit + whole;

	if ((!real && whole > 18) || v->text.len > 60) {
		json_quote(&v->json, s, v->text.len);
		return;
	}
	while (whole > 1 && *digit == '0') {
		digit++;
		whole--;
	}
	buf_addf(&v->json, "%s%s%.*s", *s == '-' ? "-" : "", whole ? "" : "0", (int)whole, digit);
	if (*rest == '.' && !isdigit((unsigned char)rest[1]))
		buf_addf(&v->json, ".0%s", rest + 1);
	else
		buf_adds(&v->json, rest);
}

static bool
read_number(struct reader *r, struct value *v)
{
	bool minus = *r->p == '-', real = false, some;
	size_t from;

	if (*r->p == '-' || *r->p == '+')
		r->p++;
	skip(r);
	if (*r->p == '0' && r->p[1] && strchr("xXoObB", r->p[1]))
		return read_based(r, v, minus) && !isalnum((unsigned char)*r->p) && *r->p != '_';
	if (minus)
		buf_addc(&v->text, '-');
	from = v->text.len;
	some = take_digits(r, "0123456789", &v->text);
	if (*r->p == '.') {
		buf_addc(&v->text, *r->p++);
		some |= take_digits(r, "0123456789", &v->text);
		real = true;
	}
	if (some && (*r->p == 'e' || *r->p == 'E')) {
		buf_addc(&v->text, *r->p++);
		if (*r->p == '-' || *r->p == '+')
			buf_addc(&v->text, *r->p++);
		some = take_digits(r, "0123456789", &v->text);
		real = true;
	}
	const char *s = buf_text(&v->text) + from;
	if (!some || isalnum((unsigned char)*r->p) || *r->p == '_' || *r->p == '.')
		return false;
	if (!real && s[0] == '0' && strspn(s, "0") != strlen(s))
		return false;
	json_number(v, real);
	return true;
}

static bool
read_word(struct reader *r, struct value *v)
{
	static const struct {
		const char *word, *text, *json;
	} words[] = { { "True", "true", "true" }, { "False", "false", "false" },
		{ "None", "", "null" } };

	for (int i = 0; i < 3; i++) {
		size_t n = strlen(words[i].word);

		if (strncmp(r->p, words[i].word, n) != 0 || isalnum((unsigned char)r->p[n]) ||
		    r->p[n] == '_')
			continue;
		r->p += n;
		buf_adds(&v->text, words[i].text);
		buf_adds(&v->json, words[i].json);
		return true;
	}
	return false;
}

/* One item of a list, or a key with its value; *dict is settled by the first. */
static bool
read_item(struct reader *r, struct buf *json, bool first, bool *dict)
{
	struct value v = value_new();
	bool good = read_value(r, &v);

	skip(r);
	if (good && first)
		*dict = *dict && *r->p == ':';
	if (good && *dict) {
		good = v.scalar && *r->p == ':';
		json_quote(json, buf_text(&v.text), v.text.len);
		buf_addc(json, ':');
		r->p += good;
		value_fini(&v);
		v = value_new();
		good = good && read_value(r, &v);
		skip(r);
	}
	buf_add(json, buf_text(&v.json), v.json.len);
	value_fini(&v);
	return good;
}

/* Up to the closing bracket, which is left. *commas counts those met. */
static bool
read_items(struct reader *r, char end, struct buf *json, bool *dict, size_t *commas)
{
	*commas = 0;
	for (bool first = true; skip(r), *r->p != end; first = false) {
		if (!first)
			buf_addc(json, ',');
		if (!read_item(r, json, first, dict))
			return false;
		if (*r->p != ',')
			return *r->p == end;
		r->p++;
		++*commas;
	}
	return true;
}

static bool
read_bracket(struct reader *r, struct value *v)
{
	char open = *r->p++, end = open == '(' ? ')' : open == '[' ? ']' : '}';
	const char *inside = r->p;
	bool dict = open == '{';
	size_t commas;
	autobuf json = BUF_INIT(SIZE_MAX);

	if (!read_items(r, end, &json, &dict, &commas))
		return false;
	if (open == '(' && json.len && !commas) {
		r->p = inside;
		if (!read_value(r, v))
			return false;
		skip(r);
		return *r->p++ == ')';
	}
	r->p++;
	v->scalar = false;
	buf_addf(&v->json, "%s%s%s", dict ? "{" : "[", buf_text(&json), dict ? "}" : "]");
	return true;
}

static bool
read_value(struct reader *r, struct value *v)
{
	bool good;

	skip(r);
	if (++r->depth > DEPTH_MAX)
		return false;
	v->scalar = true;
	if (*r->p && strchr("([{", *r->p))
		good = read_bracket(r, v);
	else if (is_string(r->p))
		good = read_strings(r, v);
	else if (isdigit((unsigned char)*r->p) || (*r->p && strchr("+-.", *r->p)))
		good = read_number(r, v);
	else
		good = read_word(r, v);
	r->depth--;
	return good;
}

/* a, b without brackets is a tuple. */
static bool
read_rest(struct reader *r, struct value *v)
{
	autobuf json = BUF_INIT(SIZE_MAX);

	skip(r);
	if (*r->p != ',')
		return true;
	buf_addf(&json, "[%s", buf_text(&v->json));
	while (*r->p == ',') {
		struct value next = value_new();

		r->p++;
		skip(r);
		if (!*r->p || *r->p == '#') {
			value_fini(&next);
			break;
		}
		bool good = read_value(r, &next);
		buf_addf(&json, ",%s", buf_text(&next.json));
		value_fini(&next);
		if (!good)
			return false;
		skip(r);
	}
	buf_addc(&json, ']');
	buf_clear(&v->json);
	buf_adds(&v->json, buf_text(&json));
	v->scalar = false;
	return true;
}

bool
literal_read(const char *s, struct buf *to, bool *ret_json)
{
	struct reader r = { .p = s };
	struct value v = value_new();
	bool good = read_value(&r, &v) && read_rest(&r, &v);

	skip(&r);
	good = good && (!*r.p || *r.p == '#');
	if (good) {
		const struct buf *from = v.scalar ? &v.text : &v.json;

		*ret_json = !v.scalar;
		buf_add(to, buf_text(from), from->len);
	}
	value_fini(&v);
	return good;
}
