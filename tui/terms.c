#include "tui/terms.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/pane.h"
#include "tui/terms_inner.h"

#include <stdio.h>
#include <string.h>

#define ROWS     24
#define COLS     80
#define RAW_MOST ((size_t)8 << 20) /* far above what is on its way when the host is told to wait */

struct terms *
terms_new(const struct terms_link *link, struct terms_rules *rules)
{
	struct terms *t = xcalloc(1, sizeof(*t));

	t->link = link;
	t->rules = *rules;
	*rules = (struct terms_rules){ 0 };
	return t;
}

static void
free_pane(struct terms_pane *p)
{
	if (p->line)
		p->terms->link->close(take(p->line));
	pane_free(p->pane);
	buf_fini(&p->raw);
	for (size_t i = 0; i < DIVERGE_NAMES; i++)
		free(p->names[i]);
	free(p->host);
	free(p->user);
	free(p->what);
	free(p);
}

void
terms_free(struct terms *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free_pane(t->panes[i]);
	terms_slow_forget(t, NULL);
	terms_rules_fini(&t->rules);
	free(t->panes);
	free(t);
}

bool
terms_is_live(const struct terms_pane *p)
{
	return p->state == TERMS_OPENING || p->state == TERMS_LIVE;
}

void
terms_title(const struct terms_pane *p, char *to, size_t size)
{
	switch (p->kind) {
	case TERMS_SHELL:
		snprintf(to, size, "%s", p->host);
		break;
	case TERMS_ROOT:
		snprintf(to, size, "%s root", p->host);
		break;
	case TERMS_CONTAINER:
		snprintf(to, size, "%s in %s", p->host, p->what);
		break;
	case TERMS_JOURNAL:
		snprintf(to, size, "%s log of %s", p->host, p->what);
		break;
	}
}

static void
on_send(void *user, const void *bytes, size_t len, bool answer)
{
	struct terms_pane *p = user;

	if (!p->line)
		return;
	if (p->terms->link->write(p->line, bytes, len) < 0) {
		p->refused += answer ? 0 : len;
		return;
	}
	if (!answer && !p->typed) {
		p->typed = true;
		p->terms->link->typed(p->line);
	}
	p->terms->link->wake(p->terms->link->user, TERMS_LAG_MS);
}

/* What runs in a pane of this kind; NULL: the login's shell. Caller frees. */
static char *
command_of(const struct terms_pane *p)
{
	struct buf b = BUF_INIT(4096);

	switch (p->kind) {
	case TERMS_SHELL:
	case TERMS_ROOT:
		return NULL;
	case TERMS_CONTAINER:
		buf_adds(&b, "exec podman exec -it -- ");
		str_shell_quote(&b, p->what);
		buf_adds(&b, " /bin/sh -c 'if command -v bash >/dev/null 2>&1; then exec bash; fi; "
			     "exec sh'");
		break;
	case TERMS_JOURNAL:
		buf_adds(&b, "exec journalctl -n 100 -f -u ");
		str_shell_quote(&b, p->what);
		break;
	}
	return buf_detach(&b, NULL);
}

static void
open_line(struct terms_pane *p)
{
	autofree char *command = command_of(p);

	p->state = TERMS_OPENING;
	p->typed = p->paused = p->differs = p->asked = p->recording = false;
	p->lag_ms = 0;
	p->refused = 0;
	p->err = (struct err){ .kind = OUTCOME_OK };
	p->line = p->terms->link->open(p->terms->link->user, p, command, p->kind != TERMS_SHELL);
	if (p->record)
		p->terms->link->record(p->line, true, NULL, 0);
}

static struct terms_pane *
new_pane(struct terms *t, const char *host, const struct terms_about *about, enum terms_kind kind,
    const char *what)
{
	struct terms_pane *p = xcalloc(1, sizeof(*p));

	p->terms = t;
	p->host = xstrdup(host);
	p->user = xstrdup(about->user ? about->user : "");
	for (size_t i = 0; i + 1 < DIVERGE_NAMES && about->names[i]; i++)
		p->names[i] = xstrdup(about->names[i]);
	p->pet = about->pet;
	p->policy = about->policy;
	p->record = about->policy == TERMS_RECORD_ALWAYS;
	p->kind = kind;
	p->what = what ? xstrdup(what) : NULL;
	p->number = ++t->numbers;
	p->rows = ROWS;
	p->cols = COLS;
	p->leads = true;
	buf_init(&p->raw, RAW_MOST);
	p->pane = pane_new(
	    &(struct pane_config){ .rows = ROWS, .cols = COLS, .send = on_send, .user = p });
	return p;
}

static bool
is_open(
    const struct terms *t, const char *host, enum terms_kind kind, const char *what, size_t *ret_at)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct terms_pane *p = t->panes[i];

		if (str_eq(p->host, host) && p->kind == kind &&
		    (!what || (p->what && str_eq(p->what, what)))) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

