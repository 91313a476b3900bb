#include "playbooks/kind_package.h"

#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/read.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <ctype.h>
#include <string.h>

extern const char host_look_package_sh[], host_do_package_sh[];

#define PACKAGES_MAX 256
#define TITLE_NAMES  6
#define LIMIT_MS     3600000

struct package_decl {
	const struct yaml_node *name;
	struct source_list list;
	const char *state;
	int64_t update_ms;
	bool recommends, recommends_said, purge;
};

static const char *const states[] = { "present", "absent", "latest", NULL };

const struct field kind_package_fields[] = {
	{ FIELD_OF(FORM_NODE, struct package_decl, name), .flags = FIELD_REQUIRED,
	    .doc = "a package or a list of them, each with =VERSION if it must be that one" },
	{ FIELD_OF(FORM_CHOICE, struct package_decl, state), .choices = states,
	    .doc = "present by default; latest also brings the newest version there is" },
	{ .name = "update",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct package_decl, update_ms),
	    .doc = "package lists that are older are fetched before something is installed; by "
		   "default they are taken as they are" },
	{ FIELD_OF(FORM_BOOL, struct package_decl, recommends),
	    .doc = "whether what a package recommends comes too; by default as apt has it on the "
		   "host" },
	{ FIELD_OF(FORM_BOOL, struct package_decl, purge),
	    .doc = "with state absent: its configuration goes too" },
	{ 0 },
};

static bool
among(const char *s, size_t n, const char *alphabet)
{
	return strspn(s, alphabet) >= n;
}

/* NAME[:ARCHITECTURE][=VERSION], as Debian's policy has them; nothing can pass for an option. */
static const char *
is_spec(const char *s)
{
	static const char small[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
	static const char version[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.+:~-";
	size_t name = strcspn(s, ":="), arch = 0;
	const char *rest = s + name;

	if (*rest == ':') {
		arch = strcspn(rest + 1, "=");
		rest += 1 + arch;
		if (arch == 0 || arch > 32 || !among(rest - arch, arch, small))
			return "a package (name, name:arch or name=version)";
	}
	if (name < 2 || name > 128 || !isalnum((unsigned char)*s) || !among(s, name, small) ||
	    s[name - 1] == '-' || (s[name - 1] == '+' && name > 2 && s[name - 2] != '+'))
		return "a package (name, name:arch or name=version)";
	if (*rest == '=' && (!isdigit((unsigned char)rest[1]) || strlen(rest) > 128 ||
				!among(rest + 1, strlen(rest + 1), version)))
		return "a version (1.2-3)";
	return NULL;
}

/* Names without templates are told of at once, and once for all hosts. */
static bool
check_plain(const struct field_context *c, const struct package_decl *decl)
{
	int before = c->diag->errors;

	if (decl->list.count == 0)
		diag_error(c->diag, decl->list.mark, "package: a name is missing");
	for (size_t i = 0; i < decl->list.count; i++) {
		const struct source *s = &decl->list.item[i];

		if (!render_is_template(s) && !strpbrk(s->text, " ,\t\n") && is_spec(s->text))
			diag_error(c->diag, s->mark, "package: %s is wanted here, not \"%.60s\"",
			    is_spec(s->text), s->text);
	}
	return c->diag->errors == before;
}

void
kind_package_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct package_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the package task";
	got->update_ms = -1;
	if (n->kind != YAML_MAP)
		got->name = n;
	else if (!field_read(&mine, kind_package_fields, n, got))
		return;
	if (got->purge && !(got->state && str_eq(got->state, "absent"))) {
		diag_error(c->diag, yaml_find(n, "purge")->mark,
		    "package: purge: only with state: absent");
		return;
	}
	got->recommends_said = n->kind == YAML_MAP && yaml_find(n, "recommends");
	if (read_sources(c, "package", got->name, &got->list) && check_plain(c, got))
		((struct task_decl *)to)->detail = got;
}

static bool
same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strcspn(b, "=") == n && memcmp(a, b, n) == 0;
}

