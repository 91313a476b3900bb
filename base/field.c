#include "base/field.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <string.h>

#define SHOWN 60

static const struct {
	const char *name;
	bool scalar;
} forms[] = {
	[FORM_TEXT] = { "a text", true },
	[FORM_BOOL] = { "true or false", true },
	[FORM_INT] = { "a whole number", true },
	[FORM_PORT] = { "a port (1 to 65535)", true },
	[FORM_DURATION] = { "a duration (10s, 5m)", true },
	[FORM_SIZE] = { "a size (256M, 4K)", true },
	[FORM_MODE] = { "a file mode in octal (0644)", true },
	[FORM_CHOICE] = { "a word", true },
	[FORM_TEXTS] = { "a list of texts", false },
	[FORM_VARS] = { "a mapping of variables", false },
	[FORM_PAIRS] = { "a mapping of texts", false },
	[FORM_NODE] = { "anything", false },
	[FORM_CALL] = { "as described", false },
	[FORM_LATER] = { "not read yet", false },
};

const char *
field_form_name(enum field_form form)
{
	return forms[form].name;
}

/* What stands there, short enough for a message and cut between characters. */
static const char *
shown(const struct yaml_node *n, char *to)
{
	size_t len = n->len < SHOWN ? n->len : SHOWN;

	if (n->kind != YAML_SCALAR || yaml_is_null(n))
		return yaml_kind_name(n);
	while (len < n->len && len && ((unsigned char)n->text[len] & 0xc0) == 0x80)
		len--;
	to[0] = '"';
	memcpy(to + 1, n->text, len);
	for (size_t i = 1; i <= len; i++) {
		if (to[i] == '\n' || to[i] == '\t')
			to[i] = ' ';
	}
	memcpy(to + 1 + len, len < n->len ? "...\"" : "\"", len < n->len ? 5 : 2);
	return to;
}

static bool
wants(const struct field_context *c, const char *name, const struct yaml_node *n, const char *what)
{
	char text[SHOWN + 8];

	diag_error(c->diag, n->mark, "%s: %s is wanted here, not %s", name, what, shown(n, text));
	return false;
}

bool
field_text(
    const struct field_context *c, const char *name, const struct yaml_node *n, const char **ret)
{
	if (n->kind != YAML_SCALAR)
		return wants(c, name, n, "a text");
	if (yaml_is_null(n)) {
		diag_error(c->diag, n->mark,
		    "%s: a text is wanted here, not nothing (an empty one is \"\")", name);
		return false;
	}
	*ret = n->text;
	return true;
}

static bool
read_bool(const struct field_context *c, const char *name, const struct yaml_node *n, bool *ret)
{
	static const char *const yes[] = { "yes", "on", "y", NULL }, *const no[] = { "no", "off",
		"n", NULL };

	if (n->kind == YAML_SCALAR && yaml_type(n) == YAML_BOOL) {
		*ret = n->text[0] == 't' || n->text[0] == 'T';
		return true;
	}
	for (int i = 0; n->kind == YAML_SCALAR && i < 3; i++) {
		bool is_yes = strcasecmp(n->text, yes[i]) == 0;

		if (is_yes || strcasecmp(n->text, no[i]) == 0) {
			diag_error(c->diag, n->mark, "%s: write %s: \"%s\" is a text in YAML 1.2",
			    name, is_yes ? "true" : "false", n->text);
			return false;
		}
	}
	if (n->kind == YAML_SCALAR && !n->plain &&
	    (str_eq(n->text, "true") || str_eq(n->text, "false"))) {
		diag_error(c->diag, n->mark, "%s: write %s without quotes", name, n->text);
		return false;
	}
	return wants(c, name, n, "true or false");
}

/* The core rules of YAML 1.2: decimal, 0x and 0o. */
static bool
number(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	char *end;
	int base = s[0] == '0' && s[1] == 'x' ? 16 : s[0] == '0' && s[1] == 'o' ? 8 : 10;

	if (base == 10)
		return str_int(*s == '+' ? s + 1 : s, min, max, ret);
	unsigned long long n = strtoull(s + 2, &end, base);
	if (*end || end == s + 2 || strlen(s) > 18 || (int64_t)n < min || (int64_t)n > max)
		return false;
	*ret = (int64_t)n;
	return true;
}

