/* `needs:` of the apps of a playbook: checked, and the apps put in the order that they start in. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"

#include <string.h>

/* Those that are needed come in front; what does not matter stays as it is written. */
struct sorter {
	const struct field_context *c;
	struct app_decl *app;
	size_t count;
	enum { APP_NEW, APP_OPEN, APP_SORTED } * state;
	size_t *path, depth; /* from the first that was asked for to the one in hand */
	struct app_decl *sorted;
	size_t done;
};

void
read_app_check_needs(
    const struct field_context *c, const struct yaml_node *apps, const struct app_decl *app)
{
	const char **name = arena_alloc(c->arena, (apps->count + 1) * sizeof(*name));

	for (size_t i = 0; i < apps->count; i++)
		name[i] = apps->key[i]->text;
	for (size_t i = 0; i < app->needs.count; i++) {
		const char *need = app->needs.item[i], *near;
		bool there = false;

		for (size_t j = 0; j < apps->count; j++)
			there = there || str_eq(name[j], need);
		if (there)
			continue;
		near = str_nearest(need, name);
		diag_error(c->diag, app->needs.mark[i],
		    "needs: there is no app \"%.60s\" in this playbook%s%s%s", need,
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
}

static size_t
index_of(const struct sorter *s, const char *name)
{
	size_t i = 0;

	while (i < s->count && !str_eq(s->app[i].name, name))
		i++;
	return i;
}

/* The path from this app on leads back to it. */
static void
tell_circle(const struct sorter *s, size_t to, struct mark mark)
{
	autobuf words = BUF_INIT(400);
	size_t from = s->depth;

	while (from > 0 && s->path[from - 1] != to)
		from--;
	for (size_t i = from ? from - 1 : 0; i < s->depth; i++)
		buf_addf(&words, "%s needs ", s->app[s->path[i]].name);
	buf_adds(&words, s->app[to].name);
	diag_error(s->c->diag, mark, "needs: a circle: %s", buf_text(&words));
}

static void
sort_from(struct sorter *s, size_t at)
{
	const struct field_texts *needs = &s->app[at].needs;

	s->state[at] = APP_OPEN;
	s->path[s->depth++] = at;
	for (size_t i = 0; i < needs->count; i++) {
		size_t need = index_of(s, needs->item[i]);

		if (need < s->count && s->state[need] == APP_OPEN)
			tell_circle(s, need, needs->mark[i]);
		else if (need < s->count && s->state[need] == APP_NEW)
			sort_from(s, need);
	}
	s->depth--;
	s->state[at] = APP_SORTED;
	s->sorted[s->done++] = s->app[at];
}

void
read_app_order(const struct field_context *c, struct app_decl *app, size_t count)
{
	struct sorter s = { .c = c, .app = app, .count = count };

	if (!count)
		return;
	s.state = arena_alloc(c->arena, count * sizeof(*s.state));
	s.path = arena_alloc(c->arena, count * sizeof(*s.path));
	s.sorted = arena_alloc(c->arena, count * sizeof(*s.sorted));
	for (size_t i = 0; i < count; i++)
		if (s.state[i] == APP_NEW)
			sort_from(&s, i);
	memcpy(app, s.sorted, count * sizeof(*app));
}
