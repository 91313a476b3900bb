#include "playbooks/kind_user.h"

#include "base/arena.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/pubkey.h"
#include "playbooks/said.h"

#include <string.h>

/* Words for do_user, as many as there is room for. */
struct words {
	const char **item;
	size_t n;
};

/* One account being judged: what is to be done, and what would put it back. */
struct account {
	struct verdict *v;
	const struct user *u;
	const char *said;
	const char *const *keys; /* there */
	struct words doing, back;
	bool is_new;
	bool lost; /* what was found cannot be put back */
};

static size_t
length(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static bool
has(const char *const *list, const char *word)
{
	for (; list && *list; list++) {
		if (str_eq(*list, word))
			return true;
	}
	return false;
}

static void
add(struct account *a, struct words *w, const char *key, const char *value)
{
	w->item[w->n++] = value ? arena_printf(a->v->arena, "%s=%s", key, value) : key;
}

/* A full name stands before the commas of its field. */
static bool
same_comment(const char *found, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(found, wanted, n) == 0 && strspn(found + n, ",") == strlen(found + n);
}

static void
decide_field(struct account *a, const char *key, const char *wanted)
{
	const char *found = said_value(a->v->arena, a->said, key);

	if (!wanted || str_eq(found, wanted))
		return;
	if (str_eq(key, "comment") && found && same_comment(found, wanted))
		return;
	plan_because(a->v, "%s %.100s -> %.100s", key, found && *found ? found : "none", wanted);
	add(a, &a->doing, key, wanted);
	if (found)
		add(a, &a->back, key, found);
}

static void
decide_groups(struct account *a)
{
	const char *const *in = said_values(a->v->arena, a->said, "member");
	const char *first = a->u->group ? a->u->group : said_value(a->v->arena, a->said, "group");
	bool differs = false;

	for (const char *const *g = a->u->groups; g && *g; g++) {
		if (has(in, *g) || str_eq(first, *g))
			continue;
		plan_because(a->v, "joins %s", *g);
		differs = true;
	}
	for (const char *const *g = in; a->u->only_groups && *g; g++) {
		if (has(a->u->groups, *g))
			continue;
		plan_because(a->v, "leaves %s", *g);
		differs = true;
	}
	if (!differs)
		return;
	for (const char *const *g = a->u->groups; g && *g; g++)
		add(a, &a->doing, "member", *g);
	if (a->u->only_groups)
		add(a, &a->doing, "only-groups", NULL);
	for (const char *const *g = in; *g; g++)
		add(a, &a->back, "member", *g);
	add(a, &a->back, "only-groups", NULL);
}

/* "key BLOB LINE" */
static void
add_key(struct account *a, struct words *w, const char *line)
{
	struct pubkey k;

	if (!pubkey_cut(line, &k)) {
		a->lost = a->lost || w == &a->back;
		return;
	}
	w->item[w->n++] = arena_printf(a->v->arena, "key=%.*s %s", (int)k.blob_len, k.blob, line);
}

/* A key by its comment, else by its end. */
static const char *
key_name(struct account *a, const char *line)
{
	struct pubkey k;

	if (!pubkey_cut(line, &k))
		return "that is none";
	if (*k.comment)
		return k.comment;
	size_t n = k.blob_len < 12 ? k.blob_len : 12;
	return arena_printf(a->v->arena, "...%.*s", (int)n, k.blob + k.blob_len - n);
}

static const char *
key_among(const char *const *list, const char *line)
{
	struct pubkey k, other;

	if (!pubkey_cut(line, &k))
		return NULL;
	for (; list && *list; list++) {
		if (pubkey_cut(*list, &other) && pubkey_same(&k, &other))
			return *list;
	}
	return NULL;
}

static bool
differs_in_keys(struct account *a)
{
	bool differs = false;

	for (const char *const *k = a->u->keys; *k; k++) {
		const char *there = key_among(a->keys, *k);

		if (there && str_eq(there, *k))
			continue;
		plan_because(
		    a->v, there ? "key %.100s changes" : "key %.100s comes", key_name(a, *k));
		differs = true;
	}
	for (const char *const *k = a->keys; a->u->only_keys && *k; k++) {
		if (key_among(a->u->keys, *k))
			continue;
		plan_because(a->v, "key %.100s goes", key_name(a, *k));
		differs = true;
	}
	if (said_has(a->said, "loose")) {
		plan_because(a->v, "others may write to its keys");
		differs = true;
	}
	return differs;
}

static void
decide_keys(struct account *a)
{
	if (!a->u->keys || !differs_in_keys(a))
		return;
	if (!a->is_new && !said_has(a->said, "homedir") && !a->u->make_home && !a->v->parted)
		plan_refuse(a->v, "keys: it has no home (create_home: true makes one)");
	add(a, &a->doing, "keys", NULL);
	for (const char *const *k = a->u->keys; *k; k++)
		add_key(a, &a->doing, *k);
	if (a->u->only_keys)
		add(a, &a->doing, "only-keys", NULL);
	add(a, &a->back, "keys", NULL);
	for (const char *const *k = a->keys; *k; k++)
		add_key(a, &a->back, *k);
	add(a, &a->back, "only-keys", NULL);
}

static void
decide_password(struct account *a)
{
	const char *now = said_value(a->v->arena, a->said, "password");
	const char *wanted = a->u->password;

	if (!wanted || str_eq(now, "same") || (kind_user_is_lock(wanted) && str_eq(now, "locked")))
		return;
	if (kind_user_is_lock(wanted))
		plan_because(a->v, "its password is locked");
	else
		plan_because(a->v, "its password changes (not shown: secret)");
	add(a, &a->doing, "password", wanted);
	a->lost = true;
}

static void
decide_home(struct account *a)
{
	if (!a->u->make_home || said_has(a->said, "homedir"))
		return;
	plan_because(a->v, "its home is made");
	add(a, &a->doing, "make-home", NULL);
}

/* What it needs that is not there, or stands in its way. */
static void
decide_needs(struct account *a)
{
	const char *taken = said_value(a->v->arena, a->said, "taken");
	const char *running = said_value(a->v->arena, a->said, "processes");

	for (const char *const *g = said_values(a->v->arena, a->said, "nogroup"); *g; g++)
		plan_because(a->v, "the group %s is made", *g);
	if (taken && a->v->parted)
		plan_because(a->v, "the number %s is that of %s now", a->u->uid, taken);
	else if (taken)
		plan_refuse(a->v, "the number %s is that of %s", a->u->uid, taken);
	if (said_has(a->said, "noshell") && !a->v->parted)
		plan_refuse(a->v, "the host has no %s", a->u->shell);
	if (running)
		plan_because(a->v, "%s processes run as it, so its number cannot change", running);
}

static void
decide_new(struct account *a)
{
	const struct user *u = a->u;
	const struct {
		const char *key, *value;
	} fields[] = { { "uid", u->uid }, { "group", u->group }, { "shell", u->shell },
		{ "home", u->home }, { "comment", u->comment }, { "password", u->password } };

	a->v->step->class = PLAN_CREATE;
	a->is_new = true;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!fields[i].value)
			continue;
		add(a, &a->doing, fields[i].key, fields[i].value);
		if (!str_eq(fields[i].key, "password"))
			plan_because(a->v, "%s %.100s", fields[i].key, fields[i].value);
	}
	if (u->system)
		add(a, &a->doing, "system", NULL);
	add(a, &a->doing, u->new_home ? "new-home" : "no-home", NULL);
	for (const char *const *g = u->groups; g && *g; g++) {
		plan_because(a->v, "joins %s", *g);
		add(a, &a->doing, "member", *g);
	}
	decide_keys(a);
	a->back.item[0] = "absent";
	a->back.item[2] = NULL;
}

