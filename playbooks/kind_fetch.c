#include "playbooks/desire_inner.h"
#include "playbooks/fetch.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/place.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"
#include "playbooks/said.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/inventory.h"

#include <string.h>

extern const char host_look_fetch_sh[], host_do_fetch_sh[];

struct fetch_decl {
	const struct yaml_node *src, *dest;
	int64_t mode, max;
	bool secret;
	struct source src_source, dest_source;
};

const struct field kind_fetch_fields[] = {
	{ FIELD_OF(FORM_NODE, struct fetch_decl, src), .flags = FIELD_REQUIRED,
	    .doc = "the path of a file on the host" },
	{ FIELD_OF(FORM_NODE, struct fetch_decl, dest), .flags = FIELD_REQUIRED,
	    .doc = "where it comes down on this seat, from the playbook's directory; with / at "
		   "its end a directory, where the file keeps its name" },
	{ FIELD_OF(FORM_MODE, struct fetch_decl, mode),
	    .doc = "its mode here, without what the umask takes; by default 0644, and 0600 with "
		   "secret" },
	{ FIELD_OF(FORM_SIZE, struct fetch_decl, max),
	    .doc = "a larger file does not come; 64M by default and at most" },
	{ FIELD_OF(FORM_BOOL, struct fetch_decl, secret),
	    .doc = "neither its size nor its digest is shown or recorded" },
	{ 0 },
};

/* What stands there for certain is judged before any host is known. */
static const char *
bad_dest(const char *dest)
{
	autofree char *whole = xasprintf("%s%s", *dest == '/' ? "" : "/", dest);
	size_t n = strlen(whole);

	if (n > 1 && whole[n - 1] == '/')
		whole[n - 1] = '\0';
	return *dest && !read_is_path(whole) && strcmp(whole, "/") != 0
		   ? NULL
		   : "a plain path (no .., no //, no . alone)";
}

void
kind_fetch_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct fetch_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the fetch task";
	got->mode = -1;
	got->max = FETCH_MAX;
	if (!field_read(&mine, kind_fetch_fields, n, got))
		return;
	place_read_path(c, "src", got->src, &got->src_source);
	if (read_source(c, "dest", got->dest, &got->dest_source) &&
	    !render_is_template(&got->dest_source) && bad_dest(got->dest_source.text))
		diag_error(c->diag, got->dest->mark, "fetch: dest: %s is wanted here",
		    bad_dest(got->dest_source.text));
	if (got->mode > 0777)
		diag_error(c->diag, n->mark, "fetch: mode: at most 0777");
	if (got->max < 1 || got->max > FETCH_MAX)
		diag_error(c->diag, n->mark, "fetch: max: 1 byte to 64M");
	((struct task_decl *)to)->detail = got;
}

/* A relative one is below the playbook's directory, whatever the directory is called. */
static bool
fill_dest(struct desire *d, const struct fetch_decl *decl, struct fetch *f)
{
	const char *dest = desire_word(d, &decl->dest_source);
	size_t n = dest ? strlen(dest) : 0;

	f->later = d->later;
	if (!dest)
		return false;
	if (bad_dest(dest)) {
		desire_wrong_text(d, decl->dest_source.mark,
		    "fetch: dest: %s is wanted here, not \"%.100s\" (host %s)", bad_dest(dest),
		    dest, d->host->name);
		return false;
	}
	if (dest[n - 1] == '/')
		dest = arena_printf(d->arena, "%s%s", dest, strrchr(f->src, '/') + 1);
	f->base = "/";
	f->path = dest + (*dest == '/');
	if (*dest == '/')
		return true;
	autofree char *dir = realpath(d->playbook->dir, NULL);
	if (dir)
		f->base = arena_strdup(d->arena, dir);
	else
		desire_wrong(d, decl->dest_source.mark,
		    "fetch: the playbook's directory is not there any more");
	return dir != NULL;
}