/* Whoever receives what is typed is to be said anew. */
static void
set_changed(struct terms *t)
{
	if (t->mode != BROADCAST_OFF) {
		t->link->say(t->link->user, false,
		    "other panes than before: what is typed goes to one again");
		terms_set_mode(t, BROADCAST_OFF);
	}
	t->stale = true;
	t->link->wake(t->link->user, 0);
	t->link->changed(t->link->user);
}

size_t
terms_add(struct terms *t, const char *const *hosts, size_t count, enum terms_kind kind,
    const char *what, struct err *err)
{
	struct terms_about about;
	size_t added = 0, at = 0, first = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		if (!t->link->about(t->link->user, hosts[i], &about)) {
			err_set(err, OUTCOME_USAGE, "there is no host '%s'", hosts[i]);
			return SIZE_MAX;
		}
		added += !is_open(t, hosts[i], kind, what, &at);
	}
	if (t->count + added > TERMS_MOST) {
		err_set(
		    err, OUTCOME_USAGE, "%zu panes: %d are the most", t->count + added, TERMS_MOST);
		return SIZE_MAX;
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_open(t, hosts[i], kind, what, &at)) {
			t->link->about(t->link->user, hosts[i], &about);
			mem_grow(t->panes, t->count, t->cap);
			at = t->count++;
			t->panes[at] = new_pane(t, hosts[i], &about, kind, what);
			open_line(t->panes[at]);
		}
		first = first == SIZE_MAX ? at : first;
	}
	t->focus = first == SIZE_MAX ? t->focus : first;
	if (added)
		set_changed(t);
	return added;
}

void
terms_drop(struct terms *t, size_t i)
{
	struct terms_pane *p = t->panes[i];

	terms_slow_forget(t, p);
	memmove(t->panes + i, t->panes + i + 1, (t->count - i - 1) * sizeof(struct terms_pane *));
	t->count--;
	if (t->focus > i || (t->focus == t->count && t->focus))
		t->focus--;
	free_pane(p);
	set_changed(t);
}

/* The pane is somebody else's from here on. */
static void
renew(struct terms_pane *p, const char *text)
{
	if (p->line)
		p->terms->link->close(take(p->line));
	terms_feed_all(p);
	pane_renew(p->pane, text);
	open_line(p);
	p->terms->link->wake(p->terms->link->user, 0);
	p->terms->link->changed(p->terms->link->user);
}

void
terms_reconnect(struct terms *t, size_t i)
{
	if (t->panes[i]->state == TERMS_OPENING)
		return;
	renew(t->panes[i], "-- connecting again --");
}

void
terms_become(struct terms *t, size_t i, enum terms_kind kind, const char *what)
{
	struct terms_pane *p = t->panes[i];
	char *kept = what ? xstrdup(what) : NULL, title[200], text[220];

	free(p->what);
	p->what = kept;
	p->kind = kind;
	terms_title(p, title, sizeof(title));
	snprintf(text, sizeof(text), "-- %s --", title);
	renew(p, text);
}

void
terms_place(struct terms *t, size_t i, bool seen, int rows, int cols)
{
	struct terms_pane *p = t->panes[i];

	if (seen && !p->seen)
		t->link->wake(t->link->user, 0); /* what it kept is to be seen */
	p->seen = seen;
	if (rows < 1 || (p->rows == rows && p->cols == cols))
		return;
	p->rows = rows;
	p->cols = cols;
	pane_resize(p->pane, rows, cols);
	if (p->line)
		t->link->resize(p->line, rows, cols);
}

void
terms_began(struct terms_pane *p)
{
	p->state = TERMS_LIVE;
	p->terms->link->changed(p->terms->link->user);
}

void
terms_data(struct terms_pane *p, const void *bytes, size_t len)
{
	const struct terms_link *l = p->terms->link;

	if (p->state == TERMS_OPENING)
		p->state = TERMS_LIVE;
	p->data_ms = l->now_ms(l->user);
	if (p->raw.len + len > p->raw.max)
		terms_feed_all(p); /* more came than is to come: nothing of it is lost */
	buf_add(&p->raw, bytes, len);
	if (!p->paused && p->raw.len - p->taken > TERMS_RAW_HIGH) {
		p->paused = true;
		l->pause(p->line, true);
	}
	p->terms->stale = true;
	l->wake(l->user, p->seen ? 0 : TERMS_HIDDEN_MS);
}

void
terms_ended(struct terms_pane *p, const struct err *err, int status, const char *signal)
{
	const struct terms_link *l = p->terms->link;

	p->state = err ? TERMS_LOST : TERMS_ENDED;
	if (err)
		p->err = *err;
	p->status = status;
	str_copy(p->signal, sizeof(p->signal), signal ? signal : "");
	p->differs = p->recording = false;
	l->close(take(p->line));
	terms_slow_forget(p->terms, p);
	l->wake(l->user, 0);
	l->changed(l->user);
}
