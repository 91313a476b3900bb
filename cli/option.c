#include "cli/option.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

static void *
slot(const struct option_scope *s, const struct option *o)
{
	return (char *)s->values + o->offset;
}

static bool
wants_argument(const struct option *o)
{
	return o->type != OPTION_FLAG && o->type != OPTION_COUNT;
}

static bool
is_choice(const char *choices, const char *text)
{
	size_t n = strlen(text);

	for (const char *p = choices; p; p = strchr(p, '|'), p = p ? p + 1 : NULL) {
		if (n > 0 && strncmp(p, text, n) == 0 && (p[n] == '|' || p[n] == '\0'))
			return true;
	}
	return false;
}

static void
list_add(struct option_list *list, const char *text, bool from_environment)
{
	list->item = xrealloc(list->item, list->count + 2, sizeof(*list->item));
	list->item[list->count++] = text;
	list->item[list->count] = NULL;
	list->from_environment = from_environment;
}

static int
set_int(const struct option *o, int64_t *to, const char *text, struct err *err)
{
	bool any = o->min == 0 && o->max == 0;

	if (str_int(text, any ? INT64_MIN : o->min, any ? INT64_MAX : o->max, to))
		return 0;
	if (any)
		return err_set(
		    err, OUTCOME_USAGE, "--%s takes a whole number, not '%s'", o->name, text);
	return err_set(err, OUTCOME_USAGE, "--%s takes a whole number from %lld to %lld, not '%s'",
	    o->name, (long long)o->min, (long long)o->max, text);
}

static int
set(const struct option_scope *s, const struct option *o, const char *text, struct err *err)
{
	void *to = slot(s, o);

	switch (o->type) {
	case OPTION_END:
		break;
	case OPTION_FLAG:
		*(bool *)to = true;
		break;
	case OPTION_COUNT:
		++*(int *)to;
		break;
	case OPTION_INT:
		return set_int(o, to, text, err);
	case OPTION_DURATION:
		if (!str_duration(text, to))
			return err_set(err, OUTCOME_USAGE,
			    "--%s takes a duration such as 10s, 5m or 250ms, not '%s'", o->name,
			    text);
		break;
	case OPTION_TEXT:
		if (o->choices && !is_choice(o->choices, text))
			return err_set(err, OUTCOME_USAGE, "--%s is one of %s, not '%s'", o->name,
			    o->choices, text);
		*(const char **)to = text;
		break;
	case OPTION_LIST: {
		struct option_list *list = to;

		if (list->from_environment)
			list->count = 0;
		list_add(list, text, false);
		break;
	}
	}
	return 0;
}

static const struct option *
find(const struct option_parse *p, const char *name, size_t n, char letter,
    const struct option_scope **ret_scope)
{
	for (size_t i = 0; i < p->scope_count; i++) {
		const struct option *o = p->scopes[i].table;

		for (; o && o->type != OPTION_END; o++) {
			bool same = name ? strncmp(o->name, name, n) == 0 && o->name[n] == '\0'
					 : o->letter == letter;
			if (same) {
				*ret_scope = &p->scopes[i];
				return o;
			}
		}
	}
	return NULL;
}

static int
unknown(const struct option_parse *p, const char *name, size_t n, struct err *err)
{
	const char *names[256];
	size_t count = 0;
	autofree char *given = xmemdup0(name, n);
	const char *near = NULL;

	for (size_t i = 0; i < p->scope_count; i++) {
		const struct option *o = p->scopes[i].table;

		for (; o && o->type != OPTION_END && count < countof(names) - 3; o++) {
			names[count++] = o->name;
			if (!near && n >= 2 && str_starts(o->name, given))
				near = o->name;
		}
	}
	names[count++] = "help";
	names[count++] = "version";
	names[count] = NULL;
	if (!near)
		near = str_nearest(given, names);
	if (near)
		return err_set(
		    err, OUTCOME_USAGE, "no option --%s; did you mean --%s?", given, near);
	return err_set(err, OUTCOME_USAGE, "no option --%s", given);
}

/* A long option at argv[i]; the number of words it took, or -1. */
static int
parse_long(struct option_parse *p, char **argv, int left, struct err *err)
{
	const struct option_scope *scope;
	const char *name = argv[0] + 2;
	size_t n = strcspn(name, "=");
	const char *value = name[n] == '=' ? name + n + 1 : NULL;
	const struct option *o = find(p, name, n, 0, &scope);

	if (!o && !value && str_eq(name, "help")) {
		p->help = true;
		return 1;
	}
	if (!o && !value && str_eq(name, "version")) {
		p->version = true;
		return 1;
	}
	if (!o)
		return unknown(p, name, n, err);
	if (!wants_argument(o)) {
		if (value)
			return err_set(err, OUTCOME_USAGE, "--%s takes no value", o->name);
		return set(scope, o, NULL, err) < 0 ? -1 : 1;
	}
	if (value)
		return set(scope, o, value, err) < 0 ? -1 : 1;
	if (left < 2)
		return err_set(err, OUTCOME_USAGE, "--%s needs %s", o->name, o->argument);
	return set(scope, o, argv[1], err) < 0 ? -1 : 2;
}

