/* Panes whose screens are kept: when they are asked for, or because the inventory says so. */
#include "tui/terms.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/pane.h"
#include "tui/terms_inner.h"

#include <string.h>

/* What a screen shows, as bytes that show it again on an empty one of its size; caller frees. */
static char *
shown_now(const struct terms_pane *p, size_t *ret_len)
{
	struct buf b = BUF_INIT((size_t)4 * TERMS_TEXT_MOST);
	struct pane_state s;

	pane_get(p->pane, &s);
	autofree char *text = pane_text(p->pane, s.top, s.top + s.rows, TERMS_TEXT_MOST);
	size_t len = strlen(text);
	while (len && text[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		buf_adds(&b, text[i] == '\n' ? "\r\n" : (char[]){ text[i], '\0' });
	buf_addf(&b, "\033[%d;%dH", s.cursor_row + 1, s.cursor_col + 1);
	return buf_detach(&b, ret_len);
}

static void
begin(struct terms_pane *p)
{
	size_t len = 0;

	p->record = true;
	if (!p->line || p->recording)
		return;
	terms_feed_all(p);
	autofree char *shown = p->state == TERMS_LIVE ? shown_now(p, &len) : NULL;
	p->terms->link->record(p->line, true, shown, len);
}

static void
end(struct terms_pane *p)
{
	p->record = false;
	if (p->line)
		p->terms->link->record(p->line, false, NULL, 0);
}

/* A pane that has ended and receives nothing can be recorded once it is connected again. */
static bool
is_meant(const struct terms *t, size_t i)
{
	return terms_takes(t, i) || (t->mode == BROADCAST_OFF && i == t->focus);
}

void
terms_record(struct terms *t, struct terms_recorded *ret)
{
	bool on = false;

	*ret = (struct terms_recorded){ .on = false };
	for (size_t i = 0; i < t->count; i++)
		on = on || (is_meant(t, i) && !t->panes[i]->record &&
			       t->panes[i]->policy != TERMS_RECORD_NEVER);
	for (size_t i = 0; i < t->count; i++) {
		struct terms_pane *p = t->panes[i];

		if (!is_meant(t, i))
			continue;
		if (p->policy != TERMS_RECORD_ASKED) {
			ret->never += p->policy == TERMS_RECORD_NEVER;
			ret->always += p->policy == TERMS_RECORD_ALWAYS;
			continue;
		}
		if (p->record == on)
			continue;
		ret->changed++;
		if (on)
			begin(p);
		else
			end(p);
	}
	ret->on = on;
	t->link->changed(t->link->user);
}

void
terms_recording(struct terms_pane *p, bool on, const char *why)
{
	const struct terms_link *l = p->terms->link;

	p->recording = on;
	if (why) {
		autofree char *text = xasprintf("%s is not recorded: %s", p->host, why);

		l->say(l->user, true, text);
	}
	l->changed(l->user);
}
