#include "inventory/links.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/model.h"

static const char *
nearest_group(const struct inventory *inv, const char *name)
{
	autofree const char **names = xcalloc(inv->group_count + 1, sizeof(*names));

	for (size_t i = 0; i < inv->group_count; i++)
		names[i] = inv->group[i]->pub.name;
	return str_nearest(name, names);
}

static bool
link_child(
    struct inventory *inv, size_t parent, const char *name, struct mark at, struct diag *diag)
{
	size_t child;

	if (!strmap_find(&inv->group_map, name, &child)) {
		const char *near = nearest_group(inv, name);

		if (near)
			diag_error(
			    diag, at, "no group \"%.60s\"; did you mean \"%s\"?", name, near);
		else
			diag_error(diag, at, "no group \"%.60s\"", name);
		return false;
	}
	struct model_group *g = inv->group[child];
	for (size_t i = 0; i < g->parent_count; i++) {
		if (g->parent[i] == parent)
			return true;
	}
	mem_grow(g->parent, g->parent_count, g->parent_cap);
	g->parent[g->parent_count++] = parent;
	return true;
}

static bool
link_group(struct inventory *inv, size_t i, struct diag *diag)
{
	struct model_group *g = inv->group[i];
	size_t total = 0, at = 0;
	bool good = true;

	for (size_t k = 0; k < g->children_count; k++)
		total += g->children[k].count;
	const char **all = arena_alloc(inv->arena, (total + 1) * sizeof(*all));
	for (size_t k = 0; k < g->children_count; k++) {
		const struct field_texts *t = &g->children[k];

		for (size_t c = 0; c < t->count; c++) {
			good &= link_child(inv, i, t->item[c], t->mark[c], diag);
			all[at++] = t->item[c];
		}
	}
	g->pub.children = all;
	return good;
}

enum seen { SEEN_NOT, SEEN_OPEN, SEEN_DONE };

struct circle {
	const struct inventory *inv;
	enum seen *seen;
	size_t *path;
	size_t depth;
};

static void
tell_circle(const struct circle *c, size_t again, struct diag *diag)
{
	autobuf text = BUF_INIT(400);
	size_t from = 0;

	while (c->path[from] != again)
		from++;
	for (size_t i = c->depth; i-- > from;)
		buf_addf(&text, "%s -> ", c->inv->group[c->path[i]]->pub.name);
	diag_error(diag, c->inv->group[again]->pub.mark, "groups run in a circle: %s%s",
	    buf_text(&text), c->inv->group[c->path[c->depth - 1]]->pub.name);
}

/* Walks up the parents, one step for each group: a path is no longer than there are groups. */
static bool
check_circle(struct circle *c, size_t start, struct diag *diag)
{
	const struct inventory *inv = c->inv;
	autofree size_t *next = xcalloc(inv->group_count, sizeof(*next));
	bool good = true;

	c->depth = 0;
	c->path[c->depth++] = start;
	c->seen[start] = SEEN_OPEN;
	while (c->depth) {
		size_t here = c->path[c->depth - 1];
		const struct model_group *g = inv->group[here];

		if (next[here] == g->parent_count) {
			c->seen[here] = SEEN_DONE;
			c->depth--;
			continue;
		}
		size_t up = g->parent[next[here]++];
		if (c->seen[up] == SEEN_OPEN) {
			tell_circle(c, up, diag);
			good = false;
		} else if (c->seen[up] == SEEN_NOT) {
			c->seen[up] = SEEN_OPEN;
			c->path[c->depth++] = up;
		}
	}
	return good;
}

bool
links_make(struct inventory *inv, struct diag *diag)
{
	autofree enum seen *seen = xcalloc(inv->group_count + 1, sizeof(*seen));
	autofree size_t *path = xcalloc(inv->group_count + 1, sizeof(*path));
	struct circle c = { .inv = inv, .seen = seen, .path = path };
	bool good = true;

	for (size_t i = 0; i < inv->group_count; i++)
		good &= link_group(inv, i, diag);
	for (size_t i = 0; i < inv->group_count; i++) {
		if (seen[i] == SEEN_NOT)
			good &= check_circle(&c, i, diag);
	}
	return good;
}

void
links_members(struct inventory *inv)
{
	size_t *count = xcalloc(inv->group_count + 1, sizeof(*count)), at;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < inv->host_count; i++) {
			const struct host *h = &inv->host[i]->pub;

			for (const char *const *name = h->groups; *name; name++) {
				if (!strmap_find(&inv->group_map, *name, &at))
					continue;
				struct group *g = &inv->group[at]->pub;
				if (pass)
					((const struct host **)g->hosts)[g->host_count++] = h;
				else
					count[at]++;
			}
		}
		for (size_t i = 0; !pass && i < inv->group_count; i++)
			inv->group[i]->pub.hosts =
			    arena_alloc(inv->arena, (count[i] + 1) * sizeof(struct host *));
	}
	free(count);
}
