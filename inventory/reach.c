#include "inventory/reach.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/field.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/var.h"
#include "base/yaml.h"
#include "inventory/grammar.h"
#include "inventory/model.h"
#include "inventory/sshargs.h"

#include <string.h>
#include <strings.h>

enum warning { WARN_PASSWORD, WARN_UNCHECKED, WARN_FLAGS };

struct reader {
	struct inventory *inv;
	struct level *level;
	struct diag *diag;
};

#define AT(member) .offset = offsetof(struct level, member)

static const char *const kinds[] = { "pet", "cattle", NULL };

static void
warn_once(struct reader *r, enum warning w, struct mark at, const char *text)
{
	if (r->inv->warned & (1U << w))
		return;
	r->inv->warned |= 1U << w;
	diag_warn(r->diag, at, "%s", text);
}

static void
warn_unchecked(struct reader *r, const struct var *v, const char *what)
{
	warn_once(r, WARN_UNCHECKED, v->mark,
	    arena_printf(r->inv->arena,
		"%.60s: %s is not obeyed: host keys are checked (trust: first-use is for cattle)",
		v->name, what));
}

static void
refuse(struct reader *r, enum setting s, const struct var *v, const char *why)
{
	struct level *l = r->level;

	if (!l->refused)
		l->refused = arena_alloc(r->inv->arena, SETTING_COUNT * sizeof(*l->refused));
	l->refused[s] = arena_printf(r->inv->arena, "%s:%d: %s: %s",
	    v->mark.file ? v->mark.file : "-", v->mark.line, v->name, why);
}

/* A word without its collection: ansible.builtin.ssh is ssh. */
static const char *
bare(const char *word)
{
	const char *dot = strrchr(word, '.');

	return dot ? dot + 1 : word;
}

static void
read_connection(struct reader *r, const struct var *v)
{
	static const char *const ssh[] = { "ssh", "smart", "paramiko", "paramiko_ssh", "libssh" };
	const char *word = bare(v->value);

	for (size_t i = 0; i < countof(ssh); i++) {
		if (str_eq(word, ssh[i])) {
			r->level->settings.transport = "auto";
			return;
		}
	}
	if (str_eq(word, "local")) {
		r->level->settings.transport = "local";
		return;
	}
	refuse(r, SETTING_TRANSPORT, v,
	    arena_printf(r->inv->arena,
		"drover goes by SSH or works here (local), not by \"%.40s\"", v->value));
}

static void
read_become(struct reader *r, const struct var *v)
{
	static const char *const yes[] = { "true", "yes", "on", "1", "y", "t" }, *const no[] = {
		"false", "no", "off", "0", "n", "f"
	};

	for (size_t i = 0; i < countof(yes); i++) {
		if (strcasecmp(v->value, yes[i]) == 0)
			r->level->settings.become_flag = "true";
		if (strcasecmp(v->value, no[i]) == 0)
			r->level->settings.become_flag = "false";
	}
	if (!r->level->settings.become_flag)
		diag_error(r->diag, v->mark, "%s: true or false is wanted here, not \"%.60s\"",
		    v->name, v->value);
}

static void
read_method(struct reader *r, const struct var *v)
{
	static const char *const methods[] = { "sudo", "doas", "su", "run0" };
	const char *word = bare(v->value);

	for (size_t i = 0; i < countof(methods); i++) {
		if (str_eq(word, methods[i])) {
			r->level->settings.become_method = methods[i];
			return;
		}
	}
	refuse(r, SETTING_BECOME_METHOD, v,
	    arena_printf(r->inv->arena,
		"drover becomes root by sudo, doas, su or run0, not by \"%.40s\"", v->value));
}

/* As for ssh(1), a relative path begins where drover was started. */
static void
read_identity(struct reader *r, const struct var *v)
{
	autofree char *home = file_home();
	char here[4096];

	if (grammar_path(v->value)) {
		diag_error(r->diag, v->mark, "%s: a path is wanted here", v->name);
		return;
	}
	if (v->value[0] == '~' && v->value[1] == '/') {
		r->level->settings.identity =
		    arena_printf(r->inv->arena, "%s%s", home, v->value + 1);
		return;
	}
	autofree char *path = file_join(getcwd(here, sizeof(here)) ? here : "/", v->value);
	r->level->settings.identity = arena_strdup(r->inv->arena, path);
}

static const struct sshargs *
read_args(struct reader *r, enum setting s, const struct var *v)
{
	const struct sshargs *args = sshargs_read(r->inv->arena, v->value);

	if (args->refused)
		refuse(r, s, v,
		    arena_printf(
			r->inv->arena, "drover cannot do \"%.160s\" of ssh's", args->refused));
	if (args->unchecked)
		warn_unchecked(r, v, args->unchecked);
	return args;
}

