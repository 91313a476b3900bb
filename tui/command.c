/* The palette in the console: what completes it, its history, and what a line does. */
#include "tui/console.h"
#include "tui/keymap.h"
#include "tui/palette.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/status.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_MAX 100
#define FILES_MAX   5000 /* entries of a directory that are looked at */
#define RUNS_MAX    50

struct console_palette {
	char *line[HISTORY_MAX]; /* oldest first */
	size_t count, at;        /* at == count: the one being typed */
	char draft[512];
	bool cycling; /* Tab goes through the choices */
};

typedef void put_fn(void *to, const char *word, const char *note);

static void
each_host(struct console *c, put_fn *put, void *to)
{
	for (size_t i = 0; i < inventory_group_count(c->call->inventory); i++) {
		const struct group *g = inventory_group(c->call->inventory, i);
		autofree char *word = xasprintf("@%s", g->name);
		autofree char *note =
		    xasprintf("%zu host%s", g->host_count, g->host_count == 1 ? "" : "s");

		put(to, word, note);
	}
	for (size_t i = 0; i < c->scene.count; i++)
		put(to, c->scene.hosts[i].name, c->scene.hosts[i].group);
}

static void
each_unit(struct console *c, const char *host, put_fn *put, void *to)
{
	bool known = false;

	for (size_t i = 0; host && i < c->scene.count; i++)
		known = known || str_eq(c->scene.hosts[i].name, host);
	for (size_t i = 0; i < c->scene.count; i++) {
		const struct scene_host *h = &c->scene.hosts[i];

		if (known && !str_eq(h->name, host))
			continue;
		for (size_t k = 0; k < h->status->unit_count; k++)
			put(to, h->status->units[k].name, h->status->units[k].description);
	}
}

static void
each_file(const char *prefix, bool playbooks, put_fn *put, void *to)
{
	const char *slash = strrchr(prefix, '/');
	autofree char *dir = slash ? xmemdup0(prefix, (size_t)(slash - prefix) + 1) : xstrdup("");
	DIR *d = opendir(*dir ? dir : ".");
	const struct dirent *e;

	if (!d)
		return;
	for (size_t i = 0; i < FILES_MAX; i++) {
		e = readdir(d);
		if (!e)
			break;
		bool below = e->d_type == DT_DIR;
		bool wanted = !playbooks || below || str_ends(e->d_name, ".yaml") ||
			      str_ends(e->d_name, ".yml") || str_ends(e->d_name, ".plan");

		if (!wanted || (e->d_name[0] == '.' && prefix[strlen(dir)] != '.'))
			continue;
		autofree char *word = xasprintf("%s%s%s", dir, e->d_name, below ? "/" : "");
		put(to, word, NULL);
	}
	closedir(d);
}

struct putting {
	put_fn *put;
	void *to;
};

static bool
put_run(void *user, const struct ledger_row *row)
{
	const struct putting *p = user;
	autofree char *note = xasprintf("%s %s %s", row->verb ? row->verb : "",
	    row->playbook ? row->playbook
	    : row->argv   ? row->argv
			  : "",
	    row->state ? row->state : "");

	p->put(p->to, row->alias, note);
	return true;
}

static void
each(
    void *user, enum palette_kind kind, const char *prefix, const char *host, put_fn *put, void *to)
{
	struct console *c = user;
	struct putting p = { put, to };

	switch (kind) {
	case PALETTE_HOSTS:
		each_host(c, put, to);
		break;
	case PALETTE_UNITS:
		each_unit(c, host, put, to);
		break;
	case PALETTE_FILES:
	case PALETTE_PLAYBOOKS:
		each_file(prefix, kind == PALETTE_PLAYBOOKS, put, to);
		break;
	case PALETTE_RUNS:
		ledger_runs(c->call->ledger, c->scene.fleet, RUNS_MAX, put_run, &p);
		break;
	}
}

static void
complete(struct console *c, struct overlay *o)
{
	const struct palette_source source = { .each = each, .user = c };

	c->palette->cycling = false;
	palette_complete(console_view(c), &source, o->input, o->picker);
}

/* The front one is the palette, unless a question came before it. */
static void
on_typed(void *user, const char *input)
{
	struct console *c = user;

	(void)input;
	complete(c, c->overlay.kind == OVERLAY_PALETTE ? &c->overlay : c->overlay.behind);
}

static void
recall(struct console *c, struct overlay *o, long by)
{
	struct console_palette *p = c->palette;

	if ((by < 0 && p->at == 0) || (by > 0 && p->at == p->count))
		return;
	if (p->at == p->count)
		str_copy(p->draft, sizeof(p->draft), o->input);
	p->at = (size_t)((long)p->at + by);
	str_copy(o->input, sizeof(o->input), p->at == p->count ? p->draft : p->line[p->at]);
	complete(c, o);
}

