#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "inventory/inventory.h"
#include "inventory/lookup.h"
#include "inventory/term.h"

#include <string.h>

/* key=glob, and the hosts that cannot answer it. */
struct test {
	const struct universe *u;
	char key[64];
	const char *glob;
	const char **lacking;
	size_t lacking_count, lacking_cap;
	const struct var *opaque; /* one whose value cannot be looked at */
};

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_LACKS };

static enum answer
matches(const char *glob, const char *text)
{
	return str_glob(glob, text) ? ANSWER_YES : ANSWER_NO;
}

static enum answer
in_group(const char *glob, const struct host *h)
{
	for (const char *const *g = h->groups; *g; g++) {
		if (str_glob(glob, *g))
			return ANSWER_YES;
	}
	return ANSWER_NO;
}

/* Properties of the inventory come before variables, and those before facts. */
static enum answer
ask(struct test *t, const struct host *h)
{
	const struct set_lookup *lookup = t->u->lookup;
	const struct var *v;
	const char *fact;

	if (str_eq(t->key, "kind"))
		return matches(t->glob, host_kind_name(h->kind));
	if (str_eq(t->key, "group"))
		return in_group(t->glob, h);
	if (str_eq(t->key, "name"))
		return matches(t->glob, h->name);
	if (str_eq(t->key, "address"))
		return matches(t->glob, h->address ? h->address : h->name);
	v = host_var(h, t->key);
	if (v && var_opaque(v)) {
		t->opaque = v;
		return ANSWER_NO;
	}
	if (v)
		return matches(t->glob, v->value);
	if (str_eq(t->key, "user") && h->user)
		return matches(t->glob, h->user);
	fact = lookup && lookup->fact ? lookup->fact(lookup->user, h, t->key) : NULL;
	return fact ? matches(t->glob, fact) : ANSWER_LACKS;
}

static bool
matters(const struct scope *s, size_t position)
{
	if (!s->op || s->op == '^')
		return true;
	return bits_has(s->left, position) == (s->op != ',');
}

/* A wrong word would quietly match nobody, and behind ! that means everybody. */
static int
check_value(const struct test *t, struct err *err)
{
	static const char *const kinds[] = { "pet", "cattle", NULL };
	const char *near;

	if (str_eq(t->key, "kind") && !str_glob(t->glob, "pet") && !str_glob(t->glob, "cattle")) {
		near = str_nearest(t->glob, kinds);
		return err_set(err, OUTCOME_USAGE, "kind is pet or cattle, not \"%.60s\"%s%s%s",
		    t->glob, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	if (!str_eq(t->key, "group"))
		return 0;
	for (size_t i = 0; i < inventory_group_count(t->u->inv); i++) {
		if (str_glob(t->glob, inventory_group(t->u->inv, i)->name))
			return 0;
	}
	return err_set(err, OUTCOME_USAGE, "no group matches \"%.60s\"", t->glob);
}

static int
tell_lacking(const struct test *t, struct err *err)
{
	autofree char *fold = names_fold(t->lacking, t->lacking_count);

	return err_set(err, OUTCOME_USAGE,
	    "no variable or known fact \"%s\" of %.120s%s: gather it with `drover facts`, or leave "
	    "such hosts out with --known",
	    t->key, fold, strlen(fold) > 120 ? "..." : "");
}

static int
read_test(struct test *t, const char *term, struct err *err)
{
	size_t key = strcspn(term, "=");

	if (key >= sizeof(t->key))
		return err_set(err, OUTCOME_USAGE, "the key \"%.60s...\" is too long", term);
	memcpy(t->key, term, key);
	t->glob = term + key + 1;
	if (!t->u->inv)
		return err_set(
		    err, OUTCOME_USAGE, "the test \"%.60s\" needs an inventory: give -i", term);
	return check_value(t, err);
}

int
term_test(struct universe *u, const char *term, const struct scope *scope, struct bits *ret,
    struct err *err)
{
	struct test t = { .u = u };
	bool known_only = u->lookup && u->lookup->known_only;

	if (read_test(&t, term, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory_count(u->inv); i++) {
		const struct host *h = inventory_host(u->inv, i);
		size_t position = i;

		/* In an open universe a host that nobody named yet has no position. */
		if (u->open)
			position = term_host(u, h->name, i);
		enum answer a = matters(scope, position) ? ask(&t, h) : ANSWER_NO;
		if (a == ANSWER_YES) {
			bits_add(ret, position);
		} else if (a == ANSWER_LACKS && !known_only) {
			mem_grow(t.lacking, t.lacking_count, t.lacking_cap);
			t.lacking[t.lacking_count++] = h->name;
		}
	}
	int rc = 0;
	if (t.opaque)
		rc = err_set(err, OUTCOME_USAGE, "the variable \"%s\" (%s:%d) cannot be tested: %s",
		    t.key, t.opaque->mark.file ? t.opaque->mark.file : "-", t.opaque->mark.line,
		    var_opaque(t.opaque));
	else if (t.lacking_count)
		rc = tell_lacking(&t, err);
	free(t.lacking);
	return rc;
}
