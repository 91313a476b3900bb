/* What is typed, and to whom it goes. */
#include "tui/terms_inner.h"

#include "tui/terms.h"

#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "tui/pane.h"

#include <string.h>

static struct broadcast_pane
pane_of(const struct terms *t, size_t i)
{
	const struct terms_pane *p = t->panes[i];

	return (struct broadcast_pane){ .live = terms_is_live(p),
		.pet = p->pet,
		.in = p->in,
		.out = p->out,
		.held = t->hold_odd && p->differs,
		.focused = i == t->focus,
		.seen = p->seen };
}

bool
terms_takes(const struct terms *t, size_t i)
{
	struct broadcast_pane p = pane_of(t, i);

	return broadcast_takes(t->mode, &p);
}

void
terms_count(const struct terms *t, struct broadcast_count *ret)
{
	autofree struct broadcast_pane *panes = xcalloc(t->count + 1, sizeof(*panes));

	for (size_t i = 0; i < t->count; i++)
		panes[i] = pane_of(t, i);
	broadcast_tally(t->mode, panes, t->count, ret);
}

char *
terms_takers(const struct terms *t)
{
	autofree const char **names = xcalloc(t->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (terms_takes(t, i))
			names[n++] = t->panes[i]->host;
	}
	return names_fold(names, n);
}

void
terms_set_mode(struct terms *t, enum broadcast_mode mode)
{
	t->mode = mode;
	t->typed_ms = t->link->now_ms(t->link->user);
	t->line = (struct broadcast_line){ 0 };
	if (mode == BROADCAST_OFF)
		terms_slow_stop(t);
	t->link->wake(t->link->user, 0);
}

static size_t
takers(const struct terms *t)
{
	struct broadcast_count c;

	terms_count(t, &c);
	return c.takers;
}

/* The line that the cursor of a pane stands in. */
static char *
cursor_line(const struct terms_pane *p)
{
	struct pane_state s;

	pane_get(p->pane, &s);
	return pane_text(p->pane, s.top + s.cursor_row, s.top + s.cursor_row + 1, 4096);
}

/* What was typed into a program that has the whole screen is no part of a line: where the screen does not show it
 * at its cursor after a while, another word begins. */
static void
settle_line(struct terms *t)
{
	size_t i = 0;

	if (!t->line.len || t->link->now_ms(t->link->user) - t->typed_ms < TERMS_QUIET_MS)
		return;
	while (i < t->count && !terms_takes(t, i))
		i++;
	if (i == t->count)
		return;
	autofree char *shown = cursor_line(t->panes[i]);
	autofree char *typed = xstrdup(t->line.text);
	size_t n = strlen(typed);
	shown[strcspn(shown, "\n")] = '\0';
	while (n && typed[n - 1] == ' ')
		typed[--n] = '\0';
	if (!str_ends(shown, typed))
		broadcast_key(&t->line, "space", true);
}

bool
terms_key(struct terms *t, const char *name, bool printable)
{
	bool sent = false;

	settle_line(t);
	t->typed_ms = t->link->now_ms(t->link->user);
	if (str_eq(name, "enter") && takers(t) > 1)
		terms_compare_from_here(t);
	for (size_t i = 0; i < t->count; i++) {
		if (terms_takes(t, i))
			sent = pane_key(t->panes[i]->pane, name, printable) || sent;
	}
	broadcast_key(&t->line, name, printable);
	return sent;
}

void
terms_paste(struct terms *t, const char *text, size_t len)
{
	t->typed_ms = t->link->now_ms(t->link->user);
	if (memchr(text, '\n', len) && takers(t) > 1)
		terms_compare_from_here(t);
	for (size_t i = 0; i < t->count; i++) {
		if (terms_takes(t, i))
			pane_paste(t->panes[i]->pane, text, len);
	}
	/* What stands behind the last line end is the line that is being typed. */
	const char *nl = memrchr(text, '\n', len);
	autofree char *rest =
	    nl ? xmemdup0(nl + 1, (size_t)(text + len - nl) - 1) : xmemdup0(text, len);
	if (nl)
		broadcast_key(&t->line, "enter", false);
	broadcast_key(&t->line, rest, true);
}

