/* `drain:` of an app. */
#include "base/yaml.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"

#define LIMIT_MS 30000

struct drain_fields {
	const struct yaml_node *before, *after;
	int64_t timeout;
};

const struct field read_app_drain_fields[] = {
	{ FIELD_OF(FORM_NODE, struct drain_fields, before),
	    .doc = "a list of arguments, run before a replica stops: where it fails nothing stops, "
		   "and "
		   "where it is the host's first nothing was changed there" },
	{ FIELD_OF(FORM_NODE, struct drain_fields, after),
	    .doc =
		"a list of arguments, run when a replica was started and is well, or did not stop "
		"after all" },
	{ FIELD_OF(FORM_DURATION, struct drain_fields, timeout),
	    .doc = "of each, 30s by default; to 1h" },
	{ 0 },
};

static void
take_hook(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct argv_decl *ret)
{
	if (n && n->kind != YAML_LIST)
		diag_error(c->diag, n->mark, "%s: a list of arguments is wanted here", name);
	else if (n)
		read_command(c, name, n, ret);
}

void
read_app_drain(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct drain_decl *drain = &((struct app_decl *)to)->drain;
	struct field_context mine = *c;
	struct drain_fields got = { .timeout = LIMIT_MS };

	mine.what = "drain";
	if (!field_read(&mine, read_app_drain_fields, n, &got))
		return;
	if (!got.before && !got.after)
		diag_error(c->diag, n->mark, "drain: before, after or both are wanted here");
	if (got.timeout < 1000 || got.timeout > 3600000)
		diag_error(c->diag, n->mark, "drain: timeout: 1s to 1h is wanted here");
	take_hook(c, "before", got.before, &drain->before);
	take_hook(c, "after", got.after, &drain->after);
	drain->limit_ms = got.timeout;
}
