#include "playbooks/seccomp.h"

#include "base/diag.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/include.h"
#include "playbooks/scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const actions[] = { "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", NULL };
static const char *const operators[] = { "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL };
static const char *const profile_keys[] = { "defaultAction", "defaultErrnoRet", "defaultErrno",
	"architectures", "archMap", "syscalls", "flags", "listenerPath", "listenerMetadata", NULL };
static const char *const rule_keys[] = { "names", "name", "action", "errnoRet", "errno", "args",
	"comment", "includes", "excludes", NULL };
static const char *const argument_keys[] = { "index", "value", "valueTwo", "op", NULL };

struct check {
	struct mark mark; /* of the profile as a whole */
	struct diag *diag;
	const char *const *keys; /* that may stand where */
	const char *where;       /* "syscalls[2]: ", or "" */
};

__attribute__((format(printf, 2, 3))) static void
wrong(const struct check *k, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(k->diag, k->mark, "%s%s", k->where, text);
}

static void
check_key(void *user, const char *key, const struct json *value)
{
	const struct check *k = user;
	const char *near;

	(void)value;
	for (const char *const *known = k->keys; *known; known++)
		if (str_eq(*known, key))
			return;
	near = str_nearest(key, k->keys);
	wrong(k, "unknown key \"%.60s\"%s%s%s", key, near ? "; did you mean \"" : "",
	    near ? near : "", near ? "\"?" : "");
}

static bool
check_keys(struct check *k, const struct json *object, const char *const *keys)
{
	if (json_kind(object) != JSON_KIND_OBJECT) {
		wrong(k, "an object is wanted here");
		return false;
	}
	k->keys = keys;
	json_each(object, check_key, k);
	return true;
}

static void
check_word(
    const struct check *k, const struct json *object, const char *key, const char *const *words)
{
	const char *said = json_get_text(object, key), *near;

	for (const char *const *w = words; said && *w; w++)
		if (str_eq(*w, said))
			return;
	near = said ? str_nearest(said, words) : NULL;
	if (!said)
		wrong(k, "%s is missing", key);
	else
		wrong(k, "%s: there is no \"%.60s\"%s%s%s", key, said,
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool
is_array_or_nothing(const struct check *k, const struct json *object, const char *key)
{
	const struct json *list = json_get(object, key);

	if (!list || json_kind(list) == JSON_KIND_NULL || json_kind(list) == JSON_KIND_ARRAY)
		return true;
	wrong(k, "%s: a list is wanted here", key);
	return false;
}

static void
check_names(const struct check *k, const struct json *rule)
{
	const struct json *names = json_get(rule, "names");
	const char *name = json_get_text(rule, "name");
	size_t count = json_count(names);

	if (!is_array_or_nothing(k, rule, "names"))
		return;
	if (name && count)
		wrong(k, "name and names cannot stand together");
	else if (!count && (!name || !*name))
		wrong(k, "names is missing: it is about no system call");
	for (size_t i = 0; i < count; i++) {
		const char *text = json_text(json_at(names, i), NULL);

		if (!text || !*text ||
		    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(text))
			wrong(k, "names[%zu]: the name of a system call is wanted here", i);
	}
}

static void
check_rule(const struct check *outer, const struct json *rule, size_t n)
{
	autofree char *where = xasprintf("syscalls[%zu]: ", n);
	struct check k = *outer;
	const struct json *args = json_get(rule, "args");

	k.where = where;
	if (!check_keys(&k, rule, rule_keys))
		return;
	check_names(&k, rule);
	check_word(&k, rule, "action", actions);
	if (!is_array_or_nothing(&k, rule, "args"))
		return;
	for (size_t i = 0; i < json_count(args); i++)
		if (check_keys(&k, json_at(args, i), argument_keys))
			check_word(&k, json_at(args, i), "op", operators);
}

static bool
check_profile(struct check *k, const struct json *profile)
{
	const struct json *rules = json_get(profile, "syscalls");
	const char *action = json_get_text(profile, "defaultAction");
	bool open = action && (str_eq(action, "SCMP_ACT_ALLOW") || str_eq(action, "SCMP_ACT_LOG"));

	if (!check_keys(k, profile, profile_keys))
		return false;
	check_word(k, profile, "defaultAction", actions);
	if (json_count(json_get(profile, "architectures")) &&
	    json_count(json_get(profile, "archMap")))
		wrong(k, "architectures and archMap cannot stand together");
	if (!is_array_or_nothing(k, profile, "syscalls"))
		return open;
	for (size_t i = 0; i < json_count(rules); i++)
		check_rule(k, json_at(rules, i), i);
	if (open && !json_count(rules))
		wrong(k, "it allows every system call: say seccomp: unconfined");
	return open;
}

/* A text that begins with "LINE:COL: ". */
static void
tell_json(const struct check *k, const char *text)
{
	struct mark at = k->mark;
	int skip = 0;

	if (sscanf(text, "%d:%d: %n", &at.line, &at.col, &skip) < 2 || skip <= 0)
		at = k->mark;
	diag_error(k->diag, at, "no JSON: %s", text + (skip > 0 ? skip : 0));
}

bool
seccomp_check(const struct source *profile, struct diag *diag, bool *ret_open)
{
	struct check k = { .mark = { .file = profile->mark.file }, .diag = diag, .where = "" };
	int before = diag->errors;
	struct err err;
	autojson *document = json_parse(profile->text, profile->len, INCLUDE_MAX, &err);

	if (!document) {
		tell_json(&k, err.text);
		return false;
	}
	*ret_open = check_profile(&k, document);
	return diag->errors == before;
}
