#include "cli/prompt_place.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

void
prompt_place_fini(struct prompt_place *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->step[i]);
	p->count = 0;
}

void
prompt_place_copy(const struct prompt_place *from, struct prompt_place *ret)
{
	*ret = (struct prompt_place){ .count = from->count };
	for (size_t i = 0; i < from->count; i++)
		ret->step[i] = xstrdup(from->step[i]);
}

/* It leads to the same place wherever one is. */
static bool
is_absolute(const char *word)
{
	return *word == '/' || *word == '~' || str_starts(word, "\"/") || str_starts(word, "'/") ||
	       str_starts(word, "$HOME") || str_starts(word, "\"$HOME");
}

bool
prompt_place_go(const struct prompt_place *from, const char *word, struct prompt_place *ret)
{
	bool home = *word == '\0' || str_eq(word, "~");

	if (home || is_absolute(word))
		*ret = (struct prompt_place){ .count = 0 };
	else if (from->count == PROMPT_STEPS)
		return false;
	else
		prompt_place_copy(from, ret);
	if (!home)
		ret->step[ret->count++] = xstrdup(word);
	return true;
}

void
prompt_place_before(const struct prompt_place *p, struct buf *to)
{
	for (size_t i = 0; i < p->count; i++)
		buf_addf(to, "%scd %s >/dev/null", i ? " && " : "", p->step[i]);
	if (p->count)
		buf_adds(to, " || exit 1; ");
}

void
prompt_place_show(const struct prompt_place *p, struct buf *to)
{
	for (size_t i = 0; i < p->count; i++) {
		if (i > 0 && !str_ends(p->step[i - 1], "/"))
			buf_addc(to, '/');
		buf_adds(to, p->step[i]);
	}
}
