#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"
#include "playbooks/said.h"

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
	const char *path, *file; /* under /proc/sys; of ours, read at boot */
};

static const char *const states[] = { "present", "absent", NULL };

const struct field kind_sysctl_fields[] = {
	{ FIELD_OF(FORM_NODE, struct sysctl_decl, name), .flags = FIELD_REQUIRED,
	    .doc = "the parameter, as sysctl(8) names it: net.ipv4.ip_forward" },
	{ FIELD_OF(FORM_NODE, struct sysctl_decl, value),
	    .doc = "its value, set at once and kept in /etc/sysctl.d" },
	{ FIELD_OF(FORM_CHOICE, struct sysctl_decl, state), .choices = states,
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

/* As systemd has it: where the first separator is a slash the name is a path, else dots part it and
 * a slash stands for a dot. One spelling for both: parted by dots. */
static const char *
dotted(struct arena *a, const char *name)
{
	char *to = arena_strdup(a, name);

	if (name[strcspn(name, "./")] != '/')
		return to;
	for (char *p = to; *p; p++)
		*p = *p == '/' ? '.' : *p == '.' ? '/' : *p;
	return to;
}

/* Blanks count as one, as the kernel reads them. */
static const char *
single_blanks(struct arena *a, const char *value)
{
	char *to = arena_strdup(a, value), *end = to;

	for (const char *p = value; *p; p++) {
		bool blank = *p == ' ' || *p == '\t';

		if (!blank)
			*end++ = *p;
		else if (end != to && end[-1] != ' ')
			*end++ = ' ';
	}
	end -= end != to && end[-1] == ' ';
	*end = '\0';
	return to;
}

/* Our file is read behind those that distributions and people leave there. */
static void
fill(struct arena *a, struct sysctl *s, struct resource *r)
{
	const char **look = arena_alloc(a, 3 * sizeof(*look));
	char *path = arena_printf(a, "/proc/sys/%s", s->name);
	char *file = arena_printf(a, "/etc/sysctl.d/99-zz-drover-%s.conf", s->name);

	for (char *p = path + strlen("/proc/sys/"); *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	for (char *p = file + strlen("/etc/sysctl.d/"); *p; p++)
		*p = *p == '/' ? ',' : *p;
	s->path = look[0] = path;
	s->file = look[1] = file;
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
	s->name = dotted(d->arena, s->name);
	s->value = single_blanks(d->arena, s->value);
	r->absent = decl->state && str_eq(decl->state, "absent");
	if (strpbrk(s->value, "\n\r") || strlen(s->value) > 1024 || (!*s->value && !r->absent)) {
		desire_wrong_text(
		    d, decl->value_source.mark, "sysctl: value: one line of 1 to 1024 bytes");
		return false;
	}
	r->id = arena_printf(d->arena, "sysctl %s", s->name);
	buf_addf(&wish, "%s=%s", s->name, s->value);
	digest_hex(wish.data, wish.len, r->digest);
	fill(d->arena, s, r);
	return true;
}

static void
away(struct arena *a, struct resource *r)
{
	struct sysctl *s = arena_alloc(a, sizeof(*s));

	*s = (struct sysctl){ .name = r->id + strlen("sysctl "), .value = "" };
	fill(a, s, r);
}

/* What the host should be at once and at boot. */
static void
decide_present(struct verdict *v, const struct sysctl *s, const char *said)
{
	const char *value = said_value(v->arena, said, "value");
	const char *kept = said_value(v->arena, said, "kept");

	if (!said_has(said, "there") && v->parted)
		plan_because(v, "the kernel does not know it yet");
	else if (!said_has(said, "there"))
		plan_refuse(v, "the kernel has no such parameter");
	else if (!value)
		plan_refuse(v, "it cannot be read, so nothing tells what it is: use run");
	else if (strcmp(single_blanks(v->arena, value), s->value) != 0)
		plan_because(v, "%.200s -> %.200s", value, s->value);
	if (!kept)
		plan_because(v, "not kept over a boot yet");
	else if (strcmp(kept, s->value) != 0)
		plan_because(v, "kept as %.200s", kept);
}

static const char *const *
words_of(struct arena *a, const struct sysctl *s, const char *kept, const char *now)
{
	const char **words = arena_alloc(a, 7 * sizeof(*words));

	words[0] = kept ? "present" : "absent";
	words[1] = s->path;
	words[2] = s->file;
	words[3] = s->name;
	words[4] = kept ? kept : "";
	words[5] = now;
	return words;
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct sysctl *s = r->detail;
	const char *said = v->step->found->said;
	const char *value = said_value(v->arena, said, "value");
	const char *kept = said_value(v->arena, said, "kept");

	if (!r->absent)
		decide_present(v, s, said);
	else if (kept)
		v->step->class = PLAN_REMOVE;
	if (v->step->class == PLAN_SAME)
		return;
	v->step->doing = words_of(v->arena, s, r->absent ? NULL : s->value, NULL);
	/* The value and the file as they were found. */
	if (value)
		v->step->back = words_of(v->arena, s, kept, single_blanks(v->arena, value));
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