static void
look_here(struct desire *d, struct fetch *f)
{
	struct err err;

	if (!f->later && seatfile_look(f->base, f->path, f->max, &f->have, &err) < 0)
		f->wrong = arena_strdup(d->arena, err.text);
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct fetch_decl *decl = t->detail;
	struct fetch *f = arena_alloc(d->arena, sizeof(*f));
	const char **look = arena_alloc(d->arena, 3 * sizeof(*look));

	f->src = desire_path(d, &decl->src_source, "fetch: src");
	if (!f->src || !fill_dest(d, decl, f))
		return false;
	f->max = (uint64_t)decl->max;
	f->secret = decl->secret;
	f->mode_said = decl->mode >= 0 || f->secret;
	f->mode = (decl->mode >= 0 ? (unsigned)decl->mode : f->secret ? 0600 : 0644);
	f->mode &= ~file_umask();
	look_here(d, f);
	look[0] = arena_printf(d->arena, "%llu", (unsigned long long)f->max);
	look[1] = f->src;
	r->id = arena_printf(d->arena, "fetch %d%s", t->number, d->here.suffix);
	r->title = arena_printf(
	    d->arena, "fetch %s -> %s%s", f->src, strcmp(f->base, "/") == 0 ? "/" : "", f->path);
	r->look = look;
	r->limit_ms = 660000;
	r->detail = f;
	return true;
}

/* Why it cannot come as it is; NULL: it can. */
static const char *
hindrance(struct verdict *v, const struct fetch *f, const char *said)
{
	const char *size = said_value(v->arena, said, "large");

	if (size && f->secret)
		return "larger than what may come";
	if (size)
		return arena_printf(v->arena, "%.20s bytes are more than may come (max: %llu)",
		    size, (unsigned long long)f->max);
	if (said_has(said, "none"))
		return "no such file";
	return said_has(said, "other") ? "no regular file" : NULL;
}

static void
decide_contents(struct verdict *v, const struct fetch *f, const char *file)
{
	const char *digest = strchr(file, ' ');
	bool same = digest && f->have.there && str_eq(digest + 1, f->have.digest);

	if (!f->have.there)
		v->step->class = PLAN_CREATE;
	if (f->secret && !same)
		plan_because(v, "not shown: secret");
	else if (!same)
		plan_because(v, "%s%.*s bytes", f->have.there ? "contents differ, " : "",
		    (int)strcspn(file, " "), file);
}

static void
decide(struct verdict *v)
{
	const struct fetch *f = v->step->resource->detail;
	const char *said = v->step->found->said, *why = hindrance(v, f, said), **words;
	const char *file = said_value(v->arena, said, "file");
	bool mode = !f->have.there || !f->mode_said || f->have.mode == f->mode;

	if (f->wrong || (why && !v->moved)) {
		v->failed = arena_printf(
		    v->arena, "%s: %s", v->step->resource->title, f->wrong ? f->wrong : why);
		return;
	}
	if (v->moved || !file)
		v->step->class = PLAN_UNPREDICTED;
	else
		decide_contents(v, f, file);
	if (v->step->class == PLAN_UNPREDICTED)
		plan_because(v, "%s", why ? why : "what is before it may change it");
	if (!mode)
		plan_because(v, "mode %04o -> %04o here", f->have.mode, f->mode);
	if (v->step->class == PLAN_SAME)
		return;
	words = arena_alloc(v->arena, 5 * sizeof(*words));
	words[0] = v->step->resource->look[0];
	words[1] = mode && f->have.there && f->have.digest[0] ? f->have.digest : "-";
	words[2] = f->src;
	words[3] = f->secret ? "secret" : "shown";
	v->step->doing = words;
}

const struct kind kind_fetch = {
	.kind = RESOURCE_FETCH,
	.name = "fetch",
	.want = want,
	.decide = decide,
	.look = host_look_fetch_sh,
	.carry = host_do_fetch_sh,
};
