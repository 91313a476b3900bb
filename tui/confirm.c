#include "tui/confirm.h"

#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TYPED_ABOVE 10 /* hosts */

bool
confirm_is_production(const struct environment *e)
{
	return e && (e->readonly || (e->name && (strcasecmp(e->name, "prod") == 0 ||
						    strcasecmp(e->name, "production") == 0)));
}

/* False: their names are too many to be typed. */
static bool
pets(const struct scene *s, const size_t *hosts, size_t count, char to[CONFIRM_WORD])
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct scene_host *h = &s->hosts[hosts[i]];

		if (!h->pet)
			continue;
		used += (size_t)snprintf(
		    to + used, CONFIRM_WORD - used, "%s%s", used ? "," : "", h->name);
		if (used >= CONFIRM_WORD)
			return false;
	}
	return used > 0;
}

void
confirm_word(const struct scene *s, const size_t *hosts, size_t count, enum confirm_what what,
    char to[CONFIRM_WORD])
{
	to[0] = '\0';
	if (what != CONFIRM_COMMAND && pets(s, hosts, count, to))
		return;
	bool named_too_many = to[0] != '\0';
	to[0] = '\0';
	if (named_too_many || count > TYPED_ABOVE || what == CONFIRM_REMOVE ||
	    confirm_is_production(s->environment))
		snprintf(to, CONFIRM_WORD, "%zu", count);
}

char *
confirm_text(const struct scene *s, const size_t *hosts, size_t count, const char *command)
{
	autofree const char **names = xcalloc(count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		names[i] = s->hosts[hosts[i]].name;
		n += s->hosts[hosts[i]].pet;
	}
	autofree char *set = names_fold(names, count);
	return xasprintf("On %.300s (%zu host%s, %zu pet%s) this runs:\n \n  %.300s", set, count,
	    count == 1 ? "" : "s", n, n == 1 ? "" : "s", command);
}
