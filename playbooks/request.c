#include "playbooks/request.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/reply.h"
#include "playbooks/tar.h"

#include <string.h>

extern const char host_act_sh[], host_carry_sh[], host_follow_sh[];

/* The members of the tar, in the making. */
struct parts {
	const struct request *spec;
	struct buf *tar;
	struct buf needs, absent, files, steps, manifest;
	struct strmap contents; /* digests that are in the tar */
	size_t *number;         /* of each step of the plan; 0: the same */
	size_t changing;
	bool systemd_files, started;
	struct err *err;
};

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

	if (r->kind == RESOURCE_UNIT)
		return 'U';
	return str_starts(r->path, place) && !strchr(r->path + strlen(place), '/') ? 'u' : '-';
}

static bool
is_word(const char *s)
{
	return *s && reply_is_line(s) && !strpbrk(s, " \t\\*?[");
}

static int
add_file(struct parts *p, const struct plan_step *s, size_t n)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;
	char name[80];

	if (f->kind == 'f' && f->digest[0])
		buf_addf(&p->needs, "%s  %s\n", f->digest, r->path);
	else if (f->kind == '-')
		buf_addf(&p->absent, "%s\n", r->path);
	if (s->class == PLAN_SAME || !file_differs(s))
		return 0;
	if (!reply_is_path(r->path) || !is_word(or_root(r->owner)) || !is_word(or_root(r->group)))
		return err_set(p->err, OUTCOME_INPUT, "%s: cannot be sent", r->path);
	buf_addf(&p->files, "%zu %04o %s %s %s %c %s\n", n, r->mode & 07777, or_root(r->owner),
	    or_root(r->group), r->digest, file_kind(r), r->path);
	p->systemd_files = p->systemd_files || in_systemd(r->path);
	if (!strmap_add(&p->contents, r->digest, n, NULL))
		return 0;
	snprintf(name, sizeof(name), "f/%s", r->digest);
	tar_add(p->tar, name, r->content, r->content_len);
	return 0;
}

/* The words of a command: for each the number of its lines, then the lines. */
static int
add_words(struct parts *p, size_t n, const char *const *env, const char *const *argv)
{
	autobuf b = BUF_INIT(1U << 20);
	const char *const *lists[] = { env, argv };
	char name[40];

	for (size_t i = 0; i < countof(lists); i++) {
		for (const char *const *w = lists[i]; w && *w; w++) {
			size_t lines = 1;

			for (const char *c = *w; *c; c++)
				lines += *c == '\n';
			buf_addf(&b, "%zu\n%s\n", lines, *w);
		}
	}
	if (b.dropped)
		return err_set(p->err, OUTCOME_INPUT, "a command longer than 1 MiB");
	snprintf(name, sizeof(name), "args/%zu", n);
	tar_add(p->tar, name, b.data, b.len);
	return 0;
}

static void
add_enabling(struct parts *p, const struct plan_step *s, size_t n)
{
	static const char *const settled[] = { "enabled", "enabled-runtime", "static", "indirect",
		"generated", "alias", "transient", "linked", NULL };
	const struct resource *r = s->resource;
	bool on = str_starts(s->found->enabled, "enabled"), leave = false;

	if (s->class == PLAN_SAME || !r->unit)
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
add_gate(struct parts *p, const struct resource *r, size_t n)
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
		if (add_words(p, n, NULL, h->argv) < 0)
			return -1;
		buf_addf(&p->steps, "gate %s exec - 0 %lld %lld %d %zu\n", r->unit, interval,
		    timeout, retries, n);
		break;
	}
	return 0;
}

static int
add_unit(struct parts *p, const struct plan_step *s, size_t n)
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
add_run(struct parts *p, const struct resource *r, size_t n)
{
	const char *const shell[] = { "sh", "-c", r->shell, NULL };
	const char *const *argv = r->shell ? shell : r->argv;

	if (!argv || !argv[0] || strchr(argv[0], '='))
		return err_set(p->err, OUTCOME_INPUT, "%s: no command that can be run", r->id);
	buf_addf(&p->steps, "start %zu\nrun %zu\ndone %zu\n", n, n, n);
	return add_words(p, n, r->env, argv);
}

