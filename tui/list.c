#include "tui/list.h"

#include "base/str.h"

static void
stand(struct list *l, size_t at, const char *id)
{
	l->cursor = at;
	str_copy(l->id, sizeof(l->id), id ? id : "");
}

void
list_update(struct list *l, size_t count, const char *(*id_of)(const void *user, size_t i),
    const void *user)
{
	l->count = count;
	for (size_t i = 0; i < count && l->id[0]; i++) {
		const char *id = id_of(user, i);

		if (id && str_eq(id, l->id)) {
			l->cursor = i;
			return;
		}
	}
	if (!count) {
		stand(l, 0, NULL);
		return;
	}
	/* The thing is gone: stand where it was, or on the nearest row that can be stood on. */
	size_t at = l->cursor < count ? l->cursor : count - 1;
	for (size_t step = 0; step < count; step++) {
		if (at + step < count && id_of(user, at + step)) {
			stand(l, at + step, id_of(user, at + step));
			return;
		}
		if (at >= step && id_of(user, at - step)) {
			stand(l, at - step, id_of(user, at - step));
			return;
		}
	}
}

void
list_move(
    struct list *l, long n, const char *(*id_of)(const void *user, size_t i), const void *user)
{
	long step = n < 0 ? -1 : 1, left = n < 0 ? -n : n;
	long at = (long)l->cursor;

	for (long i = at + step; i >= 0 && i < (long)l->count && left; i += step) {
		if (!id_of(user, (size_t)i))
			continue;
		at = i;
		left--;
	}
	if (l->count)
		stand(l, (size_t)at, id_of(user, (size_t)at));
}

size_t
list_top(const struct list *l, int height)
{
	size_t h = height > 0 ? (size_t)height : 1;
	size_t top = l->top;

	if (l->cursor < top)
		top = l->cursor;
	if (l->cursor >= top + h)
		top = l->cursor - h + 1;
	if (top + h > l->count)
		top = l->count > h ? l->count - h : 0;
	/* Headings above the first row that can be stood on stay in sight. */
	return l->cursor < h ? 0 : top;
}

bool
list_key(struct list *l, const char *key, const char *(*id_of)(const void *user, size_t i),
    const void *user)
{
	long page = l->height > 1 ? l->height - 1 : 1;
	const struct {
		const char *key;
		long by;
	} moves[] = {
		{ "j", 1 },
		{ "down", 1 },
		{ "k", -1 },
		{ "up", -1 },
		{ "page-down", page },
		{ "page-up", -page },
		{ "ctrl-d", (page + 1) / 2 },
		{ "ctrl-u", -(page + 1) / 2 },
		{ "home", -(long)l->count },
		{ "g", -(long)l->count },
		{ "end", (long)l->count },
		{ "G", (long)l->count },
	};

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (str_eq(key, moves[i].key)) {
			list_move(l, moves[i].by, id_of, user);
			l->top = list_top(l, l->height);
			return true;
		}
	}
	return false;
}
