#include "playbooks/request.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/confirm.h"
#include "playbooks/kind.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/release.h"
#include "playbooks/reply.h"
#include "playbooks/request_inner.h"
#include "playbooks/tar.h"

#include <string.h>

extern const char host_act_sh[], host_armed_sh[], host_carry_sh[], host_confirm_sh[],
    host_follow_sh[], host_group_sh[], host_lock_sh[], host_rebooted_sh[], host_releases_sh[],
    host_return_sh[], host_revert_sh[], host_well_sh[];

const char *
request_digest(const struct resource *r)
{
	if (r->kind == RESOURCE_USERUNIT && r->config_digest)
		return r->config_digest;
	if (r->kind == RESOURCE_FILE || kind_find(r->kind))
		return r->digest[0] ? r->digest : NULL;
	if (r->kind == RESOURCE_UNIT)
		return r->config_digest ? r->config_digest : r->digest;
	if (r->kind == RESOURCE_IMAGE)
		return r->image_id[0] ? r->image_id : "present";
	return NULL;
}

static int
add_line(struct request_parts *p, const struct manifest_line *m, size_t n)
{
	if (!reply_is_line(m->resource) || strchr(m->resource, '\t'))
		return err_set(
		    p->err, OUTCOME_INPUT, "%s: not a name for the manifest", m->resource);
	buf_addf(&p->manifest, "%zu\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n, m->resource,
	    m->playbook, m->app, m->release, m->digest, *m->text ? m->text : "-",
	    *m->origin ? m->origin : "p", *m->shown ? m->shown : "-", *m->run ? m->run : "-");
	return 0;
}

/* An undo puts the line back that was there before the act. */
static int
add_undoing(struct request_parts *p, const struct resource *r, size_t n)
{
	const struct manifest_line *m = r->undoing->line;
	const struct plan *plan = p->spec->plan;

	for (size_t i = 0; r->undoing->inside && i < plan->count; i++) {
		if (plan->steps[i].resource == r->undoing->inside)
			n = p->number[i];
	}
	if (!r->undoing->wrote || n == 0)
		return 0;
	/* Images came before the act. */
	if (r->kind == RESOURCE_IMAGE)
		n = 0;
	if (m)
		return add_line(p, m, n);
	if (!reply_is_line(r->id) || strchr(r->id, '\t'))
		return err_set(p->err, OUTCOME_INPUT, "%s: not a name for the manifest", r->id);
	buf_addf(&p->manifest, "%zu\t%s\t-\t-\t-\t!\n", n, r->id);
	return 0;
}

/* Of an app's resources the release of the app; else the playbook. */
static const char *
release_of(const struct request_parts *p, const struct resource *r)
{
	const struct release_change *c = p->spec->plan->releases;
	const struct release *made =
	    c && r->app ? release_find(c->made, c->made_count, r->app) : NULL;

	return made ? made->id : p->spec->release;
}

