#include "playbooks/request_inner.h"

#include "base/err.h"
#include "base/str.h"
#include "playbooks/kind.h"
#include "playbooks/plan.h"
#include "playbooks/reply.h"
#include "playbooks/request.h"
#include "playbooks/tar.h"

#include <stdio.h>

int
request_add_words(struct request_parts *p, const char *directory, size_t n, const char *const *env,
    const char *const *argv)
{
	autobuf b = BUF_INIT(1U << 20);
	const char *const *lists[] = { env, argv };
	char name[40];

	for (size_t i = 0; i < 2; i++) {
		for (const char *const *w = lists[i]; w && *w; w++) {
			size_t lines = 1;

			for (const char *c = *w; *c; c++)
				lines += *c == '\n';
			buf_addf(&b, "%zu\n%s\n", lines, *w);
		}
	}
	if (b.dropped)
		return err_set(p->err, OUTCOME_INPUT, "a command longer than 1 MiB");
	snprintf(name, sizeof(name), "%s/%zu", directory, n);
	tar_add(p->tar, name, b.data, b.len);
	return 0;
}

static void
add_clean(struct buf *to, const char *text)
{
	for (; *text; text++)
		buf_addc(to, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

/* Which of the steps behind the tasks follows from this one; 0: none. */
static size_t
then_number(const struct request_parts *p, const struct follow_up *then)
{
	const struct plan *plan = p->spec->plan;

	for (size_t i = 0; then->kind != FOLLOW_NONE && i < plan->then_count; i++) {
		const struct follow_up *f = &plan->then[i];

		if (f->kind == then->kind &&
		    (f->kind == FOLLOW_RUN ? f->argv == then->argv : str_eq(f->unit, then->unit)))
			return p->changing + i + 1;
	}
	return 0;
}

/* Its words alone do not run it as it ran; of a service: an undo restarts it for the files that come back. */
static bool
is_special(const struct resource *r)
{
	if (r->kind == RESOURCE_SERVICE)
		return r->undoing;
	return r->kind == RESOURCE_RUN && r->command &&
	       (r->content || r->command->input || r->command->cwd);
}

/* NUMBER KIND CLASS FLAGS THEN APP ID TITLE, between tabs. Flags: s secret, r restart, l reload, h special. What
 * follows the tasks: kind then, class what, id the unit. */
static void
add_what(struct request_parts *p, const struct plan_step *s, size_t n, struct buf *to)
{
	const struct resource *r = s->resource;

	buf_addf(to, "%zu\t%s\t%s\t-%s%s%s%s\t%zu\t", n, kind_name(r->kind),
	    plan_class_name(s->class), r->secret || s->found->hidden ? "s" : "",
	    s->restart ? "r" : "", s->reload ? "l" : "", is_special(r) ? "h" : "",
	    then_number(p, &r->then));
	add_clean(to, r->app ? r->app : "-");
	buf_addc(to, '\t');
	add_clean(to, r->id);
	buf_addc(to, '\t');
	add_clean(to, r->title);
	buf_addc(to, '\n');
}

static int
add_step(struct request_parts *p, const struct plan_step *s, size_t n)
{
	const struct resource *r = s->resource;

	if (r->kind == RESOURCE_RUN && r->undo)
		return request_add_words(p, "undo", n, r->env, r->undo);
	if (!s->doing || !s->back)
		return 0;
	if (request_add_words(p, "back", n, NULL, s->back) < 0)
		return -1;
	/* What is in a volume changes by itself. */
	return r->look && r->kind != RESOURCE_EXPORT
		   ? request_add_words(p, "look", n, NULL, r->look)
		   : 0;
}

static void
add_then(struct request_parts *p, const struct follow_up *f, size_t n, struct buf *to)
{
	static const char *const words[] = { "-", "reload", "restart", "run" };
	autobuf id = BUF_INIT(4096);

	request_step_id(p->spec->plan, n, &id);
	buf_addf(to, "%zu\tthen\t%s\t-\t0\t-\t", n, words[f->kind]);
	add_clean(to, f->kind == FOLLOW_RUN ? "run" : f->unit);
	buf_addc(to, '\t');
	add_clean(to, buf_text(&id));
	buf_addc(to, '\n');
}

int
request_add_undo(struct request_parts *p)
{
	const struct plan *plan = p->spec->plan;
	autobuf what = BUF_INIT(REQUEST_MAX);
	autobuf units = BUF_INIT(REQUEST_MAX), unmade = BUF_INIT(REQUEST_MAX);

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_step *s = &plan->steps[i];
		const struct resource *r = s->resource;

		if (s->class == PLAN_SAME)
			continue;
		add_what(p, s, p->number[i], &what);
		if ((r->kind == RESOURCE_UNIT || r->kind == RESOURCE_SERVICE) && r->unit)
			buf_addf(&units, "%zu %s\n", p->number[i], r->unit);
		if (add_step(p, s, p->number[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < plan->then_count; i++)
		add_then(p, &plan->then[i], p->changing + i + 1, &what);
	tar_add(p->tar, "what", what.data, what.len);
	tar_add(p->tar, "units", units.data, units.len);
	for (const char *const *d = plan->unmade; d && *d; d++)
		buf_addf(&unmade, "%s\n", *d);
	if (unmade.len)
		tar_add(p->tar, "unmade", unmade.data, unmade.len);
	if (p->kept.len)
		tar_add(p->tar, "kept", p->kept.data, p->kept.len);
	return 0;
}
