#include "playbooks/tags.h"

#include "base/arena.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

void
tags_know(struct tags *t, struct arena *a, const char *tag)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->known[i], tag))
			return;
	const char **all = arena_alloc(a, (t->count + 2) * sizeof(*all));
	if (t->count)
		memcpy(all, t->known, t->count * sizeof(*all));
	all[t->count++] = tag;
	t->known = all;
}

static bool
is_among(const char *tag, const char *const *list)
{
	for (; list && *list; list++)
		if (str_eq(*list, tag))
			return true;
	return false;
}

static bool
may_be_chosen(const struct tags *t, const char *tag)
{
	return is_among(tag, t->known) || str_eq(tag, "always") || str_eq(tag, "never");
}

/* "a,b" and "c" as three tags; NULL for no choice. */
static const char *const *
read_choice(const struct tags *t, struct arena *a, const char *option, const char *const *said,
    struct diag *diag)
{
	size_t n = 0, most = 1;

	for (size_t i = 0; said && said[i]; i++)
		for (const char *s = said[i]; s; s = strchr(s + 1, ','))
			most++;
	if (most == 1)
		return NULL;
	const char **tag = arena_alloc(a, most * sizeof(*tag));
	for (size_t i = 0; said[i]; i++) {
		for (const char *s = said[i]; *s; s += *s == ',') {
			size_t len = strcspn(s, ",");

			tag[n] = arena_memdup0(a, s, len);
			s += len;
			if (may_be_chosen(t, tag[n++]))
				continue;
			const char *near = t->known ? str_nearest(tag[n - 1], t->known) : NULL;
			diag_error(diag, (struct mark){ .file = option },
			    "the playbook has no tag \"%.60s\"%s%s%s", tag[n - 1],
			    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		}
	}
	return tag;
}

bool
tags_choose(struct tags *t, struct arena *a, const char *const *only, const char *const *skip,
    struct diag *diag)
{
	int before = diag->errors;

	t->only = read_choice(t, a, "--tags", only, diag);
	t->skip = read_choice(t, a, "--skip-tags", skip, diag);
	return diag->errors == before;
}

bool
tags_is_choice(const struct tags *t)
{
	return t->only || t->skip;
}

static bool
has(const struct tag_link *of, const char *tag)
{
	for (; of; of = of->outer)
		for (size_t i = 0; i < of->tags->count; i++)
			if (str_eq(of->tags->item[i], tag))
				return true;
	return false;
}

static bool
has_any(const struct tag_link *of, const char *const *list)
{
	for (; list && *list; list++)
		if (has(of, *list))
			return true;
	return false;
}

bool
tags_take(const struct tags *t, const struct tag_link *of)
{
	if (has_any(of, t->skip))
		return false;
	if (has_any(of, t->only))
		return true;
	return !has(of, "never") && (!t->only || has(of, "always"));
}
