#include "playbooks/kind_user.h"

#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/pubkey.h"
#include "playbooks/read.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include <ctype.h>
#include <string.h>

extern const char host_look_user_sh[], host_do_user_sh[];

#define KEYS_MAX   256
#define GROUPS_MAX 64

struct user_decl {
	const struct yaml_node *name, *uid, *group, *groups, *shell, *home, *comment, *password,
	    *keys;
	struct source name_source, uid_source, group_source, shell_source, home_source,
	    comment_source, password_source;
	struct source_list group_list, key_list;
	bool only_groups, only_keys, system, create_home, create_home_said;
	const char *state, *remove;
};

static const char *const states[] = { "present", "absent", NULL };
static const char *const removes[] = { "home", NULL };

#define AT(member) .offset = offsetof(struct user_decl, member)

const struct field kind_user_fields[] = {
	{ .name = "name",
	    .form = FORM_NODE,
	    AT(name),
	    .flags = FIELD_REQUIRED,
	    .doc = "the account" },
	{ .name = "uid",
	    .form = FORM_NODE,
	    AT(uid),
	    .doc = "its number; the next free by default" },
	{ .name = "group",
	    .form = FORM_NODE,
	    AT(group),
	    .doc = "its first group; by default one of its own name" },
	{ .name = "groups",
	    .form = FORM_NODE,
	    AT(groups),
	    .doc = "groups that it is in besides, a list; those that do not exist are made" },
	{ .name = "exclusive_groups",
	    .form = FORM_BOOL,
	    AT(only_groups),
	    .doc = "whether it leaves all others; false by default" },
	{ .name = "shell", .form = FORM_NODE, AT(shell), .doc = "its login shell, a path" },
	{ .name = "home",
	    .form = FORM_NODE,
	    AT(home),
	    .doc = "its home directory; where it changes nothing is moved" },
	{ .name = "create_home",
	    .form = FORM_BOOL,
	    AT(create_home),
	    .doc = "whether the home is made; by default with a new account that is no system "
		   "account" },
	{ .name = "system",
	    .form = FORM_BOOL,
	    AT(system),
	    .doc = "whether a new account gets a number of the system's range" },
	{ .name = "comment", .form = FORM_NODE, AT(comment), .doc = "a full name" },
	{ .name = "password",
	    .form = FORM_NODE,
	    AT(password),
	    .doc = "the hash of a password as mkpasswd(1) prints it, never the password itself; "
		   "\"!\" locks it and keeps the hash that is there" },
	{ .name = "keys",
	    .form = FORM_NODE,
	    AT(keys),
	    .doc = "public keys for ~/.ssh/authorized_keys, a list of lines as in a .pub file, "
		   "with options if need be" },
	{ .name = "exclusive_keys",
	    .form = FORM_BOOL,
	    AT(only_keys),
	    .doc = "whether all other keys are taken out; false by default" },
	{ .name = "state",
	    .form = FORM_CHOICE,
	    AT(state),
	    .choices = states,
	    .doc = "present by default; absent removes the account" },
	{ .name = "remove",
	    .form = FORM_CHOICE,
	    AT(remove),
	    .choices = removes,
	    .doc = "with state absent: its home and mail go too" },
	{ 0 },
};

static const char *
is_account(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 32 && (islower((unsigned char)*s) || *s == '_') &&
		       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == n
		   ? NULL
		   : "a user name of at most 32 small letters, digits, '_', '.' and '-'";
}

static const char *
is_uid(const char *s)
{
	int64_t n;

	return str_int(s, 0, 4294967293, &n) && (*s != '0' || !s[1]) ? NULL
								     : "a number up to 4294967293";
}

static const char *
is_shell(const char *s)
{
	return read_is_path(s) || strpbrk(s, ": \t") ? "an absolute path to a shell" : NULL;
}

static const char *
is_home(const char *s)
{
	return read_is_path(s) || strchr(s, ':') ? "an absolute path without . and .." : NULL;
}

static const char *
is_comment(const char *s)
{
	return strlen(s) > 256 || strpbrk(s, ":\n\t") ? "a line of at most 256 bytes without colons"
						      : NULL;
}

