#include "tui/feed_host.h"

#include "tui/console.h"
#include "tui/foreground.h"
#include "tui/host_source.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REST_MS    200  /* the cursor rests */
#define AGAIN_MS   5000 /* a detail that is looked at is asked for again */
#define KEPT       16   /* details that are remembered */
#define OUT_MOST   2
#define CHANGES    60
#define CHANGES_MS 3000 /* the ledger is read again no sooner */

/* A thing by value. */
struct named {
	size_t host;
	enum detail_kind kind;
	char user[33], name[256];
};

struct kept {
	struct named thing;
	struct host_known known;
	struct detail detail;
	int64_t came_ms, used_ms; /* 0: nothing is in it */
	bool asked;
};

/* A probe that is under way; feed is NULL when nobody waits for it any more. */
struct asked {
	struct host_feed *feed;
	struct asked *next;
	struct named thing;
	enum detail_form form;
	bool show;
};

struct host_feed {
	struct console *console;
	struct host_source source;
	struct named wanted;
	bool wants;
	struct kept kept[KEPT];
	struct loop_timer *rest;
	struct asked *out; /* all that are under way */
	int briefs;
	struct host_text text;
	char *text_bytes;
	struct host_change *changes;
	size_t change_count, changes_of;
	int64_t changes_ms;
};

static struct named
name_of(const struct host_thing *t)
{
	struct named n = { .host = t->host, .kind = t->kind };

	str_copy(n.user, sizeof(n.user), t->user);
	str_copy(n.name, sizeof(n.name), t->name);
	return n;
}

static bool
same(const struct named *a, const struct named *b)
{
	return a->host == b->host && a->kind == b->kind && str_eq(a->user, b->user) &&
	       str_eq(a->name, b->name);
}

static struct kept *
find_kept(struct host_feed *f, const struct named *n)
{
	for (size_t i = 0; i < KEPT; i++) {
		if (f->kept[i].used_ms && same(&f->kept[i].thing, n))
			return &f->kept[i];
	}
	return NULL;
}

/* The one that was not looked at for longest makes room. */
static struct kept *
make_kept(struct host_feed *f, const struct named *n)
{
	struct kept *oldest = &f->kept[0];

	for (size_t i = 0; i < KEPT; i++) {
		if (f->kept[i].used_ms < oldest->used_ms)
			oldest = &f->kept[i];
	}
	detail_fini(&oldest->detail);
	*oldest = (struct kept){ .thing = *n };
	return oldest;
}

static void
keep(
    struct host_feed *f, const struct named *n, const char *text, size_t len, const struct err *err)
{
	struct kept *k = find_kept(f, n);
	struct detail fresh = { 0 };
	struct err why = *err;

	if (!k)
		return;
	k->asked = false;
	k->came_ms = loop_now_ms(f->console->loop);
	if (why.kind == OUTCOME_OK && detail_parse(&fresh, text, len, &why) == 0) {
		detail_fini(&k->detail);
		k->detail = fresh;
		k->known.state = HOST_KNOWN;
		k->known.detail = &k->detail;
		return;
	}
	detail_fini(&fresh);
	k->known.state = HOST_REFUSED;
	k->known.err = why;
}

/* Cleaned text in memory that the pager reads by its number: nothing of it is left on the disk. */
static void
page(struct console *c, const char *text, size_t len)
{
	autobuf clean = BUF_INIT(4 * DETAIL_TEXT);
	autoclose int fd = memfd_create("drover", 0);
	char command[128];
	struct err err;

	utf8_clean(&clean, text, len);
	if (fd < 0 || write(fd, buf_text(&clean), clean.len) != (ssize_t)clean.len) {
		console_flash(c, true, "the text cannot be kept for the pager");
		return;
	}
	snprintf(
	    command, sizeof(command), "exec ${DROVER_PAGER:-${PAGER:-less}} /proc/self/fd/%d", fd);
	if (foreground_run(c, (const char *const[]){ "sh", "-c", command, NULL }, &err) < 0)
		console_flash(c, true, "%s", err.text);
}