static void
decide_there(struct account *a)
{
	decide_field(a, "uid", a->u->uid);
	decide_field(a, "group", a->u->group);
	decide_field(a, "shell", a->u->shell);
	decide_field(a, "home", a->u->home);
	decide_field(a, "comment", a->u->comment);
	decide_home(a);
	decide_groups(a);
	decide_password(a);
	decide_keys(a);
}

static void
decide_removal(struct account *a)
{
	const char *uid = said_value(a->v->arena, a->said, "uid");
	const char *home = said_value(a->v->arena, a->said, "home");
	const char *running = said_value(a->v->arena, a->said, "processes");

	if (!uid)
		return;
	a->v->step->class = PLAN_REMOVE;
	if (str_eq(uid, "0"))
		plan_refuse(a->v, "its number is 0: drover does not remove root");
	if (said_has(a->said, "self"))
		plan_refuse(a->v, "drover logs in as it");
	if (said_has(a->said, "homedir"))
		plan_because(
		    a->v, a->u->remove_home ? "%.200s and all in it too" : "%.200s stays", home);
	if (running)
		plan_because(
		    a->v, "%s processes run as it: it is not removed while they do", running);
	a->lost = true;
	if (a->u->remove_home)
		add(a, &a->doing, "home", NULL);
}

static bool
can_act(struct account *a)
{
	const char *lacks = said_value(a->v->arena, a->said, "lacks");

	if (lacks)
		plan_refuse(a->v, "the host has no %s", lacks);
	else if (said_has(a->said, "elsewhere"))
		plan_refuse(a->v, "it is no account of /etc/passwd, but comes from elsewhere");
	return !lacks && !said_has(a->said, "elsewhere");
}

static void
start(struct account *a, const char *state)
{
	size_t most = 24 + length(a->u->groups) + length(a->u->keys) + length(a->keys) +
		      length(said_values(a->v->arena, a->said, "member"));

	a->doing.item = arena_alloc(a->v->arena, most * sizeof(*a->doing.item));
	a->back.item = arena_alloc(a->v->arena, most * sizeof(*a->back.item));
	add(a, &a->doing, state, NULL);
	add(a, &a->doing, a->u->name, NULL);
	add(a, &a->back, "present", NULL);
	add(a, &a->back, a->u->name, NULL);
}

void
kind_user_decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	struct account a = { .v = v, .u = r->detail, .said = v->step->found->said };

	a.keys = said_values(v->arena, a.said, "key");
	start(&a, r->absent ? "absent" : "present");
	if (!can_act(&a))
		return;
	if (r->absent)
		decide_removal(&a);
	else if (said_value(v->arena, a.said, "uid"))
		decide_there(&a);
	else
		decide_new(&a);
	if (v->step->class == PLAN_SAME)
		return;
	if (!r->absent)
		decide_needs(&a);
	v->step->doing = a.doing.item;
	v->step->back = a.lost ? NULL : a.back.item;
}
