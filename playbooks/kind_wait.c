#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"
#include "playbooks/read_run.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <regex.h>
#include <string.h>

#define FOR_MAX_MS 3600000

extern const char host_look_wait_sh[], host_do_wait_sh[];

struct wait_decl {
	const struct yaml_node *port, *http, *file, *unit, *journal, *address, *status;
	int64_t for_ms, timeout_ms, interval_ms;
	const char *state;
	struct source what, where, of; /* by kind: port, url, path, unit, pattern; address; unit */
	const char *kind, *codes;
};

/* What is looked for on one host: state, kind, words. */
struct wait {
	const char *word[8];
	int64_t for_ms, timeout_ms, interval_ms;
	bool after; /* only what comes after the act began counts */
};

static const char *const states[] = { "present", "absent", NULL };

const struct field kind_wait_fields[] = {
	{ FIELD_OF(FORM_NODE, struct wait_decl, port), .doc = "a TCP port that takes connections" },
	{ FIELD_OF(FORM_NODE, struct wait_decl, address),
	    .doc = "with port: where, as seen from the host; 127.0.0.1 by default" },
	{ FIELD_OF(FORM_NODE, struct wait_decl, http),
	    .doc = "a URL (http://127.0.0.1:8080/healthz) that answers, as seen from the host" },
	{ FIELD_OF(FORM_NODE, struct wait_decl, status),
	    .doc = "with http: the status codes that are good, one or a list; by default 200 to "
		   "399" },
	{ FIELD_OF(FORM_NODE, struct wait_decl, file), .doc = "a path that is there" },
	{ FIELD_OF(FORM_NODE, struct wait_decl, unit),
	    .doc = "a unit that is active; with journal: whose lines are read" },
	{ FIELD_OF(FORM_NODE, struct wait_decl, journal),
	    .doc = "an extended regular expression: a line of the journal, written since the "
		   "apply began there, that it matches" },
	{ .name = "for",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct wait_decl, for_ms),
	    .doc = "a time, at most an hour" },
	{ FIELD_OF(FORM_CHOICE, struct wait_decl, state), .choices = states,
	    .doc = "with port, file and unit: present by default; absent waits until it is no "
		   "more so" },
	{ .name = "timeout",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct wait_decl, timeout_ms),
	    .doc = "then the task has failed; 5m by default" },
	{ .name = "interval",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct wait_decl, interval_ms),
	    .doc = "the time between two looks; 1s by default" },
	{ 0 },
};

static void
take_kind(
    struct wait_decl *got, const char *kind, const struct yaml_node *n, const struct yaml_node **at)
{
	if (!n)
		return;
	got->kind = got->kind ? "" : kind;
	*at = n;
}

/* Which of them it is: exactly one, but that journal takes a unit. */
static const struct yaml_node *
one_kind(struct wait_decl *got)
{
	const struct yaml_node *at = NULL;

	take_kind(got, "port", got->port, &at);
	take_kind(got, "http", got->http, &at);
	take_kind(got, "file", got->file, &at);
	take_kind(got, "unit", got->journal ? NULL : got->unit, &at);
	take_kind(got, "journal", got->journal, &at);
	if (got->for_ms)
		got->kind = got->kind ? "" : "for";
	return got->kind && *got->kind ? at : NULL;
}

static void
check_pattern(const struct field_context *c, const struct yaml_node *n, const struct source *s)
{
	regex_t re;
	char why[200];
	int rc;

	if (!s->text || render_is_template(s))
		return;
	rc = regcomp(&re, s->text, REG_EXTENDED | REG_NOSUB);
	if (rc == 0) {
		regfree(&re);
		return;
	}
	regerror(rc, &re, why, sizeof(why));
	diag_error(c->diag, n->mark, "journal: %s", why);
}

