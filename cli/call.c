#include "cli/call.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/help.h"
#include "cli/out.h"
#include "playbooks/override.h"

#include <stdarg.h>
#include <string.h>

/* Verbs that users of a later drover may try here: refused by name. */
static const char *const later[] = { "nodes", "script", "cp", "fetch", "quadlet", "lock", "doctor",
	"import", "secrets", "config", "keys", "completion", "hosts", "facts", "ps", "run", "logs",
	"plan", "apply", "lint", "resume", "trust", "history", NULL };

int
call_fail(struct call *c, const struct err *err)
{
	autobuf clean = BUF_INIT(4096);

	utf8_clean_line(&clean, err->text, strlen(err->text));
	out_note(c->out, "drover: %s", buf_text(&clean));
	c->exit = outcome_exit(err->kind);
	return c->exit;
}

int
call_usage(struct call *c, const char *fmt, ...)
{
	struct err err;
	va_list ap;
	char text[sizeof(err.text)];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, OUTCOME_USAGE, "%s", text);
	return call_fail(c, &err);
}

int
call_no_verb(struct call *call, const char *name)
{
	const char *near;

	for (size_t i = 0; later[i]; i++) {
		if (str_eq(later[i], name))
			return call_usage(
			    call, "'%s' is not built yet in drover %s", name, DROVER_VERSION);
	}
	near = help_nearest_verb(name);
	if (near)
		return call_usage(call, "no verb '%s'; did you mean '%s'?", name, near);
	return call_usage(call, "no verb '%s'; drover help lists them", name);
}

void
call_close(struct call *c)
{
	if (c->close)
		c->close(c);
	c->close = NULL;
}

struct playbook_given
call_given(const struct call *c)
{
	const struct globals *g = &c->globals;

	return (struct playbook_given){ .vars = (const char *const *)g->vars.item,
		.sets = (const char *const *)g->sets.item,
		.offset = g->offset,
		.as = g->as };
}

void
call_mistaken(struct call *c, const struct diag *d)
{
	bool options = d->count > 0;

	for (int i = 0; i < d->count; i++)
		options =
		    options && (d->item[i].warning || override_is_place(d->item[i].mark.file));
	c->exit = outcome_exit(options ? OUTCOME_USAGE : OUTCOME_INPUT);
}
