#include "playbooks/bidding.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/resource.h"
#include "playbooks/unit.h"
#include "playbooks/wanted.h"

#include <stdlib.h>
#include <string.h>

#define NAMED 20 /* apps that a note tells of */

static const char *const words[] = { "start", "stop", "restart" };

const char *
bidding_word(enum bidding_verb v)
{
	return words[v];
}

bool
bidding_names_unit(const char *name)
{
	return name && unit_call_ok(name);
}

bool
bidding_name_ok(const char *name)
{
	return unit_call_ok(name) || app_name_ok(name);
}

/* The unit that a line is about, when it is one of an app; else NULL. */
static const char *
unit_of(struct arena *a, const struct manifest_line *m)
{
	return *m->app && !str_eq(m->app, "-") ? unit_of_id(a, m->resource) : NULL;
}

/* Of USER/UNIT the unit. */
static const char *
bare(const char *unit)
{
	const char *slash = strchr(unit, '/');

	return slash ? slash + 1 : unit;
}

static int
by_name(const void *a, const void *b)
{
	return str_natural(*(const char *const *)a, *(const char *const *)b);
}

/* Of all apps; what was put there first is perhaps needed by what came behind it. */
static const char **
all_backwards(struct arena *a, const struct observation *seen, size_t *ret_count)
{
	const char **unit = arena_alloc(a, (seen->manifest_count + 1) * sizeof(*unit));
	size_t n = 0;

	for (size_t i = seen->manifest_count; i-- > 0;) {
		unit[n] = unit_of(a, &seen->manifest[i]);
		n += unit[n] != NULL;
	}
	*ret_count = n;
	return unit;
}

/* The instances that are meant, each as its unit; *ret_app is whose they are. */
static const char **
instances(struct arena *a, const char *name, const struct observation *seen, size_t *ret_count,
    const char **ret_app)
{
	const char **unit = arena_alloc(a, (seen->manifest_count + 1) * sizeof(*unit));
	const char *whole = arena_printf(a, "%s.service", name);
	size_t n = 0;

	for (size_t i = 0; i < seen->manifest_count; i++) {
		const struct manifest_line *m = &seen->manifest[i];

		unit[n] = str_eq(m->app, name) ? unit_of(a, m) : NULL;
		n += unit[n] != NULL;
	}
	*ret_app = name;
	for (size_t i = 0; n == 0 && i < seen->manifest_count; i++) {
		const struct manifest_line *m = &seen->manifest[i];
		const char *its = unit_of(a, m);

		if (!its || !str_eq(bare(its), whole))
			continue;
		unit[n++] = its;
		*ret_app = m->app;
	}
	if (n > 1)
		qsort(unit, n, sizeof(*unit), by_name);
	*ret_count = n;
	return unit;
}

static const char *
note(struct arena *a, const char *name, const struct observation *seen)
{
	autobuf b = BUF_INIT(4096);
	const char *last = "";
	size_t n = 0;

	buf_addf(&b, "no app and no instance of one is %s here", name);
	for (size_t i = 0; i < seen->manifest_count; i++) {
		const struct manifest_line *m = &seen->manifest[i];

		if (!unit_of(a, m) || str_eq(m->app, last))
			continue;
		last = m->app;
		if (n++ < NAMED)
			buf_addf(&b, "%s%s", n == 1 ? "; apps: " : ", ", m->app);
	}
	buf_addf(&b, "%s; a unit is named in full: %s.service", n > NAMED ? ", ..." : "", name);
	return arena_strdup(a, buf_text(&b));
}

static const struct health *
check_of(const struct bidding *bidding, const char *host, const char *unit)
{
	const struct wanted_unit *w = wanted_unit(wanted_host(bidding->wanted, host), unit);

	return w ? w->health : NULL;
}

/* What a plan says of how it is told that an instance is well again. */
static const char *
proof_note(struct arena *a, const struct bidding *bidding, const char *app, const struct health *h)
{
	static const char *const how[] = {
		[HEALTH_HTTP] = "http", [HEALTH_TCP] = "tcp", [HEALTH_EXEC] = "exec"
	};

	if (bidding->verb == BIDDING_STOP)
		return NULL;
	if (bidding->at_once)
		return arena_printf(
		    a, "at once: no instance of %s waits for another to be well", app);
	if (h && h->kind < countof(how) && how[h->kind])
		return arena_printf(a,
		    "each instance of %s must pass its health check (%s) before the next", app,
		    how[h->kind]);
	return arena_printf(
	    a, "no health check of %s is known here: an instance whose unit runs is well", app);
}

static const struct resource *
want(struct arena *a, const struct bidding *bidding, const char *host, const char *unit,
    const char *app)
{
	static const enum wanted_state states[] = { WANT_STARTED, WANT_STOPPED, WANT_RESTARTED };
	const struct health *h = app ? check_of(bidding, host, unit) : NULL;
	struct resource *r = arena_alloc(a, sizeof(*r));
	const char **notes = arena_alloc(a, 2 * sizeof(*notes));

	r->kind = RESOURCE_SERVICE;
	r->unit = unit;
	r->id = arena_printf(a, "service %s", unit);
	r->title = unit;
	r->app = app;
	r->state = states[bidding->verb];
	if (h && bidding->verb != BIDDING_STOP && !bidding->at_once)
		r->health = *h;
	notes[0] = app ? proof_note(a, bidding, app, h) : NULL;
	r->notes = notes;
	if (bare(unit) != unit) {
		r->unit = r->title = bare(unit);
		kind_userunit_take(a, arena_printf(a, "%.*s", (int)(r->unit - unit - 1), unit), r);
	}
	return r;
}

const struct resource *const *
bidding_wanted(struct arena *a, const struct bidding *bidding, const char *host,
    const struct observation *seen, size_t *ret_count, const char **ret_note)
{
	const char *const named[] = { bidding->name };
	const char *const *unit = named, *app = NULL;
	size_t n = 1;

	*ret_note = NULL;
	if (!bidding->name)
		unit = all_backwards(a, seen, &n);
	else if (!bidding_names_unit(bidding->name))
		unit = instances(a, bidding->name, seen, &n, &app);
	const struct resource **r = arena_alloc(a, (n + 1) * sizeof(*r));
	for (size_t i = 0; i < n; i++)
		r[i] = want(
		    a, bidding, host, arena_strdup(a, unit[i]), app ? arena_strdup(a, app) : NULL);
	if (n == 0 && bidding->name)
		*ret_note = note(a, bidding->name, seen);
	*ret_count = n;
	return r;
}

const char *
bidding_release(struct arena *a, const struct bidding *bidding)
{
	return arena_printf(
	    a, "%s of %s", bidding_word(bidding->verb), bidding->name ? bidding->name : "all apps");
}

const char *
bidding_verb_of(const char *release)
{
	for (size_t i = 0; i < countof(words); i++) {
		size_t n = strlen(words[i]);

		if (strncmp(release, words[i], n) == 0 && str_starts(release + n, " of "))
			return words[i];
	}
	return NULL;
}