static void
keep_text(struct host_feed *f, const char *text, size_t len, const struct err *err)
{
	free(f->text_bytes);
	f->text_bytes = xmemdup0(text, len);
	f->text = (struct host_text){ .state = err->kind == OUTCOME_OK ? HOST_KNOWN : HOST_REFUSED,
		.text = f->text_bytes,
		.len = len,
		.err = *err };
}

static void
unlink_asked(struct host_feed *f, const struct asked *a)
{
	for (struct asked **at = &f->out; *at; at = &(*at)->next) {
		if (*at == a) {
			*at = a->next;
			return;
		}
	}
}

static void
on_came(void *to, const char *text, size_t len, const struct err *err)
{
	autofree struct asked *a = to;
	struct host_feed *f = a->feed;

	if (!f)
		return;
	unlink_asked(f, a);
	if (a->form == DETAIL_BRIEF) {
		f->briefs--;
		keep(f, &a->thing, text, len, err);
		if (f->wants)
			loop_timer_start(f->rest, 0);
	} else if (a->show && err->kind == OUTCOME_OK && !f->console->foreground) {
		page(f->console, text, len);
	} else if (a->show) {
		console_flash(f->console, true, "%s", err->text);
	} else if (same(&a->thing, &f->wanted)) {
		keep_text(f, text, len, err);
	}
	console_stale(f->console);
}

static void
ask(struct host_feed *f, const struct named *n, enum detail_form form, bool show)
{
	struct asked *a = xcalloc(1, sizeof(*a));

	*a = (struct asked){ .feed = f, .next = f->out, .thing = *n, .form = form, .show = show };
	f->out = a;
	f->briefs += form == DETAIL_BRIEF;
	detail_ask(herd_at(f->console->herd, n->host), &(struct detail_asked){ .form = form,
							   .kind = n->kind,
							   .user = n->user,
							   .name = n->name,
							   .done = on_came,
							   .to = a });
}

/* Ask for what is wanted when it is due, and come again when it will be. */
static void
on_rest(void *user)
{
	struct host_feed *f = user;
	struct kept *k = find_kept(f, &f->wanted);
	int64_t now = loop_now_ms(f->console->loop);

	if (!f->wants || (k && k->asked) || f->briefs >= OUT_MOST || f->console->held)
		return;
	if (k && k->came_ms && now - k->came_ms < AGAIN_MS) {
		loop_timer_start(f->rest, AGAIN_MS - (now - k->came_ms));
		return;
	}
	if (!k)
		k = make_kept(f, &f->wanted);
	k->asked = true;
	k->used_ms = now ? now : 1;
	if (k->known.state == HOST_UNASKED)
		k->known.state = HOST_ASKED;
	ask(f, &f->wanted, DETAIL_BRIEF, false);
	console_stale(f->console);
}

static void
want(void *user, const struct host_thing *t)
{
	struct host_feed *f = user;
	struct named n;

	if (!t) {
		f->wants = false;
		loop_timer_stop(f->rest);
		return;
	}
	n = name_of(t);
	if (f->wants && same(&n, &f->wanted))
		return;
	f->wanted = n;
	f->wants = true;
	loop_timer_start(f->rest, REST_MS);
}

static void
know(void *user, const struct host_thing *t, struct host_known *ret)
{
	struct host_feed *f = user;
	struct named n = name_of(t);
	struct kept *k = find_kept(f, &n);

	*ret = (struct host_known){ .state = HOST_ASKED };
	if (!k)
		return;
	k->used_ms = loop_now_ms(f->console->loop);
	*ret = k->known;
	ret->age_ms = k->used_ms - k->came_ms;
}

static void
read_text(void *user, const struct host_thing *t, enum detail_form form)
{
	struct host_feed *f = user;
	struct named n = name_of(t);

	f->text = (struct host_text){ .state = HOST_ASKED };
	ask(f, &n, form, false);
}

static void
have_text(void *user, struct host_text *ret)
{
	const struct host_feed *f = user;

	*ret = f->text;
}

static void
show_file(void *user, const struct host_thing *t)
{
	struct host_feed *f = user;
	struct named n = name_of(t);

	console_flash(f->console, false, "reading %.200s", n.name);
	ask(f, &n, DETAIL_FILE, true);
}

