#include "playbooks/request_inner.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/confirm.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/reply.h"
#include "playbooks/request.h"
#include "playbooks/tar.h"

#include <string.h>

static bool
is_active(const struct found *f)
{
	return str_eq(f->active, "active") || str_eq(f->active, "reloading");
}

static void
add_enabling(struct request_parts *p, const struct plan_step *s, size_t n)
{
	static const char *const settled[] = { "enabled", "enabled-runtime", "static", "indirect",
		"generated", "alias", "transient", "linked", NULL };
	const struct resource *r = s->resource;
	bool on = str_starts(s->found->enabled, "enabled"), leave = false;

	if (s->class == PLAN_SAME || !r->unit || r->absent)
		return;
	for (const char *const *w = settled; *w; w++)
		leave = leave || strcmp(s->found->enabled, *w) == 0;
	if (r->enabled == WANT_ENABLED && !leave)
		buf_addf(&p->steps, "at %zu\nenable %s\n", n, r->unit);
	if (r->enabled == WANT_DISABLED && on)
		buf_addf(&p->steps, "at %zu\ndisable %s\n", n, r->unit);
}

static const char *
unit_verb(const struct plan_step *s)
{
	const struct resource *r = s->resource;

	if (r->state == WANT_STOPPED)
		return is_active(s->found) || str_eq(s->found->active, "activating") ? "stop"
										     : NULL;
	if (s->restart)
		return "restart";
	if (s->reload)
		return "reload-or-restart";
	if (r->state == WANT_STARTED && !is_active(s->found))
		return "start";
	return NULL;
}

static int
add_gate(struct request_parts *p, const struct resource *r, size_t n)
{
	const struct health *h = &r->health;
	const char *address = h->address ? h->address : "127.0.0.1", *unit = request_unit(r);
	const char *pattern[] = { h->pattern, NULL };
	long long interval = h->interval_ms > 0 ? h->interval_ms : 5000;
	long long timeout = h->timeout_ms > 0 ? h->timeout_ms : 2000;
	int retries = h->retries > 0 ? h->retries : 3;

	if (str_eq(address, "0.0.0.0") || str_eq(address, "*"))
		address = "127.0.0.1";
	if (!request_is_word(address))
		return err_set(p->err, OUTCOME_INPUT, "%s: health address", address);
	switch (h->kind) {
	case HEALTH_NONE:
	case HEALTH_UNIT:
		break;
	case HEALTH_HTTP:
		if (!h->path || !request_is_word(h->path))
			return err_set(p->err, OUTCOME_INPUT, "health path: no blanks, no * ? [");
		buf_addf(&p->steps, "gate %s http %s %d %lld %lld %d %s\n", unit, address, h->port,
		    interval, timeout, retries, h->path);
		break;
	case HEALTH_TCP:
		buf_addf(&p->steps, "gate %s tcp %s %d %lld %lld %d -\n", unit, address, h->port,
		    interval, timeout, retries);
		break;
	case HEALTH_EXEC:
	case HEALTH_JOURNAL:
		if (request_add_words(p, r->kind == RESOURCE_USERUNIT ? "gate" : "args", n, NULL,
			h->kind == HEALTH_EXEC ? h->argv : pattern) < 0)
			return -1;
		buf_addf(&p->steps, "gate %s %s - 0 %lld %lld %d %s%zu\n", unit,
		    h->kind == HEALTH_EXEC ? "exec" : "journal", interval, timeout, retries,
		    r->kind == RESOURCE_USERUNIT ? "../gate/" : "", n);
		break;
	}
	return 0;
}

static int
add_unit(struct request_parts *p, const struct plan_step *s, size_t n)
{
	const char *verb = unit_verb(s);

	bool reload = verb && str_starts(verb, "reload");

	buf_addf(&p->steps, "start %zu\n", n);
	if (verb) {
		if (!reload && is_active(s->found))
			request_drain(p, s->resource, &p->steps);
		buf_addf(&p->steps, "unit %s %s\n", verb, s->resource->unit);
		p->started = p->started || strcmp(verb, "stop") != 0;
		if (strcmp(verb, "stop") != 0 && add_gate(p, s->resource, n) < 0)
			return -1;
		buf_adds(&p->steps, "steady\n");
		if (!reload && strcmp(verb, "stop") != 0)
			request_undrain(s->resource, &p->steps);
	}
	buf_addf(&p->steps, "done %zu\n", n);
	return 0;
}

