#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "base/yaml.h"

#include <string.h>

extern const char host_look_sysctl_sh[], host_do_sysctl_sh[];

struct sysctl_decl {
	const struct yaml_node *name, *value;
	const char *state;
	struct source name_source, value_source;
};

/* What is wanted on one host. */
struct sysctl {
	const char *name, *value;
};

static const char *const states[] = { "present", "absent", NULL };

const struct field kind_sysctl_fields[] = {
	{ .name = "name",
	    .form = FORM_NODE,
	    .offset = offsetof(struct sysctl_decl, name),
	    .flags = FIELD_REQUIRED,
	    .doc = "the parameter, as sysctl(8) names it: net.ipv4.ip_forward" },
	{ .name = "value",
	    .form = FORM_NODE,
	    .offset = offsetof(struct sysctl_decl, value),
	    .doc = "its value, set at once and kept in /etc/sysctl.d" },
	{ .name = "state",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct sysctl_decl, state),
	    .choices = states,
	    .doc = "present by default; absent takes the file away and leaves the value as it is "
		   "until the next boot" },
	{ 0 },
};

/* Names become paths under /proc/sys. */
static const char *
is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 128 && *s != '.' && *s != '/' && !strstr(s, "..") &&
		       !strchr("./", s[n - 1]) &&
		       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789._/-") == n
		   ? NULL
		   : "a kernel parameter (net.ipv4.ip_forward)";
}

void
kind_sysctl_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct sysctl_decl *got = arena_alloc(c->arena, sizeof(*got));
	bool absent;

	mine.what = "the sysctl task";
	if (!field_read(&mine, kind_sysctl_fields, n, got))
		return;
	absent = got->state && str_eq(got->state, "absent");
	if (!got->value == !absent) {
		diag_error(c->diag, n->mark, "sysctl: %s",
		    absent ? "value: what is to be absent has none" : "value: is missing");
		return;
	}
	if (read_source(c, "name", got->name, &got->name_source) &&
	    !render_is_template(&got->name_source) && is_name(got->name_source.text))
		diag_error(c->diag, got->name->mark, "sysctl: name: %s is wanted here",
		    is_name(got->name_source.text));
	if (got->value)
		read_source(c, "value", got->value, &got->value_source);
	((struct task_decl *)to)->detail = got;
}

static void
fill(struct arena *a, const struct sysctl *s, struct resource *r)
{
	const char **look = arena_alloc(a, 2 * sizeof(*look));

	look[0] = s->name;
	r->look = look;
	r->title = r->id;
	r->detail = s;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct sysctl_decl *decl = t->detail;
	struct sysctl *s = arena_alloc(d->arena, sizeof(*s));
	autobuf wish = BUF_INIT(8192);

	s->name = desire_word(d, &decl->name_source);
	s->value = desire_word(d, &decl->value_source);
	if (!s->name || !s->value)
		return false;
	if (is_name(s->name)) {
		desire_wrong_text(
		    d, decl->name_source.mark, "sysctl: name: %s is wanted here", is_name(s->name));
		return false;
	}
	if (strpbrk(s->value, "\n\r") || strlen(s->value) > 1024) {
		desire_wrong_text(
		    d, decl->value_source.mark, "sysctl: value: one line of at most 1024 bytes");
		return false;
	}
	r->id = arena_printf(d->arena, "sysctl %s", s->name);
	r->absent = decl->state && str_eq(decl->state, "absent");
	buf_addf(&wish, "%s=%s", s->name, s->value);
	digest_hex(wish.data, wish.len, r->digest);
	fill(d->arena, s, r);
	return true;
}

static void
away(struct arena *a, struct resource *r)
{
	struct sysctl *s = arena_alloc(a, sizeof(*s));

	*s = (struct sysctl){ r->id + strlen("sysctl "), "" };
	fill(a, s, r);
}

/* "value TEXT" and "kept TEXT", each when it is there. */
static const char *
line_of(struct arena *a, const char *said, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = said; line && *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (len >= n && memcmp(line, key, n) == 0)
			return arena_printf(a, "%.*s", (int)(len - n), line + n);
		line += len;
	}
	return NULL;
}

/* The value and the file as they were found. */
static const char *const *
back_words(struct arena *a, const char *name, const char *value, const char *kept)
{
	const char **words = arena_alloc(a, 5 * sizeof(*words));

	if (!value)
		return NULL;
	words[0] = kept ? "present" : "absent";
	words[1] = name;
	words[2] = kept ? kept : "";
	words[3] = value;
	return words;
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct sysctl *s = r->detail;
	const char *value = line_of(v->arena, v->step->found->said, "value ");
	const char *kept = line_of(v->arena, v->step->found->said, "kept ");
	const char **words;

	if (r->absent) {
		if (!kept)
			return;
		v->step->class = PLAN_REMOVE;
	} else {
		if (!value)
			plan_because(v, "the kernel does not know it yet");
		else if (strcmp(value, s->value) != 0)
			plan_because(v, "%.200s -> %.200s", value, s->value);
		if (!kept)
			plan_because(v, "not kept over a boot yet");
		else if (strcmp(kept, s->value) != 0)
			plan_because(v, "kept as %.200s", kept);
		if (v->step->class == PLAN_SAME)
			return;
	}
	words = arena_alloc(v->arena, 4 * sizeof(*words));
	words[0] = r->absent ? "absent" : "present";
	words[1] = s->name;
	words[2] = s->value;
	v->step->doing = words;
	v->step->back = back_words(v->arena, s->name, value, kept);
}

const struct kind kind_sysctl = {
	.kind = RESOURCE_SYSCTL,
	.name = "sysctl",
	.want = want,
	.away = away,
	.decide = decide,
	.look = host_look_sysctl_sh,
	.carry = host_do_sysctl_sh,
};
