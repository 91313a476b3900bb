/* `limits:` and `sandbox:` of an app. */
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/read_step.h"

#include <ctype.h>
#include <stdlib.h>

#define MEMORY_LEAST ((int64_t)16 << 20)

/* 0.5 processors are CPUQuota=50%. */
static void
parse_cpu(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_limits *limits = to;
	char *end = NULL;
	double cpu = n->kind == YAML_SCALAR && n->plain && isdigit((unsigned char)n->text[0])
			 ? strtod(n->text, &end)
			 : -1;

	if (!end || *end || cpu < 0.01 || cpu > 4096) {
		diag_error(c->diag, n->mark,
		    "cpu: a number of processors is wanted here (0.5), from 0.01 to 4096");
		return;
	}
	limits->cpu_percent = (int64_t)(cpu * 100 + 0.5);
}

const struct field read_app_limit_fields[] = {
	{ .name = "cpu",
	    .form = FORM_CALL,
	    .parse = parse_cpu,
	    .doc = "processors a replica may use: 0.5, 2" },
	{ .name = "memory",
	    .form = FORM_SIZE,
	    .offset = offsetof(struct app_limits, memory),
	    .doc = "memory of a replica, what starts it included; at least 16M" },
	{ .name = "tasks",
	    .form = FORM_INT,
	    .offset = offsetof(struct app_limits, tasks),
	    .min = 32,
	    .max = 4000000,
	    .doc = "threads and processes of a replica, those that start it included" },
	{ 0 },
};

void
read_app_limits(const struct field_context *c, const struct yaml_node *n, struct app_limits *ret)
{
	struct field_context mine = *c;

	mine.what = "limits";
	if (field_read(&mine, read_app_limit_fields, n, ret) && ret->memory &&
	    ret->memory < MEMORY_LEAST)
		diag_error(c->diag, n->mark, "limits: memory under 16M cannot start a container");
}

void
read_app_limits_of(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_app_limits(c, n, &((struct app_decl *)to)->limits);
}

struct sandbox_fields {
	struct field_texts relax;
	struct field_texts capabilities;
	const char *seccomp;
	bool read_only;
};

static const char *const seccomp_words[] = { "default", NULL };

const struct field read_app_sandbox_fields[] = {
	{ .name = "capabilities",
	    .form = FORM_TEXTS,
	    .offset = offsetof(struct sandbox_fields, capabilities),
	    .doc = "must be empty, as it is by default: more is not supported yet" },
	{ .name = "seccomp",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct sandbox_fields, seccomp),
	    .choices = seccomp_words,
	    .doc = "podman's own profile" },
	{ .name = "read_only",
	    .form = FORM_BOOL,
	    .offset = offsetof(struct sandbox_fields, read_only),
	    .doc = "a read-only root with room to write in /tmp, /run and /var/tmp; false by "
		   "default" },
	{ .name = "relax",
	    .form = FORM_TEXTS,
	    .offset = offsetof(struct sandbox_fields, relax),
	    .doc = "of a binary: names of directives that its unit is to do without, which the "
		   "plan says" },
	{ .name = "user", .form = FORM_LATER, .doc = "user namespaces are not supported yet" },
	{ 0 },
};

void
read_app_sandbox(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct sandbox_fields got = { 0 };
	struct app_decl *app = to;

	mine.what = "sandbox";
	if (!field_read(&mine, read_app_sandbox_fields, n, &got))
		return;
	if (got.capabilities.count)
		diag_error(c->diag, got.capabilities.mark[0],
		    "capabilities are not supported yet: an app runs without any");
	app->read_only = got.read_only;
	read_app_relax(c, &got.relax, app);
}
