#include "tui/feed_terms.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "engine/stray.h"
#include "engine/terminal.h"
#include "engine/transcript.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "tui/console.h"
#include "tui/terms.h"

#include <stdio.h>
#include <string.h>

#define TERM_THERE "xterm-256color"

/* Terminals that were opened together: one run, which ends with the last of them. */
struct sitting {
	struct sitting *next;
	struct run *run;
	size_t open;
};

struct terms_line {
	struct terms_line *next; /* of those that wait to be opened */
	struct feed_terms *feed;
	struct terms_pane *pane;
	struct herd_host *host;
	struct terminal *terminal;
	struct sitting *sitting;       /* NULL: not begun, or its end was told */
	struct transcript *transcript; /* NULL: none is kept */
	bool record;                   /* one is wanted */
	char *command;
	bool become;
	int rows, cols;
	int64_t began_ms;
};

struct feed_terms {
	struct console *console;
	struct terms_link link;
	struct terms *terms;
	struct loop_timer *work, *begin;
	int64_t due; /* of work; -1: it is not wound */
	struct terms_line *fresh;
	struct sitting *sittings;
	char short_name[256];
};

static int64_t
now(void *user)
{
	const struct feed_terms *f = user;

	return loop_now_ms(f->console->loop);
}

static void
wake(void *user, int64_t ms)
{
	struct feed_terms *f = user;
	int64_t at = now(f) + (ms > 0 ? ms : 0);

	if (f->due >= 0 && f->due <= at)
		return;
	f->due = at;
	loop_timer_start(f->work, at - now(f));
}

static void
on_work(void *user)
{
	struct feed_terms *f = user;

	f->due = -1;
	terms_work(f->terms);
}

static void
changed(void *user)
{
	struct feed_terms *f = user;

	console_stale(f->console);
}

static void
say(void *user, bool bad, const char *text)
{
	struct feed_terms *f = user;

	console_flash(f->console, bad, "%s", text);
}

/* A host's own names: the inventory's, its first word, its address, what it calls itself. */
static bool
about(void *user, const char *name, struct terms_about *ret)
{
	struct feed_terms *f = user;
	const struct host *h = inventory_find(f->console->call->inventory, name);
	size_t n = 0;

	if (!h)
		return false;
	*ret = (struct terms_about){ .user = h->user,
		.pet = h->kind == HOST_PET,
		.policy = !h->transcripts                    ? TERMS_RECORD_ASKED
			  : str_eq(h->transcripts, "always") ? TERMS_RECORD_ALWAYS
							     : TERMS_RECORD_NEVER };
	ret->names[n++] = h->name;
	str_copy(f->short_name, sizeof(f->short_name), h->name);
	f->short_name[strcspn(f->short_name, ".")] = '\0';
	if (f->short_name[0] && strchr(h->name, '.'))
		ret->names[n++] = f->short_name;
	if (h->address)
		ret->names[n++] = h->address;
	const char *self = herd_fact(herd_of(f->console->herd, h), "hostname");
	if (self && *self)
		ret->names[n++] = self;
	return true;
}

static void
tell_start(const struct terms_line *l)
{
	const struct host *h = herd_host_of(l->host);
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, h->name);
	event_set_text(&e, FIELD_KIND, host_kind_name(h->kind));
	event_set_text(&e, FIELD_ADDRESS, h->address ? h->address : h->name);
	event_set_int(&e, FIELD_ATTEMPT, 1);
	run_emit(l->sitting->run, &e);
}

/* A terminal that was left is well, whatever its last command came to. err NULL: it was reached. */
static void
tell_end(struct terms_line *l, const struct err *err, int status, const char *signal)
{
	struct sitting *s = take(l->sitting);
	autoevent e = { .count = 0 };

	transcript_close(take(l->transcript), now(l->feed));
	if (!s)
		return;
	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, herd_host_of(l->host)->name);
	event_set_text(&e, FIELD_STATE, outcome_name(err ? err->kind : OUTCOME_OK));
	if (err) {
		event_set_text(&e, FIELD_PHASE, err->phase[0] ? err->phase : NULL);
		event_set_text(&e, FIELD_TEXT, herd_reason(l->host, err));
	} else if (signal) {
		event_set_text(&e, FIELD_SIGNAL, signal);
	} else if (status >= 0) {
		event_set_int(&e, FIELD_RC, status);
	}
	event_set_int(&e, FIELD_MS, clock_mono_ms() - l->began_ms);
	run_emit(s->run, &e);
	if (--s->open == 0)
		run_finish(s->run, OUTCOME_OK);
}

