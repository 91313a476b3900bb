/* Screens against one another: which differ since the last Enter, which are equal. */
#include "tui/terms_inner.h"

#include "tui/terms.h"

#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "tui/pane.h"

#include <stdio.h>
#include <string.h>

static struct diverge_screen
screen_of(const struct terms_pane *p, int64_t since)
{
	struct pane_state s;

	pane_get(p->pane, &s);
	if (since < 0 || s.alternate)
		since = s.top;
	char *text = pane_text(p->pane, since, s.top + s.rows, TERMS_TEXT_MOST);
	return (struct diverge_screen){ .names = (const char *const *)(const void *)p->names,
		.text = text,
		.len = strlen(text) };
}

/* Those for which wanted() holds into groups; the number of each goes to group[i], others are SIZE_MAX. */
static size_t
group_panes(const struct terms *t, bool (*wanted)(const struct terms_pane *p), bool since_enter,
    size_t *group)
{
	autofree struct diverge_screen *screens = xcalloc(t->count + 1, sizeof(*screens));
	autofree size_t *got = xcalloc(t->count + 1, sizeof(*got));
	size_t n = 0, groups;

	for (size_t i = 0; i < t->count; i++) {
		const struct terms_pane *p = t->panes[i];

		group[i] = wanted(p) ? n : SIZE_MAX;
		if (wanted(p))
			screens[n++] = screen_of(p, since_enter ? p->since : -1);
	}
	groups = diverge_groups(screens, n, got);
	for (size_t i = 0; i < t->count; i++)
		group[i] = group[i] == SIZE_MAX ? SIZE_MAX : got[group[i]];
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)screens[i].text);
	return groups;
}

static bool
was_asked(const struct terms_pane *p)
{
	return p->asked && terms_is_live(p);
}

void
terms_compare_from_here(struct terms *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct terms_pane *p = t->panes[i];
		struct pane_state s;

		p->asked = terms_takes(t, i);
		if (!p->asked)
			continue;
		terms_feed_all(p);
		pane_get(p->pane, &s);
		p->since = s.alternate ? -1 : s.top + s.cursor_row;
	}
	t->entered_ms = t->link->now_ms(t->link->user);
	t->link->wake(t->link->user, TERMS_QUIET_MS);
}

static void
say_who(const struct terms *t)
{
	char text[512];
	char *odd, *rest;

	if (!terms_differ(t, &odd, &rest))
		return;
	snprintf(text, sizeof(text), "%s: other text than on %s since the last Enter%s", odd, rest,
	    t->hold_odd ? "; it gets no more keys" : "");
	t->link->say(t->link->user, false, text);
	free(odd);
	free(rest);
}

void
terms_compare(struct terms *t)
{
	autofree size_t *group = xcalloc(t->count + 1, sizeof(*group));
	bool news = false;

	t->entered_ms = 0;
	t->compared_ms = t->link->now_ms(t->link->user);
	t->stale = false;
	group_panes(t, was_asked, true, group);
	for (size_t i = 0; i < t->count; i++) {
		bool differs = group[i] != SIZE_MAX && group[i] != 0;

		news = news || (differs && !t->panes[i]->differs);
		t->panes[i]->differs = differs;
	}
	if (news)
		say_who(t);
	if (t->fold)
		group_panes(t, terms_is_live, false, group);
	for (size_t i = 0; i < t->count; i++) {
		size_t first = 0;

		while (first < i && group[first] != group[i])
			first++;
		t->panes[i]->leads = !t->fold || first == i || group[i] == SIZE_MAX ||
				     t->panes[i]->kind != t->panes[first]->kind;
		t->panes[i]->group = group[i];
	}
	t->link->changed(t->link->user);
}

/* The hosts of panes for which this holds. */
static char *
names_of(const struct terms *t, bool (*wanted)(const struct terms_pane *p, const void *with),
    const void *with)
{
	autofree const char **names = xcalloc(t->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (wanted(t->panes[i], with))
			names[n++] = t->panes[i]->host;
	}
	return names_fold(names, n);
}

static bool
is_odd(const struct terms_pane *p, const void *with)
{
	(void)with;
	return was_asked(p) && p->differs;
}

static bool
is_rest(const struct terms_pane *p, const void *with)
{
	(void)with;
	return was_asked(p) && !p->differs;
}

static bool
is_of_group(const struct terms_pane *p, const void *with)
{
	const struct terms_pane *other = with;

	return p == other || (p->terms->fold && terms_is_live(p) && terms_is_live(other) &&
				 p->group == other->group && p->kind == other->kind);
}

bool
terms_differ(const struct terms *t, char **ret_odd, char **ret_rest)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!is_odd(t->panes[i], NULL))
			continue;
		*ret_odd = names_of(t, is_odd, NULL);
		*ret_rest = names_of(t, is_rest, NULL);
		return true;
	}
	return false;
}

char *
terms_group(const struct terms *t, size_t i)
{
	return names_of(t, is_of_group, t->panes[i]);
}

char *
terms_diff(const struct terms *t, size_t a, size_t b)
{
	const struct terms_pane *one = t->panes[a], *two = t->panes[b];
	bool both = one->asked && two->asked;
	struct diverge_screen from = screen_of(one, both ? one->since : -1);
	struct diverge_screen to = screen_of(two, both ? two->since : -1);
	char *diff = diverge_diff(&from, &to);

	free((char *)(uintptr_t)from.text);
	free((char *)(uintptr_t)to.text);
	return diff;
}