static bool
read_int(
    const struct field_context *c, const struct field *f, const struct yaml_node *n, int64_t *ret)
{
	int64_t min = f->min, max = f->max;
	char range[96];

	if (f->form == FORM_PORT) {
		min = 1;
		max = 65535;
	} else if (!min && !max) {
		min = INT64_MIN;
		max = INT64_MAX;
	}
	if (n->kind == YAML_SCALAR && yaml_type(n) == YAML_INT) {
		if (n->text[0] == '0' && n->len > 1 && strspn(n->text, "0123456789") == n->len) {
			diag_error(c->diag, n->mark,
			    "%s: a number does not begin with 0 (octal is written 0o17)", f->name);
			return false;
		}
		if (number(n->text, min, max, ret))
			return true;
	} else if (n->kind == YAML_SCALAR && !n->plain && number(n->text, min, max, ret)) {
		diag_error(
		    c->diag, n->mark, "%s: write the number %s without quotes", f->name, n->text);
		return false;
	}
	if (f->form == FORM_PORT || (min == INT64_MIN && max == INT64_MAX))
		return wants(c, f->name, n, forms[f->form].name);
	if (max == INT64_MAX)
		snprintf(range, sizeof(range), "a whole number from %jd", (intmax_t)min);
	else
		snprintf(range, sizeof(range), "a whole number from %jd to %jd", (intmax_t)min,
		    (intmax_t)max);
	return wants(c, f->name, n, range);
}

static bool
read_mode(const struct field_context *c, const char *name, const struct yaml_node *n, int64_t *ret)
{
	const char *s = n->kind == YAML_SCALAR ? n->text : "";

	if (s[0] == '0' && s[1] == 'o')
		s += 2;
	if (strlen(s) < 3 || strlen(s) > 5 || strspn(s, "01234567") != strlen(s) ||
	    strtol(s, NULL, 8) > 07777)
		return wants(c, name, n, forms[FORM_MODE].name);
	*ret = strtol(s, NULL, 8);
	return true;
}

static bool
read_amount(
    const struct field_context *c, const struct field *f, const struct yaml_node *n, int64_t *ret)
{
	bool (*parse)(const char *, int64_t *) = f->form == FORM_SIZE ? str_size : str_duration;
	int64_t got;
	char range[96];

	if (n->kind != YAML_SCALAR || !parse(n->text, &got))
		return wants(c, f->name, n, forms[f->form].name);
	if (!f->max || (got >= f->min && got <= f->max)) {
		*ret = got;
		return true;
	}
	if (f->form == FORM_SIZE && f->max == INT64_MAX)
		snprintf(range, sizeof(range), "a size from %jd bytes", (intmax_t)f->min);
	else if (f->form == FORM_SIZE)
		snprintf(range, sizeof(range), "a size from %jd to %jd bytes", (intmax_t)f->min,
		    (intmax_t)f->max);
	else
		snprintf(range, sizeof(range), "a duration from %jdms to %jds", (intmax_t)f->min,
		    (intmax_t)f->max / 1000);
	return wants(c, f->name, n, range);
}

static bool
read_choice(const struct field_context *c, const struct field *f, const struct yaml_node *n,
    const char **ret)
{
	const char *text = NULL, *near;
	autobuf all = BUF_INIT(1000);

	if (!field_text(c, f->name, n, &text))
		return false;
	for (const char *const *w = f->choices; *w; w++) {
		if (str_eq(*w, text)) {
			*ret = *w;
			return true;
		}
		buf_addf(&all, "%s%s", w == f->choices ? "" : w[1] ? ", " : " or ", *w);
	}
	near = str_nearest(text, f->choices);
	if (!near && c->word_hint && c->word_hint(f->name, text))
		diag_error(c->diag, n->mark, "%s: no such word \"%.60s\": %s", f->name, text,
		    c->word_hint(f->name, text));
	else if (near)
		diag_error(c->diag, n->mark, "%s: no such word \"%.60s\"; did you mean \"%s\"?",
		    f->name, text, near);
	else
		wants(c, f->name, n, buf_text(&all));
	return false;
}

