/* Which panes there are: opened, closed, connected again, made something else. */
#include "tui/view_terms.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/fleet_source.h"

#include <stdio.h>
#include <string.h>

static struct terms *
terms_of(struct view *v)
{
	return ((struct terms_view *)v->state)->terms;
}

/* A pane of this kind for each host of a set. */
static void
add_set(struct view *v, const char *set, enum terms_kind kind, const char *what)
{
	const struct fleet_source *f = v->services->fleet;
	struct terms *t = terms_of(v);
	autofree bool *in = xcalloc(v->scene->count + 1, sizeof(*in));
	autofree const char **names = xcalloc(v->scene->count + 1, sizeof(*names));
	struct err err;
	size_t n = 0, added;

	if (f->set(f->user, set, in, &err) < 0) {
		terms_view_say(v, true, err.text);
		return;
	}
	for (size_t i = 0; i < v->scene->count; i++) {
		if (in[i])
			names[n++] = v->scene->hosts[i].name;
	}
	added = terms_add(t, names, n, kind, what, &err);
	if (added == SIZE_MAX)
		terms_view_say(v, true, err.text);
	else if (!added)
		terms_view_say(v, false, "they are open already");
}

static void
add_typed(struct view *v, const char *input)
{
	terms_view_subject(v, input);
}

void
terms_view_do_add(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Open: SET, SET root, SET container NAME, SET log UNIT",
		.yes = add_typed });
}

/* The words behind a set. False: they are none of these. */
static bool
read_kind(const char *words, enum terms_kind *ret_kind, const char **ret_what)
{
	static const struct {
		const char *word;
		enum terms_kind kind;
		bool named;
	} kinds[] = { { "shell", TERMS_SHELL, false }, { "root", TERMS_ROOT, false },
		{ "container", TERMS_CONTAINER, true }, { "log", TERMS_JOURNAL, true } };

	*ret_kind = TERMS_SHELL;
	*ret_what = NULL;
	for (size_t i = 0; *words && i < countof(kinds); i++) {
		size_t n = strlen(kinds[i].word);

		if (strncmp(words, kinds[i].word, n) != 0 || (words[n] && words[n] != ' '))
			continue;
		const char *what = words + n + strspn(words + n, " ");
		if ((*what != '\0') != kinds[i].named)
			continue;
		*ret_kind = kinds[i].kind;
		*ret_what = kinds[i].named ? what : NULL;
		return true;
	}
	return !*words;
}

void
terms_view_subject(struct view *v, const char *subject)
{
	autofree char *set = xstrdup(subject);
	enum terms_kind kind;
	const char *what;
	size_t n = strcspn(set, " ");
	const char *words = set + n + strspn(set + n, " ");

	if (!read_kind(words, &kind, &what)) {
		terms_view_say(
		    v, true, "behind a set stands nothing, root, container NAME or log UNIT");
		return;
	}
	set[n] = '\0';
	add_set(v, set, kind, what);
}

static void
drop_typed(struct view *v, const char *input)
{
	const struct fleet_source *f = v->services->fleet;
	struct terms *t = terms_of(v);
	autofree bool *in = xcalloc(v->scene->count + 1, sizeof(*in));
	struct err err;

	if (f->set(f->user, input, in, &err) < 0) {
		terms_view_say(v, true, err.text);
		return;
	}
	for (size_t h = 0; h < v->scene->count; h++) {
		for (size_t i = t->count; in[h] && i-- > 0;) {
			if (str_eq(t->panes[i]->host, v->scene->hosts[h].name))
				terms_drop(t, i);
		}
	}
}

void
terms_view_do_drop(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "Close the terminals of a set; what runs there ends", .yes = drop_typed });
}

static void
close_yes(struct view *v)
{
	if (terms_view_focus(v))
		terms_drop(terms_of(v), terms_of(v)->focus);
}

void
terms_view_do_close(struct view *v)
{
	const struct terms_pane *p = terms_view_focus(v);
	char title[160], name[120];

	if (!terms_is_live(p)) {
		close_yes(v);
		return;
	}
	terms_title(p, name, sizeof(name));
	snprintf(title, sizeof(title), "Close %s", name);
	v->services->confirm(v->services->user,
	    &(struct view_confirm){ .title = title,
		.text = "What runs in that terminal ends, as when a terminal hangs up.",
		.yes = close_yes });
}

static void
reconnect_yes(struct view *v)
{
	if (terms_view_focus(v))
		terms_reconnect(terms_of(v), terms_of(v)->focus);
}

void
terms_view_do_reconnect(struct view *v)
{
	if (!terms_is_live(terms_view_focus(v)))
		reconnect_yes(v);
	else
		v->services->confirm(v->services->user,
		    &(struct view_confirm){ .title = "Connect a live terminal again",
			.text = "What runs there now ends. The lines in the pane stay.",
			.yes = reconnect_yes });
}

void
terms_view_do_reconnect_all(struct view *v)
{
	struct terms *t = terms_of(v);
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (terms_is_live(t->panes[i]))
			continue;
		terms_reconnect(t, i);
		n++;
	}
	if (!n)
		terms_view_say(v, false, "none has ended and none was lost");
}

static void
become_yes(struct view *v)
{
	struct terms_view *tv = v->state;

	if (terms_view_focus(v))
		terms_become(tv->terms, tv->terms->focus, tv->kind, tv->held);
}

/* What runs in a live one ends, so it is asked for. */
static void
become(struct view *v, enum terms_kind kind, const char *what)
{
	struct terms_view *tv = v->state;
	const struct terms_pane *p = terms_view_focus(v);

	if (!p)
		return;
	tv->kind = kind;
	free(tv->held);
	tv->held = what ? xstrdup(what) : NULL;
	tv->held_len = 0;
	if (!terms_is_live(p))
		become_yes(v);
	else
		v->services->confirm(v->services->user,
		    &(struct view_confirm){ .title = "Make this terminal another",
			.text = "What runs there now ends. The lines in the pane stay.",
			.yes = become_yes });
}

void
terms_view_do_shell(struct view *v)
{
	become(v, TERMS_SHELL, NULL);
}

void
terms_view_do_root(struct view *v)
{
	become(v, TERMS_ROOT, NULL);
}

static void
container_typed(struct view *v, const char *input)
{
	become(v, TERMS_CONTAINER, input);
}

void
terms_view_do_container(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "A shell in the container", .yes = container_typed });
}

static void
log_typed(struct view *v, const char *input)
{
	become(v, TERMS_JOURNAL, input);
}

void
terms_view_do_log(struct view *v)
{
	v->services->prompt(
	    v->services->user, &(struct view_prompt){ .title = "The journal of the unit, followed",
				   .yes = log_typed });
}