bool
kind_user_is_lock(const char *password)
{
	return str_eq(password, "!") || str_eq(password, "*");
}

/* As crypt(5) has them; a password itself is never taken for one. */
static const char *
is_hash(const char *s)
{
	static const char *const heads[] = { "$y$", "$gy$", "$7$", "$2a$", "$2b$", "$2y$", "$6$",
		"$5$" };
	size_t n = strlen(s);

	if (kind_user_is_lock(s))
		return NULL;
	for (size_t i = 0; i < countof(heads); i++) {
		if (str_starts(s, heads[i]) && n > 20 && n <= 384 &&
		    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789./$=,+-") == n)
			return NULL;
	}
	return "the hash of a password ($y$..., as mkpasswd prints it) or \"!\"";
}

/* Texts without templates are told of at once, and once for all hosts. A password is never repeated. */
static void
check_plain(const struct field_context *c, const char *name, const struct source *s,
    const char *(*grammar)(const char *))
{
	const char *bad = render_is_template(s) ? NULL : grammar(s->text);

	if (bad && grammar == is_hash)
		diag_error(c->diag, s->mark, "user: %s: %s is wanted here", name, bad);
	else if (bad)
		diag_error(c->diag, s->mark, "user: %s: %s is wanted here, not \"%.60s\"", name,
		    bad, s->text);
}

/* The same of the items of a list that hold one word or line. */
static void
check_items(const struct field_context *c, const char *name, const struct source_list *list,
    const char *between, const char *(*grammar)(const char *))
{
	for (size_t i = 0; i < list->count; i++) {
		const struct source *s = &list->item[i];

		if (!render_is_template(s) && !strpbrk(s->text, between) && grammar(s->text))
			diag_error(c->diag, s->mark, "user: %s: %s", name, grammar(s->text));
	}
}

static const char *
is_group(const char *s)
{
	return read_is_user(s) ? "a group name is wanted here" : NULL;
}

static bool
read_parts(const struct field_context *c, struct user_decl *got)
{
	const struct {
		const char *name;
		const struct yaml_node *node;
		struct source *to;
		const char *(*grammar)(const char *);
	} parts[] = { { "name", got->name, &got->name_source, is_account },
		{ "uid", got->uid, &got->uid_source, is_uid },
		{ "group", got->group, &got->group_source, read_is_user },
		{ "shell", got->shell, &got->shell_source, is_shell },
		{ "home", got->home, &got->home_source, is_home },
		{ "comment", got->comment, &got->comment_source, is_comment },
		{ "password", got->password, &got->password_source, is_hash } };
	int before = c->diag->errors;
	bool good = true;

	for (size_t i = 0; i < countof(parts); i++) {
		if (!parts[i].node)
			continue;
		good &= read_source(c, parts[i].name, parts[i].node, parts[i].to);
		if (good)
			check_plain(c, parts[i].name, parts[i].to, parts[i].grammar);
	}
	if (got->groups)
		good &= read_sources(c, "groups", got->groups, &got->group_list);
	if (got->keys)
		good &= read_sources(c, "keys", got->keys, &got->key_list);
	if (good) {
		check_items(c, "groups", &got->group_list, ", \t\n", is_group);
		check_items(c, "keys", &got->key_list, "\n", pubkey_wrong);
	}
	if (good && got->state && str_eq(got->state, "absent") &&
	    str_eq(got->name_source.text, "root"))
		diag_error(c->diag, got->name_source.mark, "user: drover does not remove root");
	return good && c->diag->errors == before;
}

/* What is to be absent has a name and nothing else. */
static bool
check_state(const struct field_context *c, const struct yaml_node *n, const struct user_decl *got)
{
	bool absent = got->state && str_eq(got->state, "absent");

	if (!absent && got->remove) {
		diag_error(
		    c->diag, yaml_find(n, "remove")->mark, "user: remove: only with state: absent");
		return false;
	}
	for (size_t i = 0; absent && i < n->count; i++) {
		const char *key = n->key[i]->text;

		if (str_eq(key, "name") || str_eq(key, "state") || str_eq(key, "remove"))
			continue;
		diag_error(
		    c->diag, n->key[i]->mark, "user: %s: what is to be absent has none", key);
		return false;
	}
	if (got->only_groups && !got->groups)
		diag_error(c->diag, n->mark, "user: exclusive_groups: groups is missing");
	if (got->only_keys && !got->keys)
		diag_error(c->diag, n->mark, "user: exclusive_keys: keys is missing");
	return true;
}

void
kind_user_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct user_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the user task";
	if (n->kind == YAML_SCALAR)
		got->name = n;
	else if (!field_read(&mine, kind_user_fields, n, got) || !check_state(c, n, got))
		return;
	got->create_home_said = n->kind != YAML_SCALAR && yaml_find(n, "create_home");
	if (read_parts(c, got))
		((struct task_decl *)to)->detail = got;
}

