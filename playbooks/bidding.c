#include "playbooks/bidding.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/kinds.h"
#include "playbooks/notes.h"
#include "playbooks/observation.h"
#include "playbooks/release.h"
#include "playbooks/resource.h"
#include "playbooks/said.h"
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

/* One that is meant, as its unit; app NULL: it is a unit and no more. */
struct instance {
	const char *unit, *app;
};

static int
by_name(const void *a, const void *b)
{
	return str_natural(((const struct instance *)a)->unit, ((const struct instance *)b)->unit);
}

/* Of all apps; what was put there first is perhaps needed by what came behind it. */
static const struct instance *
all_backwards(struct arena *a, const struct observation *seen, size_t *ret_count)
{
	struct instance *all = arena_alloc(a, (seen->manifest_count + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = seen->manifest_count; i-- > 0;) {
		all[n] = (struct instance){ unit_of(a, &seen->manifest[i]), seen->manifest[i].app };
		n += all[n].unit != NULL;
	}
	*ret_count = n;
	return all;
}

static const struct instance *
instances(struct arena *a, const char *name, const struct observation *seen, size_t *ret_count)
{
	struct instance *all = arena_alloc(a, (seen->manifest_count + 1) * sizeof(*all));
	const char *whole = arena_printf(a, "%s.service", name);
	size_t n = 0;

	for (size_t i = 0; i < seen->manifest_count; i++) {
		const struct manifest_line *m = &seen->manifest[i];

		all[n] = (struct instance){ str_eq(m->app, name) ? unit_of(a, m) : NULL, m->app };
		n += all[n].unit != NULL;
	}
	for (size_t i = 0; n == 0 && i < seen->manifest_count; i++) {
		const struct manifest_line *m = &seen->manifest[i];
		const char *its = unit_of(a, m);

		if (its && str_eq(bare(its), whole))
			all[n++] = (struct instance){ its, m->app };
	}
	if (n > 1)
		qsort(all, n, sizeof(*all), by_name);
	*ret_count = n;
	return all;
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
	static const char *const how[] = { [HEALTH_HTTP] = "http",
		[HEALTH_TCP] = "tcp",
		[HEALTH_EXEC] = "exec",
		[HEALTH_JOURNAL] = "journal" };

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

/* What its host keeps of the app; and who wants it to run, where it is to stop. */
static const char *const *
look_of(struct arena *a, const struct bidding *bidding, const char *unit, const char *app)
{
	const char **look = arena_alloc(a, 4 * sizeof(*look));

	look[0] = app;
	look[1] = unit;
	look[2] = bidding->verb == BIDDING_STOP ? "wanted" : NULL;
	return look;
}

static struct resource *
want(struct arena *a, const struct bidding *bidding, const char *host, const struct instance *i)
{
	static const enum wanted_state states[] = { WANT_STARTED, WANT_STOPPED, WANT_RESTARTED };
	const char *unit = arena_strdup(a, i->unit), *app = i->app ? arena_strdup(a, i->app) : NULL;
	const struct health *h = app ? check_of(bidding, host, unit) : NULL;
	struct resource *r = arena_alloc(a, sizeof(*r));

	r->kind = RESOURCE_SERVICE;
	r->unit = unit;
	r->id = arena_printf(a, "service %s", unit);
	r->title = unit;
	r->app = app;
	r->state = states[bidding->verb];
	if (h && bidding->verb != BIDDING_STOP && !bidding->at_once)
		r->health = *h;
	if (bare(unit) != unit) {
		r->unit = r->title = bare(unit);
		kind_userunit_take(a, arena_printf(a, "%.*s", (int)(r->unit - unit - 1), unit), r);
	} else if (app) {
		r->look = look_of(a, bidding, unit, app);
	}
	return r;
}

const struct resource *const *
bidding_wanted(struct arena *a, const struct bidding *bidding, const char *host,
    const struct observation *seen, size_t *ret_count, const char **ret_note)
{
	const struct instance named[] = { { bidding->name, NULL } };
	const struct instance *instance = named;
	size_t n = 1;

	*ret_note = NULL;
	if (!bidding->name)
		instance = all_backwards(a, seen, &n);
	else if (!bidding_names_unit(bidding->name))
		instance = instances(a, bidding->name, seen, &n);
	const struct resource **r = arena_alloc(a, (n + 1) * sizeof(*r));
	for (size_t i = 0; i < n; i++)
		r[i] = want(a, bidding, host, &instance[i]);
	if (n == 0 && bidding->name)
		*ret_note = note(a, bidding->name, seen);
	*ret_count = n;
	return r;
}

/* As the host keeps it of the release that put it there; NULL: it does not. */
static const struct resource *
kept_of(struct arena *a, const struct resource *r, const char *said)
{
	const char *text = said_value(a, said, "kept");
	struct err err;
	const struct release *release = text ? release_read(a, text, strlen(text), &err) : NULL;

	for (size_t i = 0; release && str_eq(release->app, r->app) && i < release->count; i++) {
		const struct resource *kept = release->item[i];

		if (kept->kind == RESOURCE_UNIT && str_eq(kept->unit, r->unit))
			return kept;
	}
	return NULL;
}

static const char *const *
notes_of(struct arena *a, const struct bidding *bidding, const struct resource *r, const char *said)
{
	const char *proof = proof_note(a, bidding, r->app, &r->health);
	const char *const *by = said_values(a, said, "wanted");
	struct notes notes = { .arena = a };

	if (proof)
		notes_add(&notes, "%s", proof);
	if (r->user && bidding->verb != BIDDING_START)
		notes_add(&notes, "drain of %s, if it has any, is not run: it is an app of %s's",
		    r->app, r->user);
	for (; *by; by++)
		notes_add(&notes, "%s needs %s and goes on without it", *by, r->unit);
	if (r->drain && r->drain->before && bidding->verb != BIDDING_START)
		notes_add(&notes, "drain: before a replica of %s stops, %s runs on the host",
		    r->app, r->drain->before[0]);
	if (r->drain && r->drain->after && bidding->verb != BIDDING_STOP)
		notes_add(&notes, "drain: when a replica of %s is well again, %s runs on the host",
		    r->app, r->drain->after[0]);
	return notes.item;
}

const struct resource *const *
bidding_learn(struct arena *a, const struct bidding *bidding, const struct resource *const *wanted,
    const struct found *found, size_t count)
{
	const struct resource **all = arena_alloc(a, (count + 1) * sizeof(*all));

	for (size_t i = 0; i < count; i++) {
		struct resource *r = arena_alloc(a, sizeof(*r));
		const struct resource *kept =
		    wanted[i]->app && wanted[i]->unit ? kept_of(a, wanted[i], found[i].said) : NULL;

		*r = *wanted[i];
		all[i] = r;
		if (kept && r->health.kind == HEALTH_NONE && bidding->verb != BIDDING_STOP &&
		    !bidding->at_once)
			r->health = kept->health;
		r->drain = kept ? kept->drain : NULL;
		if (r->app)
			r->notes = notes_of(a, bidding, r, found[i].said);
	}
	return all;
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