/* The pane's mark is there exactly while something is kept. */
static void
open_transcript(struct terms_line *l, const char *shown, size_t len)
{
	char title[200];

	terms_title(l->pane, title, sizeof(title));
	l->transcript = transcript_open(&(struct transcript_spec){ .run = l->sitting->run,
					    .ledger = herd_ledger(l->feed->console->herd),
					    .host = herd_host_of(l->host)->name,
					    .title = title,
					    .term = TERM_THERE,
					    .columns = l->cols,
					    .rows = l->rows },
	    now(l->feed));
	transcript_output(l->transcript, shown, len, now(l->feed));
	terms_recording(
	    l->pane, l->transcript != NULL, l->transcript ? NULL : "its run is not in the ledger");
}

static void
record(struct terms_line *l, bool on, const char *shown, size_t len)
{
	l->record = on;
	if (on && l->terminal && l->sitting && !l->transcript) {
		open_transcript(l, shown, len);
	} else if (!on && l->transcript) {
		transcript_close(take(l->transcript), now(l->feed));
		terms_recording(l->pane, false, NULL);
	}
}

static void
on_data(void *user, const void *bytes, size_t len)
{
	struct terms_line *l = user;

	transcript_output(l->transcript, bytes, len, now(l->feed));
	if (l->transcript && transcript_is_full(l->transcript)) {
		transcript_close(take(l->transcript), now(l->feed));
		terms_recording(l->pane, false, "its transcript is full at 64 MiB");
	}
	terms_data(l->pane, bytes, len);
}

static void
on_began(void *user)
{
	struct terms_line *l = user;

	terms_began(l->pane);
}

static void
on_ended(void *user, const struct err *err, int status, const char *signal)
{
	struct terms_line *l = user;
	struct err why;

	tell_end(l, err, status, signal);
	if (err) {
		why = *err;
		str_copy(why.text, sizeof(why.text), herd_reason(l->host, err));
	}
	terms_ended(l->pane, err ? &why : NULL, status, signal);
}

static void
open_terminal(struct terms_line *l)
{
	l->began_ms = clock_mono_ms();
	tell_start(l);
	if (l->record)
		open_transcript(l, NULL, 0);
	l->terminal = terminal_open(l->host, &(struct terminal_spec){ .command = l->command,
						 .columns = (uint16_t)l->cols,
						 .rows = (uint16_t)l->rows,
						 .term = TERM_THERE,
						 .become = l->become,
						 .data = on_data,
						 .ended = on_ended,
						 .began = on_began,
						 .user = l });
}

/* Those that wait, each host once; the others wait on. Returns how many. */
static size_t
take_fresh(struct feed_terms *f, struct terms_line **to, const char **names)
{
	struct terms_line **at = &f->fresh;
	size_t n = 0;

	while (*at) {
		struct terms_line *l = *at;
		bool twice = false;

		for (size_t i = 0; i < n; i++)
			twice = twice || to[i]->host == l->host;
		if (twice) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		l->next = NULL;
		names[n] = herd_host_of(l->host)->name;
		to[n++] = l;
	}
	return n;
}

static struct run *
new_run(struct feed_terms *f, const char *const *names, size_t count, struct err *err)
{
	const struct inventory *inv = f->console->call->inventory;
	autoevent start = { .count = 0 };
	autofree char *set = names_fold(names, count);
	const char *argv[] = { "ssh", set };

	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "ssh");
	event_set_list(&start, FIELD_ARGV, argv, countof(argv));
	event_set_text(&start, FIELD_SOURCE, "console");
	event_set_text(&start, FIELD_FLEET, inventory_fleet(inv));
	event_set_list(&start, FIELD_HOSTS, names, count);
	event_set_text(&start, FIELD_INVENTORY, inventory_path(inv));
	return run_new(&(struct run_spec){ .loop = f->console->loop,
			   .ledger = herd_ledger(f->console->herd),
			   .start = &start,
			   .host_count = count },
	    err);
}

static void
reap(struct feed_terms *f, bool all)
{
	for (struct sitting **at = &f->sittings; *at;) {
		struct sitting *s = *at;

		if (s->open && !all) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		run_free(s->run);
		free(s);
	}
}