/* A list of texts as JSON has it, as words. */
static void
say_words(const char *json, char *to, size_t size)
{
	size_t n = 0;
	bool in = false;

	for (; *json && n + 1 < size; json++) {
		if (*json == '"') {
			in = !in;
			if (in && n)
				to[n++] = ' ';
		} else if (in) {
			json += *json == '\\' && json[1];
			to[n++] = *json;
		}
	}
	to[n] = '\0';
}

/* What was run, from behind "--" on; else its playbook. */
static void
say_what(const struct ledger_row *row, char *to, size_t size)
{
	static const char mark[] = "\"--\",";
	const char *argv = row->argv ? row->argv : "";
	const char *at = strstr(argv, mark);

	if (row->playbook && *row->playbook)
		str_copy(to, size, row->playbook);
	else
		say_words(at ? at + strlen(mark) : argv, to, size);
}

static bool
add_change(void *user, const struct ledger_row *row)
{
	struct host_feed *f = user;
	struct host_change *x = &f->changes[f->change_count++];

	*x = (struct host_change){
		.start_ms = row->start_ms, .end_ms = row->end_ms, .number = row->number
	};
	str_copy(x->alias, sizeof(x->alias), row->alias ? row->alias : "-");
	str_copy(x->verb, sizeof(x->verb), row->verb ? row->verb : "-");
	str_copy(x->state, sizeof(x->state), row->state ? row->state : "-");
	str_copy(x->seat, sizeof(x->seat), row->seat ? row->seat : "");
	say_what(row, x->what, sizeof(x->what));
	return f->change_count < CHANGES;
}

static void
outcome_here(struct host_feed *f, struct host_change *x)
{
	struct console *c = f->console;
	char state[sizeof(x->state)];

	ledger_host_outcome(c->call->ledger, inventory_fleet(c->call->inventory),
	    c->hosts[f->changes_of].name, x->number, state, sizeof(state));
	if (state[0])
		memcpy(x->state, state, sizeof(state));
}

static size_t
changes(void *user, size_t host, const struct host_change **ret)
{
	struct host_feed *f = user;
	struct console *c = f->console;
	int64_t now = loop_now_ms(c->loop);

	if (!f->changes_ms || f->changes_of != host || now - f->changes_ms > CHANGES_MS) {
		f->changes_ms = now ? now : 1;
		f->changes_of = host;
		f->change_count = 0;
		ledger_host_runs(c->call->ledger, inventory_fleet(c->call->inventory),
		    c->hosts[host].name, CHANGES, add_change, f);
		for (size_t i = 0; i < f->change_count; i++)
			outcome_here(f, &f->changes[i]);
	}
	*ret = f->changes;
	return f->change_count;
}

struct saying {
	char *to;
	size_t size;
};

static void
say_stray(void *user, const char *playbook)
{
	const struct saying *s = user;
	size_t used = strlen(s->to);

	snprintf(s->to + used, s->size - used, "%s%s%s", used ? "; " : "",
	    *playbook ? "differs from " : "changed by hand", playbook);
}

static void
strayed(void *user, size_t host, char *to, size_t size)
{
	const struct host_feed *f = user;
	struct console *c = f->console;
	struct saying saying = { to, size };

	to[0] = '\0';
	ledger_strayed(c->call->ledger, inventory_fleet(c->call->inventory), c->hosts[host].name,
	    say_stray, &saying);
}

struct host_feed *
feed_host_new(struct console *c)
{
	struct host_feed *f = xcalloc(1, sizeof(*f));

	f->console = c;
	f->changes = xcalloc(CHANGES, sizeof(*f->changes));
	f->rest = loop_timer_new(c->loop, on_rest, f);
	f->source = (struct host_source){ .user = f,
		.want = want,
		.know = know,
		.read = read_text,
		.text = have_text,
		.show = show_file,
		.changes = changes,
		.strayed = strayed };
	return f;
}

void
feed_host_free(struct host_feed *f)
{
	if (!f)
		return;
	for (struct asked *a = f->out; a; a = a->next)
		a->feed = NULL;
	for (size_t i = 0; i < KEPT; i++)
		detail_fini(&f->kept[i].detail);
	loop_timer_free(f->rest);
	free(f->text_bytes);
	free(f->changes);
	free(f);
}

const struct host_source *
feed_host_source(const struct host_feed *f)
{
	return &f->source;
}