/* What is not said is NULL and good. What was wrong is shown, if it may be. */
static bool
fill(struct desire *d, const struct source *s, const char *name,
    const char *(*grammar)(const char *), const char **ret)
{
	const char *bad;

	*ret = NULL;
	if (!s->text)
		return true;
	*ret = desire_word(d, s);
	bad = *ret ? grammar(*ret) : NULL;
	if (bad && grammar == is_hash)
		desire_wrong_text(d, s->mark, "user: %s: %s is wanted here", name, bad);
	else if (bad)
		desire_wrong_text(
		    d, s->mark, "user: %s: %s is wanted here, not \"%.60s\"", name, bad, *ret);
	return *ret && !bad;
}

/* Each item is cut at these separators: a variable may hold several. */
static bool
fill_list(struct desire *d, const struct source_list *decl, const char *at,
    bool (*good)(struct desire *, const struct source *, const char *), const char *const **ret)
{
	const char **all = NULL;
	size_t n = 0, cap = 0;
	bool fine = true;

	for (size_t i = 0; i < decl->count; i++) {
		const char *text = desire_word(d, &decl->item[i]);
		char *copy = text ? arena_strdup(d->arena, text) : NULL, *save = NULL;

		fine = fine && text;
		for (char *w = copy ? strtok_r(copy, at, &save) : NULL; w;
		     w = strtok_r(NULL, at, &save)) {
			fine = good(d, &decl->item[i], w) && fine;
			mem_grow(all, n, cap);
			all[n++] = w;
		}
	}
	const char **list = arena_alloc(d->arena, (n + 1) * sizeof(*list));
	if (n)
		memcpy(list, all, n * sizeof(*all));
	free(all);
	*ret = list;
	return fine;
}

static bool
good_group(struct desire *d, const struct source *s, const char *name)
{
	if (read_is_user(name))
		desire_wrong_text(d, s->mark, "user: groups: %s is wanted here, not \"%.60s\"",
		    read_is_user(name), name);
	return !read_is_user(name);
}

static bool
good_key(struct desire *d, const struct source *s, const char *line)
{
	if (pubkey_wrong(line))
		desire_wrong_text(d, s->mark, "user: keys: %s", pubkey_wrong(line));
	return !pubkey_wrong(line);
}

