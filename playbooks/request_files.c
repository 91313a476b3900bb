#include "playbooks/request_inner.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "playbooks/reply.h"
#include "playbooks/request.h"
#include "playbooks/tar.h"

#include <string.h>

static const char *
or_root(const char *s)
{
	return s ? s : "root";
}

static bool
owners_differ(const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;
	bool exact = r->kind == RESOURCE_FILE || r->kind == RESOURCE_UNIT;

	return (r->mode != RESOURCE_KEEP && r->kind != RESOURCE_LINK &&
		   (f->mode & 07777) != (r->mode & 07777)) ||
	       ((r->owner || exact) && !str_eq(f->owner, or_root(r->owner))) ||
	       ((r->group || exact) && !str_eq(f->group, or_root(r->group)));
}

static bool
place_differs(const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;

	if (r->absent)
		return f->present && f->kind != '-';
	if (r->kind == RESOURCE_DIR)
		return f->kind != 'd' || owners_differ(s);
	if (r->kind == RESOURCE_LINK)
		return f->kind != 'l' || !f->target || !str_eq(f->target, r->content) ||
		       owners_differ(s);
	return f->kind != 'f' || strcmp(f->digest, r->digest) != 0 || owners_differ(s);
}

bool
request_sends_file(const struct plan_step *s)
{
	return resource_is_place(s->resource) && s->class != PLAN_SAME && place_differs(s);
}

bool
request_puts(const struct plan_step *s)
{
	if (s->class == PLAN_SAME)
		return false;
	if (s->resource->kind == RESOURCE_DIR && !s->resource->absent)
		return s->class == PLAN_CREATE;
	return s->resource->app || !resource_is_place(s->resource) || place_differs(s);
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

/* As carry.sh knows them. */
static char
line_kind(const struct resource *r)
{
	static const char place[] = "/etc/systemd/system/";

	if (r->kind == RESOURCE_DIR)
		return !r->absent     ? (r->undoing && r->undoing->kept ? 'T' : 'd')
		       : r->recursive ? 't'
		       : r->spared    ? 'o'
				      : 'e';
	if (r->absent)
		return 'r';
	if (r->kind == RESOURCE_LINK)
		return 'l';
	if (r->kind == RESOURCE_UNIT)
		return 'U';
	return str_starts(r->path, place) && !strchr(r->path + strlen(place), '/') ? 'u' : '-';
}

bool
request_is_word(const char *s)
{
	return *s && reply_is_line(s) && !strpbrk(s, " \t\\*?[");
}

int
request_add_needs(struct request_parts *p)
{
	for (size_t i = 0; i < p->spec->plan->count; i++) {
		const struct plan_step *s = &p->spec->plan->steps[i];
		const char *path = s->resource->path;
		const struct found *f = s->found;
		char hex[DIGEST_HEX];

		if (!resource_is_place(s->resource) || s->resource->forgotten)
			continue;
		if (!reply_is_path(path))
			return err_set(p->err, OUTCOME_INPUT, "%s: cannot be sent", path);
		if (f->kind == 'f' && f->digest[0]) {
			buf_addf(&p->needs, "%s  %s\n", f->digest, path);
		} else if (f->kind == '-') {
			buf_addf(&p->absent, "%s\n", path);
		} else if (f->kind == 'd') {
			buf_addf(&p->places, "d - %s\n", path);
		} else if (f->target && request_sends_file(s)) {
			digest_hex(f->target, strlen(f->target), hex);
			buf_addf(&p->places, "l %s %s\n", hex, path);
		}
	}
	return 0;
}

static void
add_line(struct buf *list, const struct resource *r, size_t n)
{
	bool away = r->absent, keeps = r->kind == RESOURCE_DIR || r->kind == RESOURCE_LINK;

	buf_addf(list, "%zu ", n);
	if (away || (keeps && r->mode == RESOURCE_KEEP))
		buf_adds(list, "- ");
	else
		buf_addf(list, "%04o ", r->mode & 07777);
	buf_addf(list, "%s %s %s %c %s\n", away || (keeps && !r->owner) ? "-" : or_root(r->owner),
	    away || (keeps && !r->group) ? "-" : or_root(r->group),
	    away || r->kind == RESOURCE_DIR ? "-" : r->digest, line_kind(r), r->path);
}

/* The command that must succeed on the staged file: valid/N. */
static int
add_validate(struct request_parts *p, const struct resource *r, size_t n)
{
	return r->validate && !r->absent ? request_add_words(p, "valid", n, NULL, r->validate) : 0;
}

static int
add_place(struct request_parts *p, const struct plan_step *s, size_t n, struct buf *list)
{
	const struct resource *r = s->resource;
	char name[80];

	if (!request_is_word(or_root(r->owner)) || !request_is_word(or_root(r->group)))
		return err_set(p->err, OUTCOME_INPUT, "%s: cannot be sent", r->path);
	add_line(list, r, n);
	p->systemd_files = p->systemd_files || in_systemd(r->path);
	if (add_validate(p, r, n) < 0)
		return -1;
	const char *kept = r->kept ? r->kept : r->undoing ? r->undoing->kept : NULL;
	if (kept && !r->absent) {
		buf_addf(&p->kept, "%zu %s\n", n, kept);
		return 0;
	}
	if (r->absent || r->kind == RESOURCE_DIR || !strmap_add(&p->contents, r->digest, n, NULL))
		return 0;
	snprintf(name, sizeof(name), "f/%s", r->digest);
	tar_add(p->tar, name, r->content, r->content_len);
	return 0;
}

/* What goes, the deepest first. */
static int
deeper(const void *a, const void *b)
{
	const struct plan_step *const *x = a, *const *y = b;

	return strcmp((*y)->resource->path, (*x)->resource->path);
}

int
request_add_files(struct request_parts *p, size_t from, size_t to)
{
	const struct plan_step *steps = p->spec->plan->steps;
	autofree const struct plan_step **away = xcalloc(to - from + 1, sizeof(*away));
	autobuf list = BUF_INIT(REQUEST_MAX);
	size_t count = 0;
	char name[40];

	p->systemd_files = false;
	for (size_t i = from; i < to; i++) {
		if (!request_sends_file(&steps[i]))
			continue;
		if (steps[i].resource->absent)
			away[count++] = &steps[i];
		else if (add_place(p, &steps[i], p->number[i], &list) < 0)
			return -1;
	}
	qsort(away, count, sizeof(*away), deeper);
	for (size_t i = 0; i < count; i++) {
		if (add_place(p, away[i], p->number[away[i] - steps], &list) < 0)
			return -1;
	}
	if (!list.len)
		return 0;
	snprintf(name, sizeof(name), "files.%zu", ++p->groups);
	tar_add(p->tar, name, list.data, list.len);
	buf_addf(&p->steps, "files %zu\n", p->groups);
	return 0;
}
