#include "playbooks/render.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define RENDERED_MAX ((size_t)8 << 20)
#define NAME_MAX_LEN 128

/* The value an expression has so far. */
struct value {
	struct buf text;
	bool is_json;
	bool absent; /* only default() may take it */
	bool later;
};

struct render {
	const struct source *source;
	const struct render_scope *scope; /* NULL: only check */
	struct diag *diag;
	const char *at, *end; /* of the text still to be read */
	bool bad;
};

struct filter {
	const char *name;
	bool takes_text;
	void (*apply)(struct render *r, struct value *v, const char *argument);
};

bool
render_is_template(const struct source *s)
{
	for (size_t i = 0; s->text && i + 1 < s->len; i++)
		if (s->text[i] == '{' && (s->text[i + 1] == '{' || s->text[i + 1] == '%'))
			return true;
	return false;
}

static struct mark
mark_at(const struct render *r, const char *p)
{
	struct mark m = r->source->mark;

	if (!r->source->exact)
		return m;
	for (const char *c = r->source->text; c < p; c++) {
		if (*c == '\n') {
			m.line++;
			m.col = 1;
		} else if ((*c & 0xc0) != 0x80) {
			m.col++;
		}
	}
	return m;
}

#define wrong(r, p, ...)                                                                           \
	do {                                                                                       \
		(r)->bad = true;                                                                   \
		diag_error((r)->diag, mark_at((r), (p)), __VA_ARGS__);                             \
	} while (0)

static void
skip_space(struct render *r)
{
	while (r->at < r->end && isspace((unsigned char)*r->at))
		r->at++;
}