static size_t
length(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* No key twice, and no more than a person would look through. */
static bool
check_lists(struct desire *d, const struct user_decl *decl, const struct user *u)
{
	struct pubkey a, b;

	if (length(u->groups) > GROUPS_MAX || length(u->keys) > KEYS_MAX) {
		desire_wrong(d, decl->name_source.mark, "user: at most %d groups and %d keys",
		    GROUPS_MAX, KEYS_MAX);
		return false;
	}
	for (size_t i = 0; i < length(u->keys); i++) {
		for (size_t k = 0; k < i; k++) {
			if (!pubkey_cut(u->keys[i], &a) || !pubkey_cut(u->keys[k], &b) ||
			    !pubkey_same(&a, &b))
				continue;
			desire_wrong_text(d, decl->key_list.mark,
			    "user: keys: the key \"%.60s\" is there twice", a.comment);
			return false;
		}
	}
	return true;
}

static bool
fill_user(struct desire *d, const struct user_decl *decl, struct user *u)
{
	bool good = fill(d, &decl->name_source, "name", is_account, &u->name);

	good = fill(d, &decl->uid_source, "uid", is_uid, &u->uid) && good;
	good = fill(d, &decl->group_source, "group", read_is_user, &u->group) && good;
	good = fill(d, &decl->shell_source, "shell", is_shell, &u->shell) && good;
	good = fill(d, &decl->home_source, "home", is_home, &u->home) && good;
	good = fill(d, &decl->comment_source, "comment", is_comment, &u->comment) && good;
	good = fill(d, &decl->password_source, "password", is_hash, &u->password) && good;
	if (decl->groups)
		good = fill_list(d, &decl->group_list, ", \t\n", good_group, &u->groups) && good;
	if (decl->keys)
		good = fill_list(d, &decl->key_list, "\n", good_key, &u->keys) && good;
	return good && check_lists(d, decl, u);
}

/* What would be a way to lock everybody out. */
static bool
check_root(struct desire *d, const struct user_decl *decl, const struct user *u, bool absent)
{
	if (!str_eq(u->name, "root"))
		return true;
	if (absent)
		desire_wrong_text(d, decl->name_source.mark, "user: drover does not remove root");
	else if (u->uid && !str_eq(u->uid, "0"))
		desire_wrong_text(
		    d, decl->uid_source.mark, "user: uid: root without the number 0 is no root");
	else
		return true;
	return false;
}

/* Words for look_user: the name, then what it needs to know of the wish. */
static const char *const *
look_words(struct arena *a, const struct user *u, bool absent)
{
	const char **w = arena_alloc(a, (length(u->groups) + 8) * sizeof(*w));
	size_t n = 0;

	w[n++] = u->name;
	if (absent)
		w[n++] = "removal";
	if (u->uid)
		w[n++] = arena_printf(a, "uid=%s", u->uid);
	if (u->shell)
		w[n++] = arena_printf(a, "shell=%s", u->shell);
	if (u->home)
		w[n++] = arena_printf(a, "home=%s", u->home);
	if (u->password)
		w[n++] = arena_printf(a, "password=%s", u->password);
	if (u->group)
		w[n++] = arena_printf(a, "group=%s", u->group);
	if (u->keys)
		w[n++] = "keys";
	for (size_t i = 0; i < length(u->groups); i++)
		w[n++] = arena_printf(a, "group=%s", u->groups[i]);
	return w;
}

/* The wish but for the password: nothing that is kept may help to guess it. */
static void
digest_wish(const struct user *u, bool absent, char *to)
{
	const char *const parts[] = { u->name, u->uid, u->group, u->shell, u->home, u->comment };
	autobuf b = BUF_INIT(8U << 20);

	for (size_t i = 0; i < countof(parts); i++)
		buf_addf(&b, "%s\n", parts[i] ? parts[i] : "");
	buf_addf(&b, "%d %d %d\n", absent, u->only_groups, u->only_keys);
	for (const char *const *w = u->groups; w && *w; w++)
		buf_addf(&b, "group %s\n", *w);
	for (const char *const *w = u->keys; w && *w; w++)
		buf_addf(&b, "key %s\n", *w);
	digest_hex(b.data, b.len, to);
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct user_decl *decl = t->detail;
	struct user *u = arena_alloc(d->arena, sizeof(*u));

	r->absent = decl->state && str_eq(decl->state, "absent");
	if (!fill_user(d, decl, u) || !check_root(d, decl, u, r->absent))
		return false;
	u->only_groups = decl->only_groups;
	u->only_keys = decl->only_keys;
	u->system = decl->system;
	u->new_home = decl->create_home_said ? decl->create_home : !decl->system;
	u->make_home = decl->create_home_said && decl->create_home;
	u->remove_home = decl->remove != NULL;
	r->id = arena_printf(d->arena, "user %s", u->name);
	r->title = r->id;
	r->look = look_words(d->arena, u, r->absent);
	r->secret = u->password != NULL;
	r->parts = true;
	r->detail = u;
	digest_wish(u, r->absent, r->digest);
	return true;
}

const struct kind kind_user = {
	.kind = RESOURCE_USER,
	.name = "user",
	.want = want,
	/* An account that leaves the playbook stays: files of its number would be anybody's. */
	.away = NULL,
	.decide = kind_user_decide,
	.look = host_look_user_sh,
	.carry = host_do_user_sh,
};