static bool
check_spec(struct desire *d, const struct package_decl *decl, const struct source *s,
    const char *const *before, const char *spec)
{
	bool pinned = strchr(spec, '=') != NULL;
	const char *bad = is_spec(spec);

	if (bad)
		desire_wrong_text(
		    d, s->mark, "package: %s is wanted here, not \"%.60s\"", bad, spec);
	else if (pinned && decl->state && !str_eq(decl->state, "present"))
		desire_wrong_text(
		    d, s->mark, "package: %s: a version cannot be %s", spec, decl->state);
	else {
		for (; *before; before++) {
			if (!same_name(*before, spec))
				continue;
			desire_wrong_text(d, s->mark, "package: %s is there twice", spec);
			return false;
		}
		return true;
	}
	return false;
}

/* A text may hold several names: a variable can bring them. */
static const char *const *
fill_specs(struct desire *d, const struct package_decl *decl)
{
	const char **all = arena_alloc(d->arena, (PACKAGES_MAX + 1) * sizeof(*all));
	bool good = true;
	size_t n = 0;

	for (size_t i = 0; i < decl->list.count; i++) {
		const struct source *s = &decl->list.item[i];
		const char *text = desire_word(d, s);
		char *copy = text ? arena_strdup(d->arena, text) : NULL, *save = NULL;

		good = good && text;
		for (char *w = copy ? strtok_r(copy, " ,\t\n", &save) : NULL; w && n < PACKAGES_MAX;
		     w = strtok_r(NULL, " ,\t\n", &save)) {
			good = check_spec(d, decl, s, all, w) && good;
			all[n++] = w;
		}
	}
	if (n == 0 || n == PACKAGES_MAX) {
		desire_wrong_text(
		    d, decl->list.mark, "package: 1 to %d names are wanted here", PACKAGES_MAX - 1);
		good = false;
	}
	return good ? all : NULL;
}

static const char *
joined(struct desire *d, const char *const *specs, const char *between, size_t most)
{
	autobuf b = BUF_INIT(100000);
	size_t n = 0;

	buf_adds(&b, "package");
	for (; specs[n] && n < most; n++) {
		buf_adds(&b, n ? between : " ");
		buf_add(&b, specs[n], strcspn(specs[n], "="));
	}
	for (most = n; specs[n];)
		n++;
	if (n > most)
		buf_addf(&b, " and %zu more", n - most);
	return arena_strdup(d->arena, buf_text(&b));
}

static enum package_state
state_of(const struct package_decl *decl)
{
	if (decl->state && str_eq(decl->state, "latest"))
		return PACKAGE_LATEST;
	if (!decl->state || !str_eq(decl->state, "absent"))
		return PACKAGE_PRESENT;
	return decl->purge ? PACKAGE_PURGED : PACKAGE_ABSENT;
}

static const char *const *
look_words(struct arena *a, const struct packages *p)
{
	static const char *const names[] = { "present", "latest", "absent", "purged" };
	size_t n = 0;

	while (p->specs[n])
		n++;
	const char **w = arena_alloc(a, (n + 4) * sizeof(*w));
	w[0] = names[p->state];
	w[1] = p->update;
	w[2] = p->recommends;
	memcpy(w + 3, p->specs, n * sizeof(*w));
	return w;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct package_decl *decl = t->detail;
	struct packages *p = arena_alloc(d->arena, sizeof(*p));

	p->specs = fill_specs(d, decl);
	if (!p->specs)
		return false;
	p->state = state_of(decl);
	p->update = decl->update_ms < 0
			? "-"
			: arena_printf(d->arena, "%lld", (long long)(decl->update_ms / 1000));
	p->recommends = !decl->recommends_said ? "-" : decl->recommends ? "yes" : "no";
	r->id = joined(d, p->specs, " ", SIZE_MAX);
	r->title = joined(d, p->specs, ", ", TITLE_NAMES);
	r->absent = p->state == PACKAGE_ABSENT || p->state == PACKAGE_PURGED;
	r->look = look_words(d->arena, p);
	r->limit_ms = LIMIT_MS;
	r->parts = true;
	r->detail = p;
	return true;
}

const struct kind kind_package = {
	.kind = RESOURCE_PACKAGE,
	.name = "package",
	.want = want,
	.decide = kind_package_decide,
	.look = host_look_package_sh,
	.carry = host_do_package_sh,
};