static int
add_then(struct parts *p, const struct follow_up *f, size_t n)
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
		if (add_words(p, n, NULL, f->argv) < 0)
			return -1;
		buf_addf(&p->steps, "start %zu\nrun %zu\n", n, n);
		break;
	}
	buf_addf(&p->steps, "done %zu\n", n);
	autobuf name = BUF_INIT(4096);
	manifest_then(f, &name);
	buf_addf(&p->manifest, "%zu\t%s\t%s\t-\t-\t!\n", n, buf_text(&name), p->spec->playbook);
	return 0;
}

static int
add_manifest(struct parts *p, const struct plan_step *s, size_t n)
{
	const struct resource *r = s->resource;
	const char *digest = NULL;

	if (r->kind == RESOURCE_FILE)
		digest = r->digest;
	else if (r->kind == RESOURCE_UNIT)
		digest = r->config_digest ? r->config_digest : r->digest;
	else if (r->kind == RESOURCE_IMAGE)
		digest = r->image_id[0] ? r->image_id : "present";
	if (!digest)
		return 0;
	if (!reply_is_line(r->id) || strchr(r->id, '\t'))
		return err_set(p->err, OUTCOME_INPUT, "%s: not a name for the manifest", r->id);
	buf_addf(&p->manifest, "%zu\t%s\t%s\t%s\t%s\t%s\n", r->kind == RESOURCE_IMAGE ? 0 : n,
	    r->id, p->spec->playbook, r->app ? r->app : "-", p->spec->release, digest);
	return 0;
}

static bool
step_acts(const struct plan_step *s)
{
	return s->class != PLAN_SAME &&
	       (s->resource->kind == RESOURCE_UNIT || s->resource->kind == RESOURCE_SERVICE ||
		   s->resource->kind == RESOURCE_RUN);
}

static int
add_steps(struct parts *p)
{
	const struct plan *plan = p->spec->plan;

	for (size_t i = 0; i < plan->count; i++)
		add_enabling(p, &plan->steps[i], p->number[i]);
	if (p->systemd_files)
		buf_adds(&p->steps, "at 0\ndaemon-reload\n");
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_step *s = &plan->steps[i];
		int rc = 0;

		if (step_acts(s))
			rc = s->resource->kind == RESOURCE_RUN
				 ? add_run(p, s->resource, p->number[i])
				 : add_unit(p, s, p->number[i]);
		if (rc < 0)
			return -1;
	}
	for (size_t i = 0; i < plan->then_count; i++) {
		if (add_then(p, &plan->then[i], p->changing + i + 1) < 0)
			return -1;
	}
	if (p->started && p->spec->soak_ms > 0)
		buf_addf(&p->steps, "at 0\nsoak %lld\n", (long long)p->spec->soak_ms);
	return 0;
}