/* Letters at argv[i], as in -vvS or -P8; the number of words they took, or -1. */
static int
parse_letters(struct option_parse *p, char **argv, int left, struct err *err)
{
	for (const char *l = argv[0] + 1; *l; l++) {
		const struct option_scope *scope;
		const struct option *o = find(p, NULL, 0, *l, &scope);

		if (!o && *l == 'h') {
			p->help = true;
			continue;
		}
		if (!o && *l == 'V') {
			p->version = true;
			continue;
		}
		if (!o)
			return err_set(err, OUTCOME_USAGE, "no option -%c", *l);
		if (!wants_argument(o)) {
			if (set(scope, o, NULL, err) < 0)
				return -1;
			continue;
		}
		if (l[1])
			return set(scope, o, l + 1, err) < 0 ? -1 : 1;
		if (left < 2)
			return err_set(err, OUTCOME_USAGE, "-%c needs %s", *l, o->argument);
		return set(scope, o, argv[1], err) < 0 ? -1 : 2;
	}
	return 1;
}

/* Who asks for help among words that are wrong gets it. */
static bool
asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && !str_eq(argv[i], "--"); i++) {
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
			return true;
	}
	return false;
}

int
option_parse(struct option_parse *p, int argc, char **argv, struct err *err)
{
	int i = 0;

	p->operands = argv;
	while (i < argc) {
		char *word = argv[i];
		int took;

		if (p->stop_after >= 0 && p->operand_count >= p->stop_after)
			break;
		if (str_eq(word, "--")) {
			p->dashes = true;
			i++;
			break;
		}
		if (word[0] != '-' || word[1] == '\0') {
			argv[p->operand_count++] = word;
			i++;
			continue;
		}
		took = word[1] == '-' ? parse_long(p, argv + i, argc - i, err)
				      : parse_letters(p, argv + i, argc - i, err);
		if (took < 0)
			p->help = asks_for_help(argc - i - 1, argv + i + 1);
		if (p->help || p->version)
			return 0;
		if (took < 0)
			return -1;
		i += took;
	}
	while (i < argc)
		argv[p->operand_count++] = argv[i++];
	return 0;
}

static int
from_environment(
    const struct option_scope *s, const struct option *o, const char *name, struct err *err)
{
	const char *text = getenv(name);
	struct err inner;

	if (!text || !*text)
		return 0;
	if (o->type == OPTION_LIST) {
		list_add(slot(s, o), text, true);
		return 0;
	}
	if (o->type == OPTION_FLAG) {
		if (str_eq(text, "0") || str_eq(text, "false") || str_eq(text, "no"))
			return 0;
		if (!str_eq(text, "1") && !str_eq(text, "true") && !str_eq(text, "yes"))
			return err_set(err, OUTCOME_USAGE, "%s is 1 or 0, not '%s'", name, text);
		*(bool *)slot(s, o) = true;
		return 0;
	}
	if (o->type == OPTION_COUNT) {
		int64_t n;

		if (!str_int(text, 0, 3, &n))
			return err_set(err, OUTCOME_USAGE, "%s is 0 to 3, not '%s'", name, text);
		*(int *)slot(s, o) = (int)n;
		return 0;
	}
	if (set(s, o, text, &inner) < 0)
		return err_set(err, OUTCOME_USAGE, "%s: %s", name, inner.text);
	return 0;
}

int
option_environment(const struct option_scope *scope, struct err *err)
{
	for (const struct option *o = scope->table; o->type != OPTION_END; o++) {
		autobuf name = BUF_INIT(80);

		if (o->not_from_environment)
			continue;
		buf_adds(&name, "DROVER_");
		for (const char *c = o->name; *c; c++)
			buf_addc(&name, *c == '-' ? '_' : (char)toupper((unsigned char)*c));
		if (from_environment(scope, o, buf_text(&name), err) < 0)
			return -1;
	}
	return 0;
}

void
option_fini(const struct option_scope *scope)
{
	for (const struct option *o = scope->table; o && o->type != OPTION_END; o++) {
		if (o->type == OPTION_LIST) {
			struct option_list *list = slot(scope, o);

			free(list->item);
			*list = (struct option_list){ 0 };
		}
	}
}

void
option_usage(const struct option *o, struct buf *to)
{
	if (o->letter)
		buf_addf(to, "-%c, ", o->letter);
	else
		buf_adds(to, "    ");
	buf_addf(to, "--%s", o->name);
	if (o->choices)
		buf_addf(to, "=%s", o->choices);
	else if (o->argument)
		buf_addf(to, "=%s", o->argument);
}