static void
check(const struct field_context *c, const struct yaml_node *n, const struct wait_decl *got)
{
	bool stateful =
	    str_eq(got->kind, "port") || str_eq(got->kind, "file") || str_eq(got->kind, "unit");

	if (got->state && !stateful)
		diag_error(c->diag, n->mark, "wait: state: only port, file and unit take this");
	if (got->address && !got->port)
		diag_error(c->diag, got->address->mark, "address: only port takes this");
	if (got->status && !got->http)
		diag_error(c->diag, got->status->mark, "status: only http takes this");
	if (got->for_ms > FOR_MAX_MS)
		diag_error(c->diag, n->mark, "wait: for: at most an hour");
	if (got->timeout_ms < 1000 || got->timeout_ms > 86400000)
		diag_error(c->diag, n->mark, "wait: timeout: a second to a day");
	if (got->interval_ms < 100 || got->interval_ms > got->timeout_ms)
		diag_error(c->diag, n->mark, "wait: interval: 100ms to the timeout");
}

void
kind_wait_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct wait_decl *got = arena_alloc(c->arena, sizeof(*got));
	const struct yaml_node *at;

	mine.what = "the wait task";
	got->timeout_ms = 300000;
	got->interval_ms = 1000;
	if (!field_read(&mine, kind_wait_fields, n, got))
		return;
	at = one_kind(got);
	if (!got->kind || !*got->kind) {
		diag_error(c->diag, n->mark,
		    "wait: one of port, http, file, unit, journal and for is wanted here");
		return;
	}
	if (at)
		read_source(c, got->kind, at, &got->what);
	if (got->address)
		read_source(c, "address", got->address, &got->where);
	if (got->journal && got->unit)
		read_source(c, "unit", got->unit, &got->of);
	if (got->journal)
		check_pattern(c, got->journal, &got->what);
	got->codes = got->status ? read_run_codes(c, "status", got->status, 599) : "-";
	check(c, n, got);
	((struct task_decl *)to)->detail = got;
}

/* host[:port][/path] behind http:// into three words; false when it is something else. */
static bool
cut_url(struct arena *a, const char *url, const char **word)
{
	const char *from = str_starts(url, "http://") ? url + 7 : "", *end, *path;
	int64_t port = 80;
	bool bracket = *from == '[';
	size_t n;

	from += bracket;
	n = strcspn(from, bracket ? "]" : ":/");
	word[0] = arena_printf(a, "%.*s", (int)n, from);
	end = from + n + (bracket && from[n] == ']');
	path = end + strcspn(end, "/");
	if (*end == ':') {
		autofree char *digits = xmemdup0(end + 1, (size_t)(path - end - 1));

		if (!str_int(digits, 1, 65535, &port))
			return false;
	} else if (end != path) {
		return false;
	}
	word[1] = arena_printf(a, "%lld", (long long)port);
	word[2] = *path ? path : "/";
	return n > 0 && !strpbrk(url, " \t\n\"\\");
}

static const char *
unit_of(struct desire *d, const struct source *s)
{
	const char *name = desire_word(d, s);

	if (name && read_is_unit(name))
		name = arena_printf(d->arena, "%s.service", name);
	if (!name || !read_is_unit(name))
		return name;
	desire_wrong_text(d, s->mark, "wait: unit: %s is wanted here", read_is_unit(name));
	return NULL;
}

static bool
fill_port(struct desire *d, const struct wait_decl *decl, const char **word)
{
	int64_t port;

	word[0] = decl->where.text ? desire_word(d, &decl->where) : "127.0.0.1";
	word[1] = desire_word(d, &decl->what);
	if (!word[0] || !word[1])
		return false;
	if (!str_int(word[1], 1, 65535, &port))
		desire_wrong_text(
		    d, decl->what.mark, "wait: port: 1 to 65535, not \"%.40s\"", word[1]);
	else if (!*word[0] || *word[0] == '-' || strpbrk(word[0], " \t\n/"))
		desire_wrong_text(d, decl->where.mark, "wait: address: a name or an address");
	else
		return true;
	return d->later;
}

