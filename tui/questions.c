/* What logins ask in the console: one question at a time, above whatever is on the screen. */
#include "tui/console.h"
#include "tui/term.h"

#include "base/mem.h"
#include "cli/ask.h"
#include "cli/call.h"

struct console_question {
	struct console_question *next;
	uint32_t id;
	char *title, *text, *word, *subject;
	struct question asked; /* its texts are the four above */
	bool shown;
};

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void
free_question(struct console_question *q)
{
	free(q->title);
	free(q->text);
	free(q->word);
	free(q->subject);
	free(q);
}

static void
count_waiting(struct console *c)
{
	const struct console_question *q = c->questions;

	if (!q || !q->shown)
		return;
	c->overlay.more = 0;
	for (q = q->next; q; q = q->next)
		c->overlay.more++;
}

static void
settle(struct console *c, const char *line)
{
	struct console_question *q = c->questions;

	c->questions = q->next;
	q->asked.answer(q->asked.user, q->subject, line);
	free_question(q);
	questions_show(c);
}

static void
on_line(void *user, const char *input)
{
	settle(user, input);
}

static void
on_refused(void *user)
{
	settle(user, NULL);
}

/* Keys that were typed before a question stood there were not meant for it. */
void
questions_show(struct console *c)
{
	struct console_question *q = c->questions;
	bool free_for_it = c->overlay.kind == OVERLAY_NONE || c->overlay.kind == OVERLAY_HELP;

	if (!q || q->shown || !free_for_it)
		return;
	overlay_question(&c->overlay, q->title, q->text, q->word, on_line, c);
	c->overlay.no = on_refused;
	c->overlay.secret = !q->asked.echo && !q->word;
	c->overlay.empty = q->asked.empty;
	q->shown = true;
	count_waiting(c);
	if (c->term)
		term_flush(c->term);
	console_dirty(c);
}

uint32_t
questions_put(struct call *call, const struct question *asked)
{
	struct console *c = call->console_state;
	struct console_question *q = xcalloc(1, sizeof(*q)), **at = &c->questions;

	while (*at)
		at = &(*at)->next;
	*at = q;
	q->id = ++c->last_question;
	q->asked = *asked;
	q->title = xstrdup(asked->prompt);
	q->text = dup_or_null(asked->text);
	q->word = dup_or_null(asked->word);
	q->subject = dup_or_null(asked->subject);
	questions_show(c);
	count_waiting(c);
	console_dirty(c);
	return q->id;
}

void
questions_withdraw(struct call *call, uint32_t id)
{
	struct console *c = call->console_state;
	struct console_question **at = &c->questions;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	struct console_question *q = *at;
	if (!q)
		return;
	*at = q->next;
	if (q->shown)
		overlay_close(&c->overlay);
	free_question(q);
	questions_show(c);
	count_waiting(c);
	console_dirty(c);
}

void
questions_free(struct console *c)
{
	while (c->questions) {
		struct console_question *q = c->questions;

		c->questions = q->next;
		free_question(q);
	}
}
