#include "playbooks/desire_inner.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "base/utf8.h"
#include "inventory/inventory.h"

#include <string.h>

bool
desire_env(struct desire *d, const struct env_decl *decl, size_t n, struct app_env *ret)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		ret[i].name = decl[i].name;
		ret[i].value = desire_word(d, &decl[i].value);
		good = good && ret[i].value;
		if (ret[i].value && strlen(ret[i].value) > 32768) {
			desire_wrong(
			    d, decl[i].value.mark, "env: %s is longer than 32 KiB", decl[i].name);
			good = false;
		}
	}
	return good;
}

static const char *
joined(struct desire *d, const char *first, const char *const *argv)
{
	autobuf b = BUF_INIT(200);

	buf_adds(&b, first);
	for (size_t i = 0; argv && argv[i]; i++) {
		buf_adds(&b, b.len ? " " : "");
		str_shell_quote(&b, argv[i]);
	}
	if (b.dropped == 0)
		return arena_strdup(d->arena, buf_text(&b));
	return arena_printf(d->arena, "%.*s\u2026", (int)utf8_whole(b.data, b.len), b.data);
}

/* The word that says which script it is. */
static const char *
script_name(const struct task_decl *t)
{
	const char *file = t->content.source.mark.file, *slash = file ? strrchr(file, '/') : NULL;

	/* An inline text stands in the playbook itself. */
	if (!file || str_eq(file, t->mark.file))
		return "script";
	return slash ? slash + 1 : file;
}

static bool
fill_command(struct desire *d, const struct command_decl *decl, struct command_how *c)
{
	*c = (struct command_how){ .limit_ms = decl->limit_ms,
		.good = decl->good ? decl->good : "0",
		.unchanged = decl->unchanged ? decl->unchanged : "-",
		.with = decl->with.item };
	if (decl->input.text) {
		c->input = desire_fill(d, &decl->input, &c->input_len);
		if (!c->input)
			return false;
	}
	if (!decl->cwd.text)
		return true;
	c->cwd = desire_fill(d, &decl->cwd, NULL);
	if (c->cwd && !str_eq(c->cwd, "/"))
		c->cwd = desire_path(d, &decl->cwd, "cwd");
	return c->cwd != NULL;
}

static bool
fill_argv(struct desire *d, const struct task_decl *t, struct resource *r)
{
	if (!t->command.is_script) {
		r->shell = t->run.shell;
		r->argv = r->shell ? NULL : desire_argv(d, &t->run);
		r->title = r->shell ? r->shell : r->argv ? joined(d, "", r->argv) : "";
		return r->shell || r->argv;
	}
	r->argv = desire_argv(d, &t->run);
	if (t->run.count && !r->argv)
		return false;
	r->content = desire_content(d, &t->content, &r->content_len);
	digest_hex(r->content, r->content_len, r->digest);
	r->title = joined(d, script_name(t), r->argv);
	return true;
}

bool
desire_run(struct desire *d, const struct task_decl *t, struct resource *r)
{
	struct app_env *env = arena_alloc(d->arena, t->env_count * sizeof(*env) + 1);
	const char **texts = arena_alloc(d->arena, (t->env_count + 1) * sizeof(*texts));
	struct command_how *command = arena_alloc(d->arena, sizeof(*command));

	r->id = arena_printf(d->arena, "%s %d%s", t->command.is_script ? "script" : "run",
	    t->number, d->here.suffix);
	r->command = command;
	r->parts = true;
	r->unless = t->unless;
	if (!fill_argv(d, t, r) || !desire_env(d, t->env, t->env_count, env) ||
	    !fill_command(d, &t->command, command))
		return false;
	r->limit_ms = command->limit_ms ? command->limit_ms + 10000 : 0;
	for (size_t i = 0; i < t->env_count; i++)
		texts[i] = arena_printf(d->arena, "%s=%s", env[i].name, env[i].value);
	r->env = texts;
	if (!t->creates.text)
		return true;
	r->creates = desire_path(d, &t->creates, "creates");
	return r->creates != NULL;
}
