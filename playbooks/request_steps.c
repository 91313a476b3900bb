#include "playbooks/request_inner.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/confirm.h"
#include "playbooks/kind.h"
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

static bool
has_file(const struct resource *r)
{
	return r->kind == RESOURCE_FILE || r->kind == RESOURCE_UNIT;
}

static const char *
or_root(const char *s)
{
	return s ? s : "root";
}

static bool
file_differs(const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;

	if (r->absent)
		return f->kind == 'f' || f->kind == 'l' || f->kind == 'o';
	return f->kind != 'f' || strcmp(f->digest, r->digest) != 0 ||
	       (f->mode & 07777) != (r->mode & 07777) || !str_eq(f->owner, or_root(r->owner)) ||
	       !str_eq(f->group, or_root(r->group));
}

static bool
in_systemd(const char *path)
{
	static const char *const places[] = { "/etc/systemd/system/", "/run/systemd/system/",
		"/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/",
		"/lib/systemd/system/", "/etc/containers/systemd/" };

	for (size_t i = 0; i < countof(places); i++) {
		if (str_starts(path, places[i]))
			return true;
	}
	return false;
}

static char
file_kind(const struct resource *r)
{
	static const char place[] = "/etc/systemd/system/";

	if (r->absent)
		return 'r';
	if (r->kind == RESOURCE_UNIT)
		return 'U';
	return str_starts(r->path, place) && !strchr(r->path + strlen(place), '/') ? 'u' : '-';
}

static bool
is_word(const char *s)
{
	return *s && reply_is_line(s) && !strpbrk(s, " \t\\*?[");
}

int
request_add_needs(struct request_parts *p)
{
	for (size_t i = 0; i < p->spec->plan->count; i++) {
		const struct plan_step *s = &p->spec->plan->steps[i];
		const struct found *f = s->found;

		if (!has_file(s->resource) || s->resource->forgotten)
			continue;
		if (!reply_is_path(s->resource->path))
			return err_set(
			    p->err, OUTCOME_INPUT, "%s: cannot be sent", s->resource->path);
		if (f->kind == 'f' && f->digest[0])
			buf_addf(&p->needs, "%s  %s\n", f->digest, s->resource->path);
		else if (f->kind == '-')
			buf_addf(&p->absent, "%s\n", s->resource->path);
	}
	return 0;
}

static bool
sends_file(const struct plan_step *s)
{
	return has_file(s->resource) && s->class != PLAN_SAME && file_differs(s);
}

bool
request_puts(const struct plan_step *s)
{
	if (s->class == PLAN_SAME)
		return false;
	return s->resource->app || !has_file(s->resource) || file_differs(s);
}

static int
add_file(struct request_parts *p, const struct plan_step *s, size_t n, struct buf *list)
{
	const struct resource *r = s->resource;
	char name[80];

	if (!is_word(or_root(r->owner)) || !is_word(or_root(r->group)))
		return err_set(p->err, OUTCOME_INPUT, "%s: cannot be sent", r->path);
	buf_addf(list, "%zu %04o %s %s %s %c %s\n", n, r->mode & 07777, or_root(r->owner),
	    or_root(r->group), r->absent ? "-" : r->digest, file_kind(r), r->path);
	p->systemd_files = p->systemd_files || in_systemd(r->path);
	if (r->undoing && r->undoing->kept && !r->absent) {
		buf_addf(&p->kept, "%zu %s\n", n, r->undoing->kept);
		return 0;
	}
	if (r->absent || !strmap_add(&p->contents, r->digest, n, NULL))
		return 0;
	snprintf(name, sizeof(name), "f/%s", r->digest);
	tar_add(p->tar, name, r->content, r->content_len);
	return 0;
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
	const char *address = h->address ? h->address : "127.0.0.1";
	long long interval = h->interval_ms > 0 ? h->interval_ms : 5000;
	long long timeout = h->timeout_ms > 0 ? h->timeout_ms : 2000;
	int retries = h->retries > 0 ? h->retries : 3;

	if (str_eq(address, "0.0.0.0") || str_eq(address, "*"))
		address = "127.0.0.1";
	if (!is_word(address))
		return err_set(p->err, OUTCOME_INPUT, "%s: health address", address);
	switch (h->kind) {
	case HEALTH_NONE:
	case HEALTH_UNIT:
		break;
	case HEALTH_HTTP:
		if (!h->path || !is_word(h->path))
			return err_set(p->err, OUTCOME_INPUT, "health path: no blanks, no * ? [");
		buf_addf(&p->steps, "gate %s http %s %d %lld %lld %d %s\n", r->unit, address,
		    h->port, interval, timeout, retries, h->path);
		break;
	case HEALTH_TCP:
		buf_addf(&p->steps, "gate %s tcp %s %d %lld %lld %d -\n", r->unit, address, h->port,
		    interval, timeout, retries);
		break;
	case HEALTH_EXEC:
		if (request_add_words(p, "args", n, NULL, h->argv) < 0)
			return -1;
		buf_addf(&p->steps, "gate %s exec - 0 %lld %lld %d %zu\n", r->unit, interval,
		    timeout, retries, n);
		break;
	}
	return 0;
}