static int
add_run(struct request_parts *p, const struct resource *r, size_t n)
{
	buf_addf(&p->steps, "start %zu\n", n);
	if (request_add_command(p, r, n) < 0)
		return -1;
	buf_addf(&p->steps, "done %zu\n", n);
	return 0;
}

static int
add_then(struct request_parts *p, const struct follow_up *f, size_t n)
{
	switch (f->kind) {
	case FOLLOW_NONE:
		return 0;
	case FOLLOW_RELOAD:
		buf_addf(&p->steps, "start %zu\nunit try-reload-or-restart %s\n", n, f->unit);
		break;
	case FOLLOW_RESTART:
		buf_addf(&p->steps, "start %zu\nunit restart %s\nsteady\n", n, f->unit);
		break;
	case FOLLOW_RUN:
		buf_addf(&p->steps, "start %zu\n", n);
		if (request_add_command(p,
			&(struct resource){
			    .kind = RESOURCE_RUN, .id = "then run", .argv = f->argv },
			n) < 0)
			return -1;
		break;
	}
	buf_addf(&p->steps, "done %zu\n", n);
	autobuf name = BUF_INIT(4096);
	manifest_then(f, &name);
	buf_addf(&p->manifest, "%zu\t%s\t%s\t-\t-\t!\n", n, buf_text(&name), p->spec->playbook);
	return 0;
}

/* The unit of a user: its kind starts it, and it is to be well as any other. */
static int
add_userunit(struct request_parts *p, const struct plan_step *s, size_t n)
{
	const struct resource *r = s->resource;
	const char *unit = request_unit(r), *file = s->doing[2], *verb = s->doing[3];
	bool reload = str_starts(verb, "reload"), stop = str_eq(verb, "stop");
	bool starts = !stop && strcmp(verb, "-") != 0;

	if (!request_is_word(unit))
		return err_set(p->err, OUTCOME_INPUT, "%s: cannot be sent", r->id);
	buf_addf(&p->steps, "start %zu\n", n);
	if (kind_userunit_ran(s->found) && (stop || str_eq(file, "remove") || (starts && !reload)))
		request_drain(p, r, &p->steps);
	buf_addf(&p->steps, "do %zu userunit %s\n", n, unit);
	if (starts) {
		p->started = true;
		buf_addf(&p->steps, "watch %s\n", unit);
		if (add_gate(p, r, n) < 0)
			return -1;
		buf_adds(&p->steps, "steady\n");
		if (!reload)
			request_undrain(r, &p->steps);
	}
	buf_addf(&p->steps, "done %zu\n", n);
	return request_add_words(p, "args", n, NULL, s->doing);
}

/* What its kind does on the host, by words of its own. */
static int
add_doing(struct request_parts *p, const struct plan_step *s, size_t n)
{
	if (s->resource->kind == RESOURCE_USERUNIT && s->resource->detail)
		return add_userunit(p, s, n);
	buf_addf(&p->steps, "start %zu\ndo %zu %s\ndone %zu\n", n, n,
	    kind_find(s->resource->kind)->name, n);
	return request_add_words(p, "args", n, NULL, s->doing);
}

/* A unit stops while its file still says how. */
static void
add_stop(struct request_parts *p, struct buf *to, const struct plan_step *s, size_t n)
{
	const struct found *f = s->found;

	if (s->class == PLAN_SAME || !s->resource->absent || s->resource->kind != RESOURCE_UNIT)
		return;
	buf_addf(to, "start %zu\n", n);
	if (is_active(f))
		request_drain(p, s->resource, to);
	if (is_active(f) || str_eq(f->active, "activating"))
		buf_addf(to, "unit stop %s\n", s->resource->unit);
	if (str_starts(f->enabled, "enabled"))
		buf_addf(to, "disable %s\n", s->resource->unit);
}

/* What is left to do of a removal once the files are gone. */
static void
add_gone(struct request_parts *p, const struct plan_step *s, size_t n)
{
	if (s->resource->kind == RESOURCE_IMAGE)
		buf_addf(&p->steps, "start %zu\nimage-away %zu %s\n", n, n, s->resource->image);
	else if (s->resource->kind == RESOURCE_UNIT && str_eq(s->found->active, "failed"))
		buf_addf(&p->steps, "forget %s\n", s->resource->unit);
	if (s->resource->kind == RESOURCE_UNIT && !request_sends_file(s))
		buf_addf(&p->steps, "at %zu\ndone %zu\n", n, n);
}

