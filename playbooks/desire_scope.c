#include "playbooks/desire_inner.h"

#include "base/arena.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/desire.h"
#include "playbooks/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What engine/host/facts.sh can say of a host and that holds still between two applies. */
const char *const desire_facts[] = { "apparmor", "arch", "capabilities", "cgroup",
	"cgroup-controllers", "cpus", "hostname", "init", "io-weights", "kernel", "machine-id",
	"memory", "os", "os-name", "podman", "root", "seccomp", "selinux", "shell", "systemd",
	"systemd-features", "tools", "user", "virtualization", NULL };

static const struct var *
find_var(const struct var *var, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(var[i].name, name))
			return &var[i];
	return NULL;
}

static bool
is_fact(const char *name)
{
	for (const char *const *f = desire_facts; *f; f++)
		if (str_eq(*f, name))
			return true;
	return false;
}

/* What tells facts may forget one when it is asked for the next. */
static const char *
kept_fact(const struct desire *d, const char *name)
{
	const char *fact = d->facts->fact ? d->facts->fact(d->facts->user, name) : NULL;

	return fact ? arena_strdup(d->arena, fact) : NULL;
}

/* -e, then vars: of tasks and includes, then the inventory, then the playbook; facts only where nobody else speaks, so that no host
 * can put itself in the place of a variable. */
static enum scope_found
find(void *user, const char *name, struct scope_value *ret)
{
	const struct desire *d = user;
	const struct playbook *p = d->playbook;
	const struct var *own, *var = find_var(p->extra, p->extra_count, name);
	const struct scope_local *beside = d->here.vars;
	const char *fact;

	if (str_eq(name, "host") || str_eq(name, "kind")) {
		ret->text = *name == 'h' ? d->host->name : host_kind_name(d->host->kind);
		return SCOPE_FOUND;
	}
	while (!var && beside && !str_eq(beside->name, name))
		beside = beside->next;
	if (!var && beside) {
		ret->value = beside->value;
		return SCOPE_FOUND;
	}
	own = var ? NULL : host_var(d->host, name);
	if (own && var_opaque(own))
		return SCOPE_OPAQUE;
	if (!var)
		var = own;
	if (!var)
		var = find_var(p->vars.item, p->vars.count, name);
	if (var) {
		ret->text = var->value;
		ret->is_json = var->is_json;
		ret->plain = var->plain;
		return SCOPE_FOUND;
	}
	if (!d->facts)
		return SCOPE_ABSENT;
	fact = kept_fact(d, name);
	if (d->facts->used && (fact || is_fact(name)))
		++*d->facts->used;
	if (fact) {
		ret->text = fact;
		return SCOPE_FOUND;
	}
	return d->facts->unknown_ok && is_fact(name) ? SCOPE_LATER : SCOPE_ABSENT;
}

const char *
desire_fact(struct desire *d, const char *name)
{
	if (!d->facts)
		return NULL;
	if (d->facts->used)
		++*d->facts->used;
	return kept_fact(d, name);
}

/* Every name a template may say here, for did-you-mean. */
static const char *const *
known_names(const struct desire *d)
{
	const struct playbook *p = d->playbook;
	size_t n = 0, all = 3 + p->extra_count + p->vars.count + d->host->var_count;

	for (const char *const *f = desire_facts; *f; f++)
		all++;
	const char **name = arena_alloc(d->arena, all * sizeof(*name));
	name[n++] = "host";
	name[n++] = "kind";
	for (size_t i = 0; i < p->extra_count; i++)
		name[n++] = p->extra[i].name;
	for (size_t i = 0; i < p->vars.count; i++)
		name[n++] = p->vars.item[i].name;
	for (size_t i = 0; i < d->host->var_count; i++)
		name[n++] = d->host->vars[i]->name;
	for (const char *const *f = desire_facts; *f; f++)
		name[n++] = *f;
	return name;
}

static const char *
told_fact(void *user, const char *name)
{
	return desire_fact(user, name);
}

struct ability
desire_ability(struct desire *d)
{
	return ability_read(told_fact, d);
}

void
desire_enter(struct desire *d, const struct here *here)
{
	d->here = *here;
	d->scope.locals = here->items;
	d->scope.maybe = here->maybe;
	d->scope.later = &d->later;
}

void
desire_scope(struct desire *d)
{
	d->scope = (struct scope){ .find = find, .user = d, .names = known_names(d) };
}

static void
tell(struct desire *d, struct mark mark, const char *text)
{
	if (d->here.maybe)
		diag_warn(d->diag, mark, "%s (if it comes to this)", text);
	else
		diag_error(d->diag, mark, "%s", text);
}

void
desire_wrong(struct desire *d, struct mark mark, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(d, mark, text);
}

void
desire_wrong_text(struct desire *d, struct mark mark, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!d->later)
		tell(d, mark, text);
}

const char *
desire_fill(struct desire *d, const struct source *s, size_t *ret_len)
{
	d->later = false;
	if (!s->text) {
		if (ret_len)
			*ret_len = 0;
		return "";
	}
	return render_text(s, &d->scope, d->arena, d->diag, ret_len);
}

const char *
desire_word(struct desire *d, const struct source *s)
{
	const char *text = desire_fill(d, s, NULL);

	for (const char *p = text; p && *p; p++) {
		if (((unsigned char)*p >= ' ' && *p != 0x7f) || *p == '\n' || *p == '\t')
			continue;
		desire_wrong_text(d, s->mark, "the value holds U+%04X for host %s",
		    (unsigned char)*p, d->host->name);
		return NULL;
	}
	return text;
}

const char *
desire_path(struct desire *d, const struct source *s, const char *name)
{
	const char *text = desire_fill(d, s, NULL), *bad = text ? read_is_path(text) : NULL;

	if (!bad)
		return text;
	desire_wrong_text(d, s->mark, "%s: %s is wanted here, not \"%.100s\" (host %s)", name, bad,
	    text, d->host->name);
	return NULL;
}

const char *
desire_content(struct desire *d, const struct text_decl *t, size_t *ret_len)
{
	if (!t->literal)
		return desire_fill(d, &t->source, ret_len);
	*ret_len = t->source.len;
	return t->source.text;
}

const char *const *
desire_argv(struct desire *d, const struct argv_decl *decl)
{
	const char **argv = arena_alloc(d->arena, (decl->count + 4) * sizeof(*argv));

	if (decl->shell) {
		argv[0] = "sh";
		argv[1] = "-c";
		argv[2] = decl->shell;
		return argv;
	}
	for (size_t i = 0; i < decl->count; i++) {
		argv[i] = desire_word(d, &decl->item[i]);
		if (!argv[i])
			return NULL;
	}
	return decl->count ? argv : NULL;
}
