#include "playbooks/notes.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 2000

void
notes_add(struct notes *n, const char *fmt, ...)
{
	char text[LONGEST];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n->count + 2 > n->cap) {
		size_t cap = n->cap ? n->cap * 2 : 8;
		const char **item = arena_alloc(n->arena, cap * sizeof(*item));

		if (n->count)
			memcpy(item, n->item, n->count * sizeof(*item));
		n->item = item;
		n->cap = cap;
	}
	n->item[n->count++] = arena_strdup(n->arena, text);
	n->item[n->count] = NULL;
}