static bool
is_export(const struct plan_step *s)
{
	return s->resource->kind == RESOURCE_EXPORT && s->class != PLAN_SAME;
}

bool
request_step_acts(const struct plan_step *s)
{
	return s->class != PLAN_SAME &&
	       (s->resource->kind == RESOURCE_UNIT || s->resource->kind == RESOURCE_SERVICE ||
		   s->resource->kind == RESOURCE_RUN || s->doing ||
		   (s->resource->kind == RESOURCE_IMAGE && s->resource->absent));
}

static int
add_step(struct request_parts *p, const struct plan_step *s, size_t n)
{
	if (!request_step_acts(s) || is_export(s))
		return 0;
	if (s->doing)
		return add_doing(p, s, n);
	if (s->resource->absent) {
		add_gone(p, s, n);
		return 0;
	}
	return s->resource->kind == RESOURCE_RUN ? add_run(p, s->resource, n) : add_unit(p, s, n);
}

/* The steps from one place in the plan up to a file that has to wait for a step before it. */
static size_t
segment_end(const struct request_parts *p, size_t from)
{
	const struct plan *plan = p->spec->plan;
	bool parted = false;

	for (size_t i = from; i < plan->count; i++) {
		const struct plan_step *s = &plan->steps[i];

		if (parted && request_sends_file(s))
			return i;
		parted = parted || (s->class != PLAN_SAME && s->resource->parts);
	}
	return plan->count;
}

/* What is kept of data comes before all else, and what goes away stops before files are switched; they are made
 * ready even before that. */
static int
add_before(struct request_parts *p, size_t from, size_t to, bool arms)
{
	const struct plan_step *steps = p->spec->plan->steps;
	autobuf stops = BUF_INIT(REQUEST_MAX);
	bool sent = false, exports = false;

	for (size_t i = from; i < to; i++) {
		add_stop(p, &stops, &steps[i], p->number[i]);
		sent = sent || request_sends_file(&steps[i]);
		exports = exports || is_export(&steps[i]);
	}
	/* A confirmation is not kept waiting by what may take long. */
	if (arms && !exports)
		buf_adds(&p->steps, "arm\n");
	if ((stops.len || exports) && sent)
		buf_addf(&p->steps, "stage %zu\n", p->groups + 1);
	for (size_t i = from; i < to; i++) {
		if (is_export(&steps[i]) && add_doing(p, &steps[i], p->number[i]) < 0)
			return -1;
	}
	if (arms && exports)
		buf_adds(&p->steps, "arm\n");
	buf_add(&p->steps, stops.data, stops.len);
	return 0;
}

static bool
then_arms(const struct plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->count; i++)
		any = any || confirm_step(plan, &plan->steps[i]);
	return !any && confirm_window_ms(plan) > 0;
}

static int
add_segment(struct request_parts *p, size_t from, size_t to)
{
	const struct plan_step *steps = p->spec->plan->steps;
	bool arms = false;

	for (size_t i = from; i < to; i++)
		arms = arms || confirm_step(p->spec->plan, &steps[i]);
	if (add_before(p, from, to, arms) < 0 || request_add_files(p, from, to) < 0)
		return -1;
	for (size_t i = from; i < to; i++)
		add_enabling(p, &steps[i], p->number[i]);
	if (p->systemd_files)
		buf_adds(&p->steps, "at 0\ndaemon-reload\n");
	for (size_t i = from; i < to; i++)
		if (add_step(p, &steps[i], p->number[i]) < 0)
			return -1;
	return 0;
}

int
request_add_steps(struct request_parts *p)
{
	const struct plan *plan = p->spec->plan;

	for (size_t i = 0; i < plan->count; i++) {
		if (p->number[i] && request_add_drain(p, plan->steps[i].resource, p->number[i]) < 0)
			return -1;
	}
	for (size_t from = 0, to; from < plan->count; from = to) {
		to = segment_end(p, from);
		if (add_segment(p, from, to) < 0)
			return -1;
	}
	if (plan->unmade && *plan->unmade)
		buf_adds(&p->steps, "at 0\nunmake\n");
	if (then_arms(plan))
		buf_adds(&p->steps, "arm\n");
	for (size_t i = 0; i < plan->then_count; i++) {
		if (add_then(p, &plan->then[i], p->changing + i + 1) < 0)
			return -1;
	}
	if (p->started && p->spec->soak_ms > 0)
		buf_addf(&p->steps, "at 0\nsoak %lld\n", (long long)p->spec->soak_ms);
	return 0;
}
