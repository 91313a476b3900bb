#include "tui/sieve.h"

#include "base/str.h"
#include "tui/text.h"
#include "tui/view.h"

void
sieve_set(struct sieve *s, const char *typed)
{
	str_copy(s->typed, sizeof(s->typed), typed);
	match_fini(&s->match);
	match_init(&s->match, typed);
}

void
sieve_fini(struct sieve *s)
{
	match_fini(&s->match);
}

bool
sieve_clear(struct sieve *s)
{
	if (!s->typed[0])
		return false;
	sieve_set(s, "");
	return true;
}

static void
filtered(struct view *v, const char *input)
{
	sieve_set(v->class->sieve(v), input);
	v->class->refresh(v);
}

static void
unfiltered(struct view *v)
{
	filtered(v, "");
}

static void
searched(struct view *v, const char *input)
{
	struct text *t = v->class->reads(v);

	if (t && !text_search(t, input))
		v->services->flash(v->services->user, true, "it is not there");
}

void
sieve_ask(struct view *v, const char *title)
{
	const struct view_prompt filter = { .title = title,
		.preset = v->class->sieve(v)->typed,
		.empty = true,
		.changed = filtered,
		.yes = filtered,
		.no = unfiltered };
	const struct view_prompt search = { .title = "Search", .empty = true, .yes = searched };

	v->services->prompt(v->services->user, v->class->reads(v) ? &search : &filter);
}