static void
type_into(struct terms_pane *p, const char *text)
{
	autobuf b = BUF_INIT(65536);
	struct broadcast_who who = { .host = p->host, .user = p->user, .number = p->number };

	broadcast_expand(text, &who, &b);
	pane_type(p->pane, buf_text(&b), b.len);
}

const char *
terms_nameless(const struct terms *t, const char *text)
{
	for (size_t i = 0; i < t->count && broadcast_names_user(text); i++) {
		if (terms_takes(t, i) && !*t->panes[i]->user)
			return t->panes[i]->host;
	}
	return NULL;
}

void
terms_insert(struct terms *t, const char *text)
{
	t->typed_ms = t->link->now_ms(t->link->user);
	for (size_t i = 0; i < t->count; i++) {
		if (terms_takes(t, i))
			type_into(t->panes[i], text);
	}
	broadcast_key(&t->line, text, true);
}

enum broadcast_ask
terms_judge_enter(const struct terms *t, const char **ret_why, char **ret_line)
{
	size_t n = takers(t);

	if (broadcast_judge_line(&t->rules, t->line.text, n, ret_why) != BROADCAST_FREE) {
		*ret_line = xstrdup(t->line.text);
		return BROADCAST_DANGER;
	}
	/* A line that was recalled or completed is on the screens alone. */
	for (size_t i = 0; n > 1 && i < t->count; i++) {
		struct pane_state s;

		pane_get(t->panes[i]->pane, &s);
		if (!terms_takes(t, i) || s.alternate)
			continue;
		char *line = cursor_line(t->panes[i]);

		line[strcspn(line, "\n")] = '\0';
		if (broadcast_judge_line(&t->rules, line, n, ret_why) != BROADCAST_FREE) {
			*ret_line = line;
			return BROADCAST_DANGER;
		}
		free(line);
	}
	return BROADCAST_FREE;
}

void
terms_slow_forget(struct terms *t, const struct terms_pane *p)
{
	struct terms_slow *s = &t->slow;

	for (size_t i = 0; p && i < s->count; i++) {
		if (s->panes[i] == p)
			s->panes[i] = NULL;
	}
	if (p)
		return;
	free(take(s->panes));
	free(take(s->text));
	s->count = s->next = 0;
}

void
terms_slow_stop(struct terms *t)
{
	bool cut = t->slow.next < t->slow.count;

	terms_slow_forget(t, NULL);
	if (cut)
		t->link->say(t->link->user, true, "stopped: the others did not get it");
}

void
terms_slowly(struct terms *t, const char *text)
{
	struct terms_slow *s = &t->slow;

	terms_slow_forget(t, NULL);
	s->panes = xcalloc(t->count + 1, sizeof(struct terms_pane *));
	for (size_t i = 0; i < t->count; i++) {
		if (terms_takes(t, i))
			s->panes[s->count++] = t->panes[i];
	}
	s->text = text ? xstrdup(text) : NULL;
	s->due_ms = t->typed_ms = t->link->now_ms(t->link->user);
	if (s->count > 1)
		terms_compare_from_here(t);
	broadcast_key(&t->line, "enter", false);
	terms_slow_go(t);
}

void
terms_slow_go(struct terms *t)
{
	struct terms_slow *s = &t->slow;
	int64_t now = t->link->now_ms(t->link->user);

	if (s->next >= s->count)
		return;
	if (now >= s->due_ms) {
		struct terms_pane *p = s->panes[s->next++];

		if (p && s->text)
			type_into(p, s->text);
		if (p)
			pane_key(p->pane, "enter", false);
		s->due_ms = now + t->rules.stagger_ms;
		t->entered_ms = now;
		t->link->changed(t->link->user);
	}
	if (s->next < s->count)
		t->link->wake(t->link->user, s->due_ms - now);
	else
		terms_slow_forget(t, NULL);
}