static bool
check_grammar(const struct field_context *c, const struct field *f, const struct yaml_node *n,
    const char *text)
{
	const char *bad = f->grammar ? f->grammar(text) : NULL;

	return bad ? wants(c, f->name, n, bad) : true;
}

static bool
read_text(const struct field_context *c, const struct field *f, const struct yaml_node *n,
    const char **ret)
{
	const char *text = NULL;

	if (!field_text(c, f->name, n, &text) || !check_grammar(c, f, n, text))
		return false;
	*ret = text;
	return true;
}

static bool
read_texts(const struct field_context *c, const struct field *f, const struct yaml_node *n,
    struct field_texts *ret)
{
	bool one = n->kind == YAML_SCALAR && (f->flags & FIELD_OR_ONE), good = true;
	size_t count = one ? 1 : n->count;
	const struct yaml_node *const *from = one ? &n : n->value;

	if (!one && n->kind != YAML_LIST)
		return wants(c, f->name, n,
		    f->flags & FIELD_OR_ONE ? "a text or a list of texts" : "a list of texts");
	const char **item = arena_alloc(c->arena, (count + 1) * sizeof(*item));
	struct mark *mark = arena_alloc(c->arena, (count + 1) * sizeof(*mark));
	for (size_t i = 0; i < count; i++) {
		good &= read_text(c, f, from[i], &item[i]);
		mark[i] = from[i]->mark;
	}
	if (good)
		*ret = (struct field_texts){ .item = item, .mark = mark, .count = count };
	return good;
}

static const char *
json_of(struct arena *a, const struct yaml_node *n)
{
	autobuf b = BUF_INIT(YAML_SIZE_MAX * 2);

	yaml_to_json(n, &b);
	return arena_memdup0(a, buf_text(&b), b.len);
}

static bool
is_var_name(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	return *s && strchr(letters, *s) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
		   strlen(s);
}

/* Variables may hold anything and have names that a template can say; pairs hold texts. */
static bool
read_pair(const struct field_context *c, const struct field *f, const struct yaml_node *n, size_t i,
    struct var *to)
{
	const struct yaml_node *key = n->key[i], *value = n->value[i];

	if (f->form == FORM_VARS && !is_var_name(key->text))
		return wants(c, f->name, key, "a name of letters, digits and _");
	*to = (struct var){ .name = key->text, .mark = key->mark };
	if (f->form == FORM_PAIRS)
		return field_text(c, key->text, value, &to->value);
	to->is_json = value->kind != YAML_SCALAR;
	to->plain = value->kind == YAML_SCALAR && value->plain;
	to->value = to->is_json ? json_of(c->arena, value) : yaml_is_null(value) ? "" : value->text;
	return true;
}

static bool
read_vars(const struct field_context *c, const struct field *f, const struct yaml_node *n,
    struct field_vars *ret)
{
	bool good = true;

	if (n->kind != YAML_MAP)
		return wants(c, f->name, n, forms[f->form].name);
	struct var *item = arena_alloc(c->arena, n->count * sizeof(*item) + 1);
	for (size_t i = 0; i < n->count; i++)
		good &= read_pair(c, f, n, i, &item[i]);
	if (good)
		*ret = (struct field_vars){ .item = item, .count = n->count };
	return good;
}

bool
field_vars(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct field_vars *ret)
{
	const struct field f = { .name = name, .form = FORM_VARS };

	return read_vars(c, &f, n, ret);
}