static void
read_ssh_args(struct reader *r, const struct var *v)
{
	r->level->settings.ssh_args = read_args(r, SETTING_SSH_ARGS, v);
}

static void
read_common_args(struct reader *r, const struct var *v)
{
	r->level->settings.common_args = read_args(r, SETTING_COMMON_ARGS, v);
}

static void
read_extra_args(struct reader *r, const struct var *v)
{
	r->level->settings.extra_args = read_args(r, SETTING_EXTRA_ARGS, v);
}

static void
read_executable(struct reader *r, const struct var *v)
{
	const char *slash = strrchr(v->value, '/');

	if (!str_eq(slash ? slash + 1 : v->value, "ssh"))
		refuse(r, SETTING_EXECUTABLE, v, "drover runs no other program than ssh");
}

static void
read_shell(struct reader *r, const struct var *v)
{
	if (str_eq(bare(v->value), "powershell") || str_eq(bare(v->value), "cmd"))
		refuse(r, SETTING_SHELL, v, "drover needs a POSIX shell on the host");
}

static void
read_become_exe(struct reader *r, const struct var *v)
{
	static const char *const usual[] = { "sudo", "doas", "su", "run0" };
	const char *slash = strrchr(v->value, '/');

	for (size_t i = 0; i < countof(usual); i++) {
		if (str_eq(slash ? slash + 1 : v->value, usual[i]))
			return;
	}
	refuse(r, SETTING_BECOME_EXE, v, "drover becomes root by sudo, doas, su or run0 alone");
}

#define TEXT(key, member, check)                                                                   \
	{                                                                                          \
		.name = (key), .form = FORM_TEXT, AT(settings.member), .grammar = (check)          \
	}

/* Of two names for one thing at one place, the old one is the later, as for Ansible. */
static const struct {
	enum setting setting;
	struct field field; /* what to check; or only its name, and read() */
	void (*read)(struct reader *r, const struct var *v);
} words[] = {
	{ SETTING_ADDRESS, TEXT("ansible_host", address, grammar_address), NULL },
	{ SETTING_ADDRESS, TEXT("ansible_ssh_host", address, grammar_address), NULL },
	{ SETTING_PORT, { "ansible_port", FORM_PORT, AT(settings.port) }, NULL },
	{ SETTING_PORT, { "ansible_ssh_port", FORM_PORT, AT(settings.port) }, NULL },
	{ SETTING_USER, TEXT("ansible_user", user, grammar_user), NULL },
	{ SETTING_USER, TEXT("ansible_ssh_user", user, grammar_user), NULL },
	{ SETTING_BECOME_USER, TEXT("ansible_become_user", become_user, grammar_user), NULL },
	{ SETTING_CONNECT_TIMEOUT,
	    { "ansible_timeout", FORM_DURATION, AT(settings.connect_timeout_ms) }, NULL },
	{ SETTING_CONNECT_TIMEOUT,
	    { "ansible_ssh_timeout", FORM_DURATION, AT(settings.connect_timeout_ms) }, NULL },
	{ SETTING_TRANSPORT, { .name = "ansible_connection" }, read_connection },
	{ SETTING_IDENTITY, { .name = "ansible_private_key_file" }, read_identity },
	{ SETTING_IDENTITY, { .name = "ansible_ssh_private_key_file" }, read_identity },
	{ SETTING_BECOME_FLAG, { .name = "ansible_become" }, read_become },
	{ SETTING_BECOME_METHOD, { .name = "ansible_become_method" }, read_method },
	{ SETTING_SSH_ARGS, { .name = "ansible_ssh_args" }, read_ssh_args },
	{ SETTING_COMMON_ARGS, { .name = "ansible_ssh_common_args" }, read_common_args },
	{ SETTING_EXTRA_ARGS, { .name = "ansible_ssh_extra_args" }, read_extra_args },
	{ SETTING_EXECUTABLE, { .name = "ansible_ssh_executable" }, read_executable },
	{ SETTING_SHELL, { .name = "ansible_shell_type" }, read_shell },
	{ SETTING_BECOME_EXE, { .name = "ansible_become_exe" }, read_become_exe },
};

static void
read_kind(struct reader *r, const struct var *v)
{
	const struct field f = { .name = v->name, .form = FORM_CHOICE, AT(kind), .choices = kinds };
	const struct field_context c = { .arena = r->inv->arena, .diag = r->diag };

	field_value(&c, &f, model_said(r->inv, v->value, v->mark), r->level);
}