static bool
take_char(struct render *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
take_name(struct render *r, char *name)
{
	size_t n = 0;

	skip_space(r);
	while (r->at < r->end && n + 1 < NAME_MAX_LEN &&
	       (isalnum((unsigned char)*r->at) || *r->at == '_' || (n > 0 && *r->at == '-')))
		name[n++] = *r->at++;
	name[n] = '\0';
	return n > 0;
}

/* "text" or 'text', with \" \\ \n \t inside; false when there is none or it does not end. */
static bool
take_text(struct render *r, struct buf *to)
{
	const char *start = r->at;
	char quote;

	skip_space(r);
	if (r->at == r->end || (*r->at != '"' && *r->at != '\''))
		return false;
	for (quote = *r->at++; r->at < r->end && *r->at != quote; r->at++) {
		char c = *r->at;

		if (c == '\\' && r->at + 1 < r->end) {
			c = *++r->at;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		buf_addc(to, c);
	}
	if (r->at == r->end) {
		r->at = start;
		return false;
	}
	r->at++;
	return true;
}

static void
set_text(struct value *v, const char *p, size_t n)
{
	buf_clear(&v->text);
	buf_add(&v->text, p, n);
	v->is_json = false;
	v->absent = false;
}

static void
filter_default(struct render *r, struct value *v, const char *argument)
{
	(void)r;
	if (v->absent)
		set_text(v, argument, strlen(argument));
}

static void
filter_upper(struct render *r, struct value *v, const char *argument)
{
	(void)r;
	(void)argument;
	for (size_t i = 0; i < v->text.len; i++)
		v->text.data[i] = (char)toupper((unsigned char)v->text.data[i]);
}

static void
filter_lower(struct render *r, struct value *v, const char *argument)
{
	(void)r;
	(void)argument;
	for (size_t i = 0; i < v->text.len; i++)
		v->text.data[i] = (char)tolower((unsigned char)v->text.data[i]);
}

static void
filter_trim(struct render *r, struct value *v, const char *argument)
{
	(void)r;
	(void)argument;
	while (v->text.len && isspace((unsigned char)v->text.data[v->text.len - 1]))
		v->text.data[--v->text.len] = '\0';
	while (v->text.len && isspace((unsigned char)v->text.data[0]))
		buf_drop(&v->text, 1);
}

static void
filter_json(struct render *r, struct value *v, const char *argument)
{
	(void)r;
	(void)argument;
	if (!v->is_json) {
		autobuf quoted = BUF_INIT(RENDERED_MAX);

		json_quote(&quoted, buf_text(&v->text), v->text.len);
		set_text(v, buf_text(&quoted), quoted.len);
	}
	v->is_json = false;
}

static void
filter_join(struct render *r, struct value *v, const char *argument)
{
	struct err err;
	autojson *list =
	    v->is_json ? json_parse(buf_text(&v->text), v->text.len, RENDERED_MAX, &err) : NULL;
	autobuf joined = BUF_INIT(RENDERED_MAX);

	if (v->absent || v->later)
		return;
	if (json_kind(list) != JSON_KIND_ARRAY) {
		wrong(r, r->at, "join takes a list");
		return;
	}
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *item = json_at(list, i);
		size_t n = 0;
		const char *text = json_text(item, &n);

		buf_adds(&joined, i ? argument : "");
		if (text)
			buf_add(&joined, text, n);
		else if (json_kind(item) == JSON_KIND_INT)
			buf_addf(&joined, "%lld", (long long)json_int(item, 0));
		else
			wrong(r, r->at, "join takes a list of texts and numbers");
	}
	set_text(v, buf_text(&joined), joined.len);
}

static const struct filter filters[] = {
	{ "default", true, filter_default },
	{ "join", true, filter_join },
	{ "json", false, filter_json },
	{ "lower", false, filter_lower },
	{ "trim", false, filter_trim },
	{ "upper", false, filter_upper },
};

static const char *const filter_names[] = { "default", "join", "json", "lower", "trim", "upper",
	NULL };

static void
set_json(struct render *r, struct value *v, const struct json *found, const char *at)
{
	size_t n = 0;
	const char *text = json_text(found, &n);

	switch (json_kind(found)) {
	case JSON_KIND_TEXT:
		set_text(v, text, n);
		break;
	case JSON_KIND_INT:
		buf_clear(&v->text);
		buf_addf(&v->text, "%lld", (long long)json_int(found, 0));
		v->is_json = false;
		break;
	case JSON_KIND_BOOL:
		set_text(
		    v, json_bool(found, false) ? "true" : "false", json_bool(found, false) ? 4 : 5);
		break;
	case JSON_KIND_NULL:
		v->absent = true;
		break;
	case JSON_KIND_REAL:
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT: {
		autobuf raw = BUF_INIT(RENDERED_MAX);

		json_print(found, &raw);
		set_text(v, buf_text(&raw), raw.len);
		v->is_json = json_kind(found) != JSON_KIND_REAL;
		if (raw.dropped)
			wrong(r, at, "the value is too large");
		break;
	}
	}
}

/* .name and [3] behind a variable that is a mapping or a list. */
static void
reach_into(struct render *r, struct value *v, const char *start)
{
	struct err err;
	const char *p = r->at;
	char name[NAME_MAX_LEN];

	if (p == r->end || (*p != '.' && *p != '['))
		return;
	autojson *whole =
	    v->is_json ? json_parse(buf_text(&v->text), v->text.len, RENDERED_MAX, &err) : NULL;
	const struct json *found = whole;

	while (r->at < r->end && (*r->at == '.' || *r->at == '[')) {
		bool index = *r->at++ == '[';
		int64_t n = -1;

		if (!take_name(r, name) || (index && !str_int(name, 0, INT32_MAX, &n)) ||
		    (index && !take_char(r, ']'))) {
			wrong(r, p, "after '%c' comes %s", index ? '[' : '.',
			    index ? "a number and ']'" : "a name");
			return;
		}
		found = index ? json_at(found, (size_t)n) : json_get(found, name);
	}
	if (!r->scope || v->later)
		return;
	if (found) {
		set_json(r, v, found, start);
		return;
	}
	v->absent = true;
}

static void
say_unknown(struct render *r, const char *start, const char *name)
{
	bool part = strpbrk(name, ".[") != NULL; /* of a variable that is there */
	const char *near = r->scope->names && !part ? str_nearest(name, r->scope->names) : NULL;

	if (near)
		wrong(r, start, "unknown variable \"%s\"; did you mean \"%s\"?", name, near);
	else
		wrong(r, start, "unknown variable \"%s\"", name);
}

/* The name an expression begins with; filled into v. */
static void
look_up(struct render *r, struct value *v, const char *name, const char *start)
{
	struct render_value found = { 0 };

	if (!r->scope)
		return;
	switch (r->scope->find(r->scope->user, name, &found)) {
	case RENDER_ABSENT:
		v->absent = true;
		break;
	case RENDER_LATER:
		set_text(v, name, strlen(name));
		v->later = true;
		break;
	case RENDER_OPAQUE:
		wrong(r, start,
		    "variable \"%s\" holds a template or a vault text, which drover does not read",
		    name);
		break;
	case RENDER_FOUND:
		set_text(v, found.text, strlen(found.text));
		v->is_json = found.is_json;
		break;
	}
}

/* `| filter("x")`, as many as there are. The value may still be absent behind them. */
static void
take_filters(struct render *r, struct value *v)
{
	while (take_char(r, '|')) {
		const struct filter *f = NULL;
		const char *start = r->at;
		char name[NAME_MAX_LEN];
		autobuf argument = BUF_INIT(RENDERED_MAX);

		take_name(r, name);
		for (size_t i = 0; i < countof(filters); i++)
			if (str_eq(filters[i].name, name))
				f = &filters[i];
		if (!f) {
			const char *near = str_nearest(name, filter_names);

			wrong(r, start, "unknown filter \"%s\"%s%s%s", name,
			    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
			return;
		}
		if (f->takes_text &&
		    (!take_char(r, '(') || !take_text(r, &argument) || !take_char(r, ')'))) {
			wrong(r, start, "%s takes a quoted text: %s(\"...\")", name, name);
			return;
		}
		if (r->scope)
			f->apply(r, v, buf_text(&argument));
	}
}

static void
take_expression(struct render *r, struct value *v)
{
	const char *start;
	char name[NAME_MAX_LEN] = "";

	skip_space(r);
	start = r->at;
	if (take_text(r, &v->text)) {
		take_filters(r, v);
		return;
	}
	if (!take_name(r, name) || isdigit((unsigned char)name[0])) {
		wrong(r, start, "in {{ }} stands a name or a quoted text");
		return;
	}
	look_up(r, v, name, start);
	const char *path = r->at;

	reach_into(r, v, start);
	autofree char *whole = xasprintf("%s%.*s", name, (int)(r->at - path), path);

	take_filters(r, v);
	if (r->bad || !r->scope || v->later)
		return;
	if (v->absent)
		say_unknown(r, start, whole);
	else if (v->is_json)
		wrong(r, start, "\"%s\" is a list or a mapping: name a part of it, or add | json",
		    whole);
}

/* One {{ ... }}; r->at stands behind the braces at the end. */
static void
take_hole(struct render *r, struct buf *to)
{
	const char *start = r->at, *text_end = r->end;
	struct value v = { .text = BUF_INIT(RENDERED_MAX) };
	bool was_bad = r->bad;

	r->bad = false;
	r->at += 2;
	take_expression(r, &v);
	skip_space(r);
	if (!r->bad && (text_end - r->at < 2 || r->at[0] != '}' || r->at[1] != '}'))
		wrong(r, start, "{{ without its }}");
	if (r->bad) { /* go on behind what may be the end, for more mistakes */
		const char *close = memmem(start, (size_t)(text_end - start), "}}", 2);

		r->at = close ? close + 2 : text_end;
	} else {
		r->at += 2;
		buf_add(to, buf_text(&v.text), v.text.len);
	}
	r->bad = r->bad || was_bad;
	buf_fini(&v.text);
}

static bool
render_into(struct render *r, struct buf *to)
{
	r->at = r->source->text;
	r->end = r->at + r->source->len;
	while (r->at < r->end) {
		const char *brace = memchr(r->at, '{', (size_t)(r->end - r->at));
		const char *stop = brace ? brace : r->end;

		buf_add(to, r->at, (size_t)(stop - r->at));
		r->at = stop;
		if (stop == r->end)
			break;
		if (r->end - r->at >= 2 && r->at[1] == '{') {
			take_hole(r, to);
		} else if (r->end - r->at >= 2 && r->at[1] == '%') {
			wrong(r, r->at, "{%% is not supported yet (as plain text: {{ \"{%%\" }})");
			r->at += 2;
		} else {
			buf_addc(to, *r->at++);
		}
	}
	if (to->dropped && !r->bad)
		wrong(r, r->source->text, "the text grows past %zu MiB", RENDERED_MAX >> 20);
	return !r->bad;
}

char *
render_text(const struct source *s, const struct render_scope *scope, struct arena *a,
    struct diag *diag, size_t *ret_len)
{
	struct render r = { .source = s, .scope = scope, .diag = diag };
	autobuf to = BUF_INIT(RENDERED_MAX);

	if (!render_into(&r, &to))
		return NULL;
	if (ret_len)
		*ret_len = to.len;
	return arena_memdup0(a, buf_text(&to), to.len);
}

bool
render_check(const struct source *s, struct diag *diag)
{
	struct render r = { .source = s, .diag = diag };
	autobuf to = BUF_INIT(RENDERED_MAX);

	return render_into(&r, &to);
}