static int
add_unit(struct request_parts *p, const struct plan_step *s, size_t n)
{
	const char *verb = unit_verb(s);

	buf_addf(&p->steps, "start %zu\n", n);
	if (verb) {
		buf_addf(&p->steps, "unit %s %s\n", verb, s->resource->unit);
		p->started = p->started || strcmp(verb, "stop") != 0;
		if (strcmp(verb, "stop") != 0 && add_gate(p, s->resource, n) < 0)
			return -1;
		buf_adds(&p->steps, "steady\n");
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

/* What its kind does on the host, by words of its own. */
static int
add_doing(struct request_parts *p, const struct plan_step *s, size_t n)
{
	buf_addf(&p->steps, "start %zu\ndo %zu %s\ndone %zu\n", n, n,
	    kind_find(s->resource->kind)->name, n);
	return request_add_words(p, "args", n, NULL, s->doing);
}

/* A unit stops while its file still says how. */
static void
add_stop(struct buf *to, const struct plan_step *s, size_t n)
{
	const struct found *f = s->found;

	if (s->class == PLAN_SAME || !s->resource->absent || s->resource->kind != RESOURCE_UNIT)
		return;
	buf_addf(to, "start %zu\n", n);
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
	if (s->resource->kind == RESOURCE_UNIT && !sends_file(s))
		buf_addf(&p->steps, "at %zu\ndone %zu\n", n, n);
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
	if (!request_step_acts(s))
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

		if (parted && sends_file(s))
			return i;
		parted = parted || (s->class != PLAN_SAME && s->resource->parts);
	}
	return plan->count;
}

static int
add_files(struct request_parts *p, size_t from, size_t to)
{
	autobuf list = BUF_INIT(REQUEST_MAX);
	char name[40];

	p->systemd_files = false;
	for (size_t i = from; i < to; i++) {
		const struct plan_step *s = &p->spec->plan->steps[i];

		if (sends_file(s) && add_file(p, s, p->number[i], &list) < 0)
			return -1;
	}
	if (!list.len)
		return 0;
	snprintf(name, sizeof(name), "files.%zu", ++p->groups);
	tar_add(p->tar, name, list.data, list.len);
	buf_addf(&p->steps, "files %zu\n", p->groups);
	return 0;
}

/* What goes away stops first; the files are made ready even before that. */
static void
add_stops(struct request_parts *p, size_t from, size_t to)
{
	const struct plan_step *steps = p->spec->plan->steps;
	autobuf stops = BUF_INIT(REQUEST_MAX);
	struct buf *all = &p->steps;
	bool sent = false;

	for (size_t i = from; i < to; i++) {
		add_stop(&stops, &steps[i], p->number[i]);
		sent = sent || sends_file(&steps[i]);
	}
	if (stops.len && sent && from == 0)
		buf_adds(all, "stage 1\n");
	buf_add(all, stops.data, stops.len);
}

static bool
then_arms(const struct plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->count; i++)
		any = any || confirm_step(&plan->steps[i]);
	return !any && confirm_window_ms(plan) > 0;
}

static int
add_segment(struct request_parts *p, size_t from, size_t to)
{
	const struct plan_step *steps = p->spec->plan->steps;
	bool arms = false;

	for (size_t i = from; i < to; i++)
		arms = arms || confirm_step(&steps[i]);
	if (arms)
		buf_adds(&p->steps, "arm\n");
	add_stops(p, from, to);
	if (add_files(p, from, to) < 0)
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