static void
read_word(struct reader *r, size_t i, const struct var *v)
{
	const struct field_context c = { .arena = r->inv->arena, .diag = r->diag };
	enum setting s = words[i].setting;
	const char *opaque = var_opaque(v);

	if (v->is_json) {
		diag_error(r->diag, v->mark, "%s: a text is wanted here, not a list or a mapping",
		    v->name);
		return;
	}
	if (!*v->value)
		return;
	r->level->said[s] = model_said(r->inv, v->value, v->mark);
	if (r->level->refused)
		r->level->refused[s] = NULL;
	const struct field *f = &words[i].field;
	const char *wanted = f->grammar ? f->grammar(v->value) : NULL;

	if (opaque)
		refuse(r, s, v, opaque);
	else if (wanted)
		refuse(r, s, v,
		    arena_printf(r->inv->arena, "%s is wanted, not \"%.60s\"", wanted, v->value));
	else if (words[i].read)
		words[i].read(r, v);
	else
		field_value(&c, f, r->level->said[s], r->level);
}

static bool
is_secret(const char *name)
{
	return str_ends(name, "_pass") || str_ends(name, "_password") ||
	       str_ends(name, "_passphrase");
}

/* Says no to a variable that is not to be kept. */
static bool
keep(struct reader *r, const struct var *v)
{
	if (str_eq(v->name, "drover_kind"))
		read_kind(r, v);
	if (!str_starts(v->name, "ansible_"))
		return true;
	if (is_secret(v->name)) {
		warn_once(r, WARN_PASSWORD, v->mark,
		    arena_printf(r->inv->arena,
			"%.60s: passwords in inventories are not read: --ask-password and "
			"--ask-become-password ask for them",
			v->name));
		return false;
	}
	if (str_eq(v->name, "ansible_become_flags"))
		warn_once(r, WARN_FLAGS, v->mark,
		    "ansible_become_flags is not obeyed: drover has its own flags");
	if (str_ends(v->name, "host_key_checking") &&
	    (strcasecmp(v->value, "false") == 0 || strcasecmp(v->value, "no") == 0))
		warn_unchecked(r, v, "this");
	return true;
}

void
reach_level(struct inventory *inv, struct level *l, struct diag *diag)
{
	struct reader r = { .inv = inv, .level = l, .diag = diag };
	struct var *kept = arena_alloc(inv->arena, l->vars.count * sizeof(*kept) + 1);
	size_t n = 0, of[countof(words)] = { 0 };

	for (size_t i = 0; i < l->vars.count; i++) {
		const struct var *v = &l->vars.item[i];

		if (!keep(&r, v))
			continue;
		kept[n++] = *v;
		for (size_t w = 0; str_starts(v->name, "ansible_") && w < countof(words); w++) {
			if (str_eq(v->name, words[w].field.name))
				of[w] = n;
		}
	}
	l->vars = (struct field_vars){ .item = kept, .count = n };
	for (size_t w = 0; w < countof(words); w++) {
		if (of[w])
			read_word(&r, w, &kept[of[w] - 1]);
	}
}

static void
apply_args(struct host *h, const struct sshargs *a)
{
	if (!a)
		return;
	if (!h->jump && !h->proxy_command) {
		h->jump = a->jump;
		h->proxy_command = a->jump ? NULL : a->proxy_command;
	}
	h->identity = h->identity ? h->identity : a->identity;
	h->user = h->user ? h->user : a->user;
	h->port = h->port ? h->port : a->port;
	if (!h->connect_timeout_ms)
		h->connect_timeout_ms = a->connect_timeout_ms;
}

static const char *
method_of(const struct level *const *setting)
{
	const struct level *l = setting[SETTING_BECOME_METHOD];

	return l && l->settings.become_method ? l->settings.become_method : NULL;
}

void
reach_host(struct inventory *inv, struct host *h, const struct level *const *setting)
{
	const struct level *flag = setting[SETTING_BECOME_FLAG], *l;
	const char *method = method_of(setting);

	for (enum setting s = 0; s < SETTING_COUNT && !h->refused; s++) {
		l = setting[s];
		if (l && l->refused)
			h->refused = l->refused[s];
	}
	if (!inv->ansible)
		return;
	if (flag && str_eq(flag->settings.become_flag, "false"))
		h->become = NULL;
	else if (flag)
		h->become = method ? method : h->become ? h->become : "sudo";
	else if (!h->become)
		h->become = method;
	l = setting[SETTING_SSH_ARGS];
	apply_args(h, l ? l->settings.ssh_args : NULL);
	l = setting[SETTING_COMMON_ARGS];
	apply_args(h, l ? l->settings.common_args : NULL);
	l = setting[SETTING_EXTRA_ARGS];
	apply_args(h, l ? l->settings.extra_args : NULL);
}