static bool
fill_words(struct desire *d, const struct wait_decl *decl, const char **word)
{
	const char *text;

	if (str_eq(decl->kind, "port"))
		return fill_port(d, decl, word);
	if (str_eq(decl->kind, "for"))
		return true;
	if (str_eq(decl->kind, "unit") || str_eq(decl->kind, "file")) {
		word[0] = *decl->kind == 'u' ? unit_of(d, &decl->what)
					     : desire_path(d, &decl->what, "wait: file");
		return word[0] != NULL;
	}
	text = desire_word(d, &decl->what);
	if (!text)
		return false;
	if (str_eq(decl->kind, "http")) {
		word[3] = decl->codes;
		if (cut_url(d->arena, text, word) || d->later)
			return true;
		desire_wrong_text(d, decl->what.mark,
		    "wait: http: http://ADDRESS[:PORT]/PATH is wanted here, not \"%.100s\"", text);
		return false;
	}
	word[0] = decl->of.text ? unit_of(d, &decl->of) : "-";
	word[1] = text;
	return word[0] && *text && !strchr(text, '\n');
}

static const char *
title(struct arena *a, const struct wait *w)
{
	const char *const *word = w->word + 2, *gone = str_eq(w->word[0], "absent") ? "no " : "";

	if (str_eq(w->word[1], "for"))
		return arena_printf(a, "wait %lld ms", (long long)w->for_ms);
	if (str_eq(w->word[1], "port"))
		return arena_printf(a, "wait for %sport %s %s", gone, word[0], word[1]);
	if (str_eq(w->word[1], "http"))
		return arena_printf(a, "wait for http://%s:%s%s", word[0], word[1], word[2]);
	if (str_eq(w->word[1], "journal"))
		return arena_printf(a, "wait for a line like %s", word[1]);
	return arena_printf(a, "wait for %s%s %s", gone, w->word[1], word[0]);
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct wait_decl *decl = t->detail;
	struct wait *w = arena_alloc(d->arena, sizeof(*w));

	r->id = arena_printf(d->arena, "wait %d%s", t->number, d->here.suffix);
	w->word[0] = decl->state ? decl->state : "present";
	w->word[1] = decl->kind;
	w->for_ms = decl->for_ms;
	w->timeout_ms = decl->timeout_ms;
	w->interval_ms = decl->interval_ms;
	w->after = str_eq(decl->kind, "for") || str_eq(decl->kind, "journal");
	if (!fill_words(d, decl, w->word + 2))
		return false;
	r->title = title(d->arena, w);
	r->look = w->after ? NULL : w->word;
	r->parts = true;
	r->limit_ms = (w->for_ms ? w->for_ms : w->timeout_ms) + 30000;
	r->detail = w;
	return true;
}

static void
decide(struct verdict *v)
{
	const struct wait *w = v->step->resource->detail;
	const char *said = v->step->found->said, **words;
	size_t n = 0;

	if (!v->moved && (w->after || (said && str_starts(said, "holds"))))
		return;
	v->step->class = PLAN_UNPREDICTED;
	if (!w->after && !(said && str_starts(said, "holds")))
		plan_because(v, "would wait");
	words = arena_alloc(v->arena, (countof(w->word) + 3) * sizeof(*words));
	words[n++] =
	    arena_printf(v->arena, "%lld", (long long)(w->for_ms ? w->for_ms : w->timeout_ms));
	words[n++] = arena_printf(v->arena, "%lld", (long long)w->interval_ms);
	for (size_t i = 0; i < countof(w->word) && w->word[i]; i++)
		words[n++] = w->word[i];
	v->step->doing = words;
}

const struct kind kind_wait = {
	.kind = RESOURCE_WAIT,
	.name = "wait",
	.want = want,
	.decide = decide,
	.look = host_look_wait_sh,
	.carry = host_do_wait_sh,
};
