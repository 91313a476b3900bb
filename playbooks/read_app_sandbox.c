/* `sandbox:` of an app. */
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/capability.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/seccomp.h"

#include <ctype.h>
#include <string.h>

struct sandbox_fields {
	struct field_texts relax;
	struct app_sandbox *sandbox;
	bool read_only, no_new_privileges;
	const char *apparmor, *user;
};

static void
parse_capabilities(const struct field_context *c, const struct yaml_node *n, void *to)
{
	capability_read(c, n, &((struct sandbox_fields *)to)->sandbox->capability);
}

static void
take_profile(const struct field_context *c, const struct yaml_node *n, struct app_sandbox *to)
{
	struct text_decl file = { 0 };

	if (!read_included(c, n, false, &file) ||
	    !seccomp_check(&file.source, c->diag, &to->profile_open))
		return;
	to->seccomp = SECCOMP_PROFILE;
	to->profile = file.source.text;
	to->profile_len = file.source.len;
	to->profile_name = n->text;
}

static void
parse_seccomp(const struct field_context *c, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "default", "unconfined", NULL };
	struct app_sandbox *sandbox = ((struct sandbox_fields *)to)->sandbox;
	const char *said = NULL, *near;

	if (!read_plain(c, "seccomp", n, &said))
		return;
	near = str_nearest(said, words);
	if (str_eq(said, "default"))
		sandbox->seccomp = SECCOMP_DEFAULT;
	else if (str_eq(said, "unconfined"))
		sandbox->seccomp = SECCOMP_UNCONFINED;
	else if (str_ends(said, ".json"))
		take_profile(c, n, sandbox);
	else if (near)
		diag_error(c->diag, n->mark,
		    "seccomp: no such word \"%.60s\"; did you mean \"%s\"?", said, near);
	else
		diag_error(c->diag, n->mark,
		    "seccomp: default, unconfined or a profile beside the playbook (shop.json) is "
		    "wanted here, not \"%.60s\"",
		    said);
}

/* Letters, digits and some signs, a letter or a digit first. */
static bool
is_made_of(const char *s, const char *signs)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)s[i]) && (i == 0 || !strchr(signs, s[i])))
			return false;
	}
	return n > 0 && n <= 128;
}

static const char *
is_profile(const char *s)
{
	return is_made_of(s, "_.-") ? NULL : "the name of a profile of the host's, or unconfined,";
}

static const char *
is_label(const char *s)
{
	return is_made_of(s, "_.:,-") ? NULL : "a part of an SELinux label (container_t, s0:c1,c2)";
}

#define LABEL(member, text)                                                                        \
	.form = FORM_TEXT, .offset = offsetof(struct app_selinux, member), .grammar = is_label,    \
	.doc = text

const struct field read_app_selinux_fields[] = {
	{ .name = "user", LABEL(user, "the user of its label") },
	{ .name = "role", LABEL(role, "the role of its label") },
	{ .name = "type", LABEL(type, "the type of its label, as container_t") },
	{ .name = "level", LABEL(level, "the level of its label, as s0:c1,c2") },
	{ 0 },
};

#undef LABEL

static void
parse_selinux(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_selinux *selinux = &((struct sandbox_fields *)to)->sandbox->selinux;
	struct field_context mine = *c;

	mine.what = "selinux";
	if (n->kind == YAML_SCALAR && str_eq(n->text, "disable"))
		selinux->disabled = true;
	else if (n->kind == YAML_MAP)
		field_read(&mine, read_app_selinux_fields, n, selinux);
	else
		diag_error(c->diag, n->mark,
		    "selinux: disable, or a mapping with type, level, user or role, is wanted "
		    "here");
}

static const char *const users[] = { "host", "auto", NULL };

const struct field read_app_sandbox_fields[] = {
	{ .name = "capabilities",
	    .form = FORM_CALL,
	    .parse = parse_capabilities,
	    .doc = "a list of the capabilities that it has, as NET_BIND_SERVICE; by default none" },
	{ .name = "seccomp",
	    .form = FORM_CALL,
	    .parse = parse_seccomp,
	    .doc = "default, which is podman's own profile, unconfined, or a profile beside the "
		   "playbook, NAME.json" },
	{ FIELD_OF(FORM_BOOL, struct sandbox_fields, no_new_privileges),
	    .doc = "whatever it runs cannot gain privileges, as by setuid; true by default" },
	{ FIELD_OF(FORM_BOOL, struct sandbox_fields, read_only),
	    .doc = "a read-only root with room to write in /tmp, /run and /var/tmp; false by "
		   "default" },
	{ FIELD_OF(FORM_TEXT, struct sandbox_fields, apparmor), .grammar = is_profile,
	    .doc = "an AppArmor profile that the host has loaded, or unconfined; by default "
		   "podman's own" },
	{ .name = "selinux",
	    .form = FORM_CALL,
	    .parse = parse_selinux,
	    .doc = "its SELinux label, a mapping as below, or disable; by default podman's own" },
	{ FIELD_OF(FORM_TEXTS, struct sandbox_fields, relax),
	    .doc = "of a binary: names of directives that its unit is to do without, which the "
		   "plan says" },
	{ FIELD_OF(FORM_CHOICE, struct sandbox_fields, user), .choices = users,
	    .doc = "auto: its users, root too, are users that the host has nowhere else; host by "
		   "default" },
	{ 0 },
};

void
read_app_sandbox(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_sandbox *sandbox = &((struct app_decl *)to)->sandbox;
	struct sandbox_fields got = { .sandbox = sandbox, .no_new_privileges = true };
	struct field_context mine = *c;

	mine.what = "sandbox";
	if (!field_read(&mine, read_app_sandbox_fields, n, &got))
		return;
	sandbox->read_only = got.read_only;
	sandbox->may_gain = !got.no_new_privileges;
	sandbox->apparmor = got.apparmor;
	sandbox->own_users = got.user && str_eq(got.user, "auto");
	read_app_relax(c, &got.relax, to);
}