static int
add_manifest(struct request_parts *p, const struct plan_step *s, size_t n)
{
	const struct resource *r = s->resource;
	/* The line of what is absent goes when it is gone. */
	const char *digest = r->absent ? "!" : request_digest(r);
	bool is_text = r->kind == RESOURCE_UNIT ||
		       (r->kind == RESOURCE_USERUNIT && r->config_digest && r->digest[0]);

	if (r->undoing)
		return add_undoing(p, r, n);
	if (!digest || s->stays)
		return 0;
	if (r->kind == RESOURCE_IMAGE && s->class == PLAN_SAME && s->found->known &&
	    strcmp(s->found->known->playbook, p->spec->playbook) != 0)
		return 0;
	if (!reply_is_line(r->id) || strchr(r->id, '\t'))
		return err_set(p->err, OUTCOME_INPUT, "%s: not a name for the manifest", r->id);
	/* Images came before the act; they go within it. */
	buf_addf(&p->manifest, "%zu\t%s\t%s\t%s\t%s\t%s\t%s\t%c\t%c\n",
	    r->kind == RESOURCE_IMAGE && !r->absent ? 0 : n, r->id, p->spec->playbook,
	    r->app ? r->app : "-", release_of(p, r), digest,
	    is_text && !r->absent ? r->digest : "-", request_puts(s) ? 'p' : 'f',
	    r->secret ? 's' : '-');
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

/* The host programs of the kinds that have something to do, each once, and the one that calls them. */
static void
add_program(struct request_parts *p)
{
	autobuf text = BUF_INIT(1U << 20);
	bool there[RESOURCE_KINDS] = { false };

	for (size_t i = 0; i < p->spec->plan->count; i++) {
		const struct plan_step *s = &p->spec->plan->steps[i];

		if (s->doing)
			kind_bring(s->resource->kind, true, there, &text);
	}
	buf_adds(&text, host_lock_sh);
	buf_adds(&text, host_armed_sh);
	buf_adds(&text, host_group_sh);
	buf_adds(&text, host_revert_sh);
	buf_adds(&text, host_rebooted_sh);
	buf_adds(&text, host_releases_sh);
	buf_adds(&text, host_well_sh);
	buf_adds(&text, host_carry_sh);
	tar_add(p->tar, "program", text.data, text.len);
}

static int
add_all(struct request_parts *p)
{
	const struct plan *plan = p->spec->plan;
	autobuf about = BUF_INIT(4096), mode = BUF_INIT(64);

	for (size_t i = 0; i < plan->count; i++)
		p->number[i] = plan->steps[i].class == PLAN_SAME ? 0 : ++p->changing;
	for (size_t i = 0; i < plan->count; i++) {
		if (add_manifest(p, &plan->steps[i], p->number[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < plan->relabel_count; i++) {
		if (add_line(p, &plan->relabel[i], 0) < 0)
			return -1;
	}
	if (request_add_needs(p) < 0 || request_add_steps(p) < 0 || request_add_undo(p) < 0 ||
	    request_add_releases(p) < 0)
		return -1;
	add_about(p->spec, &about);
	buf_addf(&mode, "%s %lld\n", p->spec->rollback ? "rollback" : "stop",
	    (long long)(confirm_window_ms(plan) + 999) / 1000);
	const struct {
		const char *name;
		const struct buf *text;
	} members[] = { { "about", &about }, { "mode", &mode }, { "needs", &p->needs },
		{ "absent", &p->absent }, { "places", &p->places }, { "steps", &p->steps },
		{ "manifest", &p->manifest }, { "drains", &p->drains } };
	for (size_t i = 0; i < countof(members); i++)
		tar_add(p->tar, members[i].name, members[i].text->data, members[i].text->len);
	add_program(p);
	if (!tar_end(p->tar))
		return err_set(p->err, OUTCOME_INPUT, "more than %u MiB to send to one host",
		    REQUEST_MAX >> 20);
	return 0;
}

int64_t
request_limit_ms(const struct request *r)
{
	int64_t ms = 600000 + r->soak_ms + confirm_window_ms(r->plan);

	for (size_t i = 0; i < r->plan->count; i++) {
		const struct resource *x = r->plan->steps[i].resource;

		if (!request_step_acts(&r->plan->steps[i]))
			continue;
		ms += x->limit_ms > 0 ? x->limit_ms : x->kind == RESOURCE_RUN ? 3600000 : 300000;
		ms += (x->health.interval_ms + x->health.timeout_ms) * x->health.retries;
		ms += x->drain ? 2 * x->drain->limit_ms : 0;
	}
	return ms + (int64_t)r->plan->then_count * 300000;
}

int
request_build(const struct request *r, struct buf *to, struct err *err)
{
	autobuf tar = BUF_INIT(REQUEST_MAX);
	struct request_parts p = { .spec = r, .tar = &tar, .err = err };
	char digest[DIGEST_HEX];
	autofree size_t *number = xcalloc(r->plan->count + 1, sizeof(*number));
	int rc;

	p.number = number;
	buf_init(&p.needs, REQUEST_MAX);
	buf_init(&p.absent, REQUEST_MAX);
	buf_init(&p.places, REQUEST_MAX);
	buf_init(&p.steps, REQUEST_MAX);
	buf_init(&p.manifest, REQUEST_MAX);
	buf_init(&p.kept, REQUEST_MAX);
	buf_init(&p.drains, REQUEST_MAX);
	rc = add_all(&p);
	buf_fini(&p.needs);
	buf_fini(&p.absent);
	buf_fini(&p.places);
	buf_fini(&p.steps);
	buf_fini(&p.manifest);
	buf_fini(&p.kept);
	buf_fini(&p.drains);
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

char *
request_confirm_command(const char *nonce, const char *run)
{
	return reply_command(
	    host_confirm_sh, host_follow_sh, (const char *const[]){ nonce, run, NULL });
}

char *
request_return_command(const char *nonce, const char *run)
{
	return reply_command(
	    host_return_sh, host_follow_sh, (const char *const[]){ nonce, run, NULL });
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