/* First what all choices begin with, then one choice after the other. */
static void
tab(struct console *c, struct overlay *o, bool back)
{
	struct console_palette *p = c->palette;
	autofree char *common = palette_common(o->picker);

	if (!p->cycling && str_starts(common, o->input) && strlen(common) > strlen(o->input)) {
		str_copy(o->input, sizeof(o->input), common);
		complete(c, o);
		return;
	}
	if (p->cycling)
		picker_key(o->picker, back ? "up" : "down");
	p->cycling = true;
	const struct picker_item *item = picker_current(o->picker);
	if (item)
		str_copy(o->input, sizeof(o->input), item->value);
	if (o->picker->count == 1)
		complete(c, o);
}

static bool
on_key(void *user, struct overlay *o, const char *key)
{
	struct console *c = user;

	if (str_eq(key, "up") || str_eq(key, "ctrl-p"))
		recall(c, o, -1);
	else if (str_eq(key, "down") || str_eq(key, "ctrl-n"))
		recall(c, o, 1);
	else if (str_eq(key, "tab") || str_eq(key, "shift-tab"))
		tab(c, o, str_eq(key, "shift-tab"));
	else
		return false;
	return true;
}

static void
remember(struct console_palette *p, const char *line)
{
	if (p->count && str_eq(p->line[p->count - 1], line))
		return;
	if (p->count == HISTORY_MAX) {
		free(p->line[0]);
		memmove(p->line, p->line + 1, (HISTORY_MAX - 1) * sizeof(*p->line));
		p->count--;
	}
	p->line[p->count++] = xstrdup(line);
}

static void
run_row(struct console *c, const char *screen, const char *action)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(c->keymap, &count);

	for (size_t i = 0; i < count; i++) {
		if (str_eq(rows[i].screen, screen) && str_eq(rows[i].action->name, action)) {
			keys_run(c, &rows[i]);
			return;
		}
	}
}

/* A node set: its hosts are the marked ones. */
static void
mark_set(struct console *c, const char *line)
{
	struct set set;
	struct err err;

	if (set_eval(c->call->inventory, line, NULL, &set, &err) < 0) {
		console_flash(c, true, "no verb, screen or action, and as a set: %s", err.text);
		return;
	}
	for (size_t i = 0; i < c->scene.count; i++)
		c->services.mark(c, i, false);
	for (size_t i = 0; i < set.count; i++)
		c->services.mark(c, set.hosts[i]->index, true);
	console_flash(c, false, "%zu host%s marked", set.count, set.count == 1 ? "" : "s");
	set_fini(&set);
}

static void
carry_out(struct console *c, const struct palette_line *l, const char *line)
{
	switch (l->what) {
	case PALETTE_NOTHING:
		break;
	case PALETTE_QUIT:
		run_row(c, "*", "quit");
		break;
	case PALETTE_MESSAGES:
		messages_show(c);
		break;
	case PALETTE_SCREEN:
		if (l->row->class == &view_plan && l->subject)
			services_plan_file(c, l->subject);
		else
			console_open(c, l->row->class, l->subject);
		break;
	case PALETTE_ACTION:
		keys_run(c, l->row);
		break;
	case PALETTE_VERB:
		verbs_run(c, line);
		break;
	case PALETTE_UNKNOWN:
		mark_set(c, line);
		break;
	}
}

/* A beginning that fits one thing alone is that thing. */
static char *
meant(struct console *c, const char *line)
{
	const struct palette_source source = { .each = each, .user = c };
	struct palette_line l;
	struct picker *p = picker_new();
	char *found = NULL;

	palette_read(console_view(c), line, &l);
	if (l.what == PALETTE_UNKNOWN && l.words.count == 1) {
		palette_complete(console_view(c), &source, line, p);
		if (p->count && str_starts(p->items[0].text, line) &&
		    (p->count == 1 || !str_starts(p->items[1].text, line)))
			found = xstrdup(p->items[0].text);
	}
	palette_line_fini(&l);
	picker_free(p);
	return found ? found : xstrdup(line);
}

static void
on_line(void *user, const char *input)
{
	struct console *c = user;
	autofree char *line = meant(c, input);
	struct palette_line l;

	remember(c->palette, input);
	palette_read(console_view(c), line, &l);
	carry_out(c, &l, line);
	palette_line_fini(&l);
}

void
command_open(struct console *c)
{
	struct overlay *o;

	if (!c->palette)
		c->palette = xcalloc(1, sizeof(*c->palette));
	c->palette->at = c->palette->count;
	o = overlay_palette(&c->overlay, on_line, c);
	o->changed = on_typed;
	o->key = on_key;
	complete(c, o);
}

void
command_free(struct console *c)
{
	for (size_t i = 0; c->palette && i < c->palette->count; i++)
		free(c->palette->line[i]);
	free(take(c->palette));
}
