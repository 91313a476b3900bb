#include "playbooks/place.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read.h"
#include "playbooks/resource.h"

#include <string.h>

const char *const place_states[] = { "present", "absent", NULL };

void
place_read_path(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret)
{
	const char *bad;

	if (!read_source(c, name, n, ret) || render_is_template(ret))
		return;
	bad = read_is_path(ret->text);
	if (bad)
		diag_error(
		    c->diag, n->mark, "%s: %s is wanted here, not \"%.60s\"", name, bad, ret->text);
}

const char *
place_forbidden(const struct resource *r)
{
	static const char *const roots[] = { "/var/lib/drover", "/proc", "/sys", "/dev" };
	static const char *const accounts[] = { "/etc/passwd", "/etc/shadow", "/etc/group",
		"/etc/gshadow" };

	for (size_t i = 0; i < countof(roots); i++) {
		size_t n = strlen(roots[i]);

		if (strncmp(r->path, roots[i], n) == 0 && (r->path[n] == '/' || !r->path[n]))
			return i == 0 ? "what drover itself keeps there is no task's"
				      : "the kernel makes what stands there";
	}
	for (size_t i = 0; i < countof(accounts); i++) {
		if (r->kind == RESOURCE_LINK && str_eq(r->path, accounts[i]))
			return "a link in its place would lock everybody out";
	}
	return NULL;
}

void
place_refuse_keys(const struct field_context *c, const struct yaml_node *n, const char *const *keys)
{
	for (; *keys; keys++)
		if (yaml_find(n, *keys))
			diag_error(c->diag, yaml_find(n, *keys)->mark,
			    "%s: what is to be absent has none", *keys);
}

void
place_dir(struct arena *a, struct resource *r, const char *path)
{
	r->kind = RESOURCE_DIR;
	r->path = path;
	r->id = arena_printf(a, "dir %s", path);
	r->title = arena_printf(a, "%s/", path);
	r->mode = RESOURCE_KEEP;
}

void
place_link(struct arena *a, struct resource *r, const char *path, const char *target)
{
	r->kind = RESOURCE_LINK;
	r->path = path;
	r->id = arena_printf(a, "link %s", path);
	r->title = path;
	r->mode = RESOURCE_KEEP;
	r->content = target;
	r->content_len = strlen(target);
	digest_hex(target, r->content_len, r->digest);
}

void
place_seal(struct resource *r)
{
	autobuf wish = BUF_INIT(200);

	buf_addf(&wish, "%o %s %s", r->mode, r->owner ? r->owner : "-", r->group ? r->group : "-");
	digest_hex(wish.data, wish.len, r->digest);
}

void
place_look_in(struct arena *a, struct resource *r)
{
	const char **look = arena_alloc(a, 2 * sizeof(*look));

	look[0] = r->path;
	r->look = look;
}