bool
field_value(
    const struct field_context *c, const struct field *f, const struct yaml_node *n, void *to)
{
	void *at = (char *)to + f->offset;
	int64_t n_port = 0;
	int before = c->diag->errors;

	switch (f->form) {
	case FORM_TEXT:
		return read_text(c, f, n, at);
	case FORM_BOOL:
		return read_bool(c, f->name, n, at);
	case FORM_INT:
		return read_int(c, f, n, at);
	case FORM_PORT:
		if (!read_int(c, f, n, &n_port))
			return false;
		*(int *)at = (int)n_port;
		return true;
	case FORM_DURATION:
	case FORM_SIZE:
		return read_amount(c, f, n, at);
	case FORM_MODE:
		return read_mode(c, f->name, n, at);
	case FORM_CHOICE:
		return read_choice(c, f, n, at);
	case FORM_TEXTS:
		return read_texts(c, f, n, at);
	case FORM_VARS:
	case FORM_PAIRS:
		return read_vars(c, f, n, at);
	case FORM_NODE:
		*(const struct yaml_node **)at = n;
		return true;
	case FORM_CALL:
		f->parse(c, n, to);
		return c->diag->errors == before;
	case FORM_LATER:
		diag_error(c->diag, n->mark, "%s: not read yet: %s", f->name, f->doc);
		return false;
	}
	return false;
}

static const struct field *
find(const struct field *table, const char *name)
{
	for (; table->name; table++) {
		if (str_eq(table->name, name))
			return table;
	}
	return NULL;
}

static void
unknown_key(const struct field_context *c, const struct field *table, const struct yaml_node *key)
{
	const char *hint = c->key_hint ? c->key_hint(key->text) : NULL;
	const char *names[64], *near;
	size_t n = 0;
	autobuf all = BUF_INIT(400);

	for (; table->name && n < countof(names) - 1; table++) {
		if (table->form == FORM_LATER)
			continue;
		buf_addf(&all, "%s%s", n ? ", " : "", table->name);
		names[n++] = table->name;
	}
	names[n] = NULL;
	near = str_nearest(key->text, names);
	if (hint)
		diag_error(c->diag, key->mark, "unknown key \"%.60s\" in %s: %s", key->text,
		    c->what, hint);
	else if (near)
		diag_error(c->diag, key->mark, "unknown key \"%.60s\" in %s; did you mean \"%s\"?",
		    key->text, c->what, near);
	else
		diag_error(c->diag, key->mark, "unknown key \"%.60s\" in %s; it may have: %s",
		    key->text, c->what, buf_text(&all));
}

bool
field_read(
    const struct field_context *c, const struct field *table, const struct yaml_node *map, void *to)
{
	int before = c->diag->errors;

	if (map->kind != YAML_MAP)
		return wants(c, c->what, map, "a mapping");
	for (size_t i = 0; i < map->count; i++) {
		const struct field *f = find(table, map->key[i]->text);

		if (f)
			field_value(c, f, map->value[i], to);
		else
			unknown_key(c, table, map->key[i]);
	}
	for (; table->name; table++) {
		if ((table->flags & FIELD_REQUIRED) && !yaml_find(map, table->name))
			diag_error(
			    c->diag, map->mark, "%s: \"%s\" is missing", c->what, table->name);
	}
	return c->diag->errors == before;
}

/* The form in the words of the manual; empty where the doc says it better. */
static void
manual_form(const struct field *f, struct buf *to)
{
	if (f->form == FORM_NODE || f->form == FORM_CALL)
		return;
	if (f->form != FORM_CHOICE) {
		buf_adds(to, field_form_name(f->form));
		return;
	}
	for (const char *const *w = f->choices; *w; w++)
		buf_addf(to, "%s%s", w == f->choices ? "" : w[1] ? ", " : " or ", *w);
}

void
field_manual(const struct field *table, struct buf *to)
{
	for (; table->name; table++) {
		autobuf form = BUF_INIT(1000);

		manual_form(table, &form);
		if (table->flags & FIELD_REQUIRED)
			buf_addf(&form, "%srequired", form.len ? ", " : "");
		buf_addf(
		    to, ".It Ic %s%s%s\n", table->name, form.len ? " Pq " : "", buf_text(&form));
		buf_addf(to, "%s.\n", table->doc ? table->doc : "");
	}
}