/* What was opened in one pass is one run; without a record nothing is opened. */
static void
on_begin(void *user)
{
	struct feed_terms *f = user;
	autofree struct terms_line **lines = xcalloc(TERMS_MOST, sizeof(struct terms_line *));
	autofree const char **names = xcalloc(TERMS_MOST, sizeof(*names));
	struct err err;

	reap(f, false);
	size_t n = take_fresh(f, lines, names);
	if (f->fresh)
		loop_timer_start(f->begin, 0);
	if (!n)
		return;
	struct run *run = new_run(f, names, n, &err);
	if (!run) {
		for (size_t i = 0; i < n; i++)
			terms_ended(lines[i]->pane, &err, -1, NULL);
		return;
	}
	struct sitting *s = xcalloc(1, sizeof(*s));
	*s = (struct sitting){ .next = f->sittings, .run = run, .open = n };
	f->sittings = s;
	for (size_t i = 0; i < n; i++)
		lines[i]->sitting = s;
	for (size_t i = 0; i < n; i++)
		open_terminal(lines[i]);
}

static struct terms_line *
open_line(void *user, struct terms_pane *p, const char *command, bool become)
{
	struct feed_terms *f = user;
	struct terms_line *l = xcalloc(1, sizeof(*l)), **end = &f->fresh;

	*l = (struct terms_line){ .feed = f,
		.pane = p,
		.host =
		    herd_of(f->console->herd, inventory_find(f->console->call->inventory, p->host)),
		.command = command ? xstrdup(command) : NULL,
		.become = become,
		.rows = p->rows,
		.cols = p->cols };
	while (*end)
		end = &(*end)->next;
	*end = l;
	loop_timer_start(f->begin, 0);
	return l;
}

static void
close_line(struct terms_line *l)
{
	struct feed_terms *f = l->feed;

	for (struct terms_line **at = &f->fresh; *at; at = &(*at)->next) {
		if (*at == l) {
			*at = l->next;
			break;
		}
	}
	terminal_close(l->terminal);
	tell_end(l, NULL, -1, NULL);
	loop_timer_start(f->begin, 0); /* its run may be over */
	free(l->command);
	free(l);
}

static int
write_line(struct terms_line *l, const void *bytes, size_t len)
{
	return l->terminal ? terminal_write(l->terminal, bytes, len) : -1;
}

static size_t
pending(const struct terms_line *l)
{
	return l->terminal ? terminal_pending(l->terminal) : 0;
}

static void
resize(struct terms_line *l, int rows, int cols)
{
	l->rows = rows;
	l->cols = cols;
	transcript_resize(l->transcript, cols, rows, now(l->feed));
	if (l->terminal)
		terminal_resize(l->terminal, (uint16_t)cols, (uint16_t)rows);
}

static void
pause_line(struct terms_line *l, bool on)
{
	if (l->terminal)
		terminal_pause(l->terminal, on);
}

/* Typed into, a host of the cattle is no longer what a playbook made of it. */
static void
typed(struct terms_line *l)
{
	const struct host *h = herd_host_of(l->host);

	if (!l->sitting)
		return;
	stray_mark(l->sitting->run, h, "ssh");
	if (h->kind == HOST_CATTLE)
		l->feed->console->hosts[h->index].strayed = true;
}

struct feed_terms *
feed_terms_new(struct console *c, struct terms_rules *rules)
{
	struct feed_terms *f = xcalloc(1, sizeof(*f));

	f->console = c;
	f->due = -1;
	f->link = (struct terms_link){ .user = f,
		.about = about,
		.open = open_line,
		.close = close_line,
		.write = write_line,
		.pending = pending,
		.resize = resize,
		.pause = pause_line,
		.typed = typed,
		.record = record,
		.wake = wake,
		.changed = changed,
		.say = say,
		.now_ms = now };
	f->work = loop_timer_new(c->loop, on_work, f);
	f->begin = loop_timer_new(c->loop, on_begin, f);
	f->terms = terms_new(&f->link, rules);
	return f;
}

void
feed_terms_free(struct feed_terms *f)
{
	if (!f)
		return;
	terms_free(f->terms);
	reap(f, true);
	loop_timer_free(f->work);
	loop_timer_free(f->begin);
	free(f);
}

struct terms *
feed_terms_of(struct feed_terms *f)
{
	return f->terms;
}