/* One line of tab-separated words; what would break it becomes a blank. */
static void
add_about(const struct request *r, struct buf *to)
{
	const char *const words[] = { r->seat, r->who, r->host, r->playbook, r->release };

	for (size_t i = 0; i < countof(words); i++) {
		for (const char *c = words[i] ? words[i] : "-"; *c; c++)
			buf_addc(to, (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
		buf_addc(to, i + 1 < countof(words) ? '\t' : '\n');
	}
}

static int
add_all(struct parts *p)
{
	const struct plan *plan = p->spec->plan;
	autobuf about = BUF_INIT(4096);

	for (size_t i = 0; i < plan->count; i++)
		p->number[i] = plan->steps[i].class == PLAN_SAME ? 0 : ++p->changing;
	for (size_t i = 0; i < plan->count; i++) {
		if (has_file(plan->steps[i].resource) &&
		    add_file(p, &plan->steps[i], p->number[i]) < 0)
			return -1;
		if (add_manifest(p, &plan->steps[i], p->number[i]) < 0)
			return -1;
	}
	if (add_steps(p) < 0)
		return -1;
	add_about(p->spec, &about);
	const struct {
		const char *name;
		const struct buf *text;
	} members[] = { { "about", &about }, { "needs", &p->needs }, { "absent", &p->absent },
		{ "files", &p->files }, { "steps", &p->steps }, { "manifest", &p->manifest } };
	for (size_t i = 0; i < countof(members); i++)
		tar_add(p->tar, members[i].name, members[i].text->data, members[i].text->len);
	tar_add(p->tar, "program", host_carry_sh, strlen(host_carry_sh));
	if (!tar_end(p->tar))
		return err_set(p->err, OUTCOME_INPUT, "more than %u MiB to send to one host",
		    REQUEST_MAX >> 20);
	return 0;
}

int64_t
request_limit_ms(const struct request *r)
{
	int64_t ms = 600000 + r->soak_ms;

	for (size_t i = 0; i < r->plan->count; i++) {
		const struct resource *x = r->plan->steps[i].resource;

		if (!step_acts(&r->plan->steps[i]))
			continue;
		ms += x->kind == RESOURCE_RUN ? 3600000 : 300000;
		ms += (x->health.interval_ms + x->health.timeout_ms) * x->health.retries;
	}
	return ms + (int64_t)r->plan->then_count * 300000;
}

int
request_build(const struct request *r, struct buf *to, struct err *err)
{
	autobuf tar = BUF_INIT(REQUEST_MAX);
	struct parts p = { .spec = r, .tar = &tar, .err = err };
	char digest[DIGEST_HEX];
	autofree size_t *number = xcalloc(r->plan->count + 1, sizeof(*number));
	int rc;

	p.number = number;
	buf_init(&p.needs, REQUEST_MAX);
	buf_init(&p.absent, REQUEST_MAX);
	buf_init(&p.files, REQUEST_MAX);
	buf_init(&p.steps, REQUEST_MAX);
	buf_init(&p.manifest, REQUEST_MAX);
	rc = add_all(&p);
	buf_fini(&p.needs);
	buf_fini(&p.absent);
	buf_fini(&p.files);
	buf_fini(&p.steps);
	buf_fini(&p.manifest);
	strmap_fini(&p.contents);
	if (rc < 0)
		return -1;
	digest_hex(tar.data, tar.len, digest);
	buf_clear(to);
	buf_addf(to, "drover-act 1 %zu %s %lld\n", tar.len, digest,
	    (long long)request_limit_ms(r) / 1000);
	if (!buf_add(to, tar.data, tar.len))
		return err_set(err, OUTCOME_INPUT, "the request is too large");
	return 0;
}

char *
request_command(const char *nonce, const char *run)
{
	return reply_command(
	    host_act_sh, host_follow_sh, (const char *const[]){ nonce, run, NULL });
}

char *
request_follow_command(const char *nonce, const char *run)
{
	return reply_command(host_follow_sh, NULL, (const char *const[]){ nonce, run, NULL });
}

const struct plan_step *
request_step(const struct plan *p, size_t n)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->steps[i].class != PLAN_SAME && --n == 0)
			return &p->steps[i];
	}
	return NULL;
}

static size_t
changing(const struct plan *p)
{
	return p->count - p->by_class[PLAN_SAME];
}

size_t
request_steps(const struct plan *p)
{
	return changing(p) + p->then_count;
}

static void
then_title(const struct plan *p, size_t n, struct buf *to)
{
	const struct follow_up *f;

	if (n <= changing(p) || n > request_steps(p))
		return;
	f = &p->then[n - changing(p) - 1];
	if (f->kind == FOLLOW_RUN)
		buf_addf(to, "then run %s", f->argv[0]);
	else
		buf_addf(to, "%s %s", f->kind == FOLLOW_RELOAD ? "reload" : "restart", f->unit);
}

void
request_step_id(const struct plan *p, size_t n, struct buf *to)
{
	const struct plan_step *s = n ? request_step(p, n) : NULL;

	if (s)
		buf_adds(to, s->resource->id);
	else
		then_title(p, n, to);
}

void
request_step_name(const struct plan *p, size_t n, struct buf *to)
{
	const struct plan_step *s = n ? request_step(p, n) : NULL;

	if (s)
		buf_adds(to, s->resource->title);
	else
		then_title(p, n, to);
}
