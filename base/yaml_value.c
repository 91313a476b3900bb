#include "base/buf.h"
#include "base/json.h"
#include "base/yaml.h"

#include <ctype.h>
#include <string.h>

const struct yaml_node *
yaml_find(const struct yaml_node *n, const char *key)
{
	for (size_t i = 0; n && n->kind == YAML_MAP && i < n->count; i++) {
		if (strcmp(n->key[i]->text, key) == 0)
			return n->value[i];
	}
	return NULL;
}

static bool
is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(s, *list) == 0)
			return true;
	}
	return false;
}

static bool
is_int(const char *s)
{
	if (s[0] == '0' && s[1] == 'x')
		return s[2] && strspn(s + 2, "0123456789abcdefABCDEF") == strlen(s + 2);
	if (s[0] == '0' && s[1] == 'o')
		return s[2] && strspn(s + 2, "01234567") == strlen(s + 2);
	s += *s == '-' || *s == '+';
	return *s && strspn(s, "0123456789") == strlen(s);
}

static bool
is_float(const char *s)
{
	size_t digits = 0, n;

	s += *s == '-' || *s == '+';
	n = strspn(s, "0123456789");
	digits += n;
	s += n;
	if (*s == '.') {
		n = strspn(++s, "0123456789");
		digits += n;
		s += n;
	}
	if (!digits)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		return *s && strspn(s, "0123456789") == strlen(s);
	}
	return !*s;
}

enum yaml_type
yaml_type(const struct yaml_node *n)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const bools[] = { "true", "True", "TRUE", "false", "False", "FALSE",
		NULL };

	if (!n->plain)
		return YAML_TEXT;
	if (is_one_of(n->text, nulls))
		return YAML_NULL;
	if (is_one_of(n->text, bools))
		return YAML_BOOL;
	if (is_int(n->text))
		return YAML_INT;
	return is_float(n->text) ? YAML_FLOAT : YAML_TEXT;
}

bool
yaml_is_null(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && yaml_type(n) == YAML_NULL;
}

const char *
yaml_kind_name(const struct yaml_node *n)
{
	if (n->kind == YAML_SCALAR)
		return yaml_is_null(n) ? "nothing" : "a text";
	return n->kind == YAML_LIST ? "a list" : "a mapping";
}

/* A number that JSON writes the same way; 012, +1, .5 and 0x10 stay the texts they are. */
static bool
is_json_number(const char *s)
{
	s += *s == '-';
	if (!isdigit((unsigned char)*s) || (s[0] == '0' && isdigit((unsigned char)s[1])))
		return false;
	s += strspn(s, "0123456789");
	if (*s == '.' && !isdigit((unsigned char)s[1]))
		return false;
	return !strpbrk(s, "xo");
}

static void
json_scalar(const struct yaml_node *n, struct buf *to)
{
	enum yaml_type t = yaml_type(n);

	if (t == YAML_NULL)
		buf_adds(to, "null");
	else if (t == YAML_BOOL)
		buf_adds(to, tolower((unsigned char)n->text[0]) == 't' ? "true" : "false");
	else if (t != YAML_TEXT && is_json_number(n->text))
		buf_adds(to, n->text);
	else
		json_quote(to, n->text, n->len);
}

/* The depth is bounded by YAML_DEPTH_MAX when the tree is built. */
void
yaml_to_json(const struct yaml_node *n, struct buf *to)
{
	bool map = n->kind == YAML_MAP;

	if (n->kind == YAML_SCALAR) {
		json_scalar(n, to);
		return;
	}
	buf_addc(to, map ? '{' : '[');
	for (size_t i = 0; i < n->count; i++) {
		if (i)
			buf_addc(to, ',');
		if (map) {
			json_quote(to, n->key[i]->text, n->key[i]->len);
			buf_addc(to, ':');
		}
		yaml_to_json(n->value[i], to);
	}
	buf_addc(to, map ? '}' : ']');
}
