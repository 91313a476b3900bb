/* `log:` of an app. */
#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/place.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"

#include <ctype.h>
#include <string.h>

static const char *
is_namespace(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 && isalnum((unsigned char)*s) &&
		       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-") == n
		   ? NULL
		   : "a name of letters, digits, _ and -";
}

const struct field read_app_log_fields[] = {
	{ .name = "namespace",
	    .form = FORM_TEXT,
	    .offset = offsetof(struct app_log, namespace),
	    .grammar = is_namespace,
	    .doc = "the journal of this name, apart from the host's own, with limits of its own "
		   "(LogNamespace= of systemd)" },
	{ .name = "file", .form = FORM_LATER, .doc = "log files are not supported yet" },
	{ 0 },
};

void
read_app_log(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_log *log = &((struct app_decl *)to)->log;
	struct field_context mine = *c;
	const char *said = NULL;

	log->mark = n->mark;
	mine.what = "log";
	if (n->kind == YAML_MAP) {
		if (field_read(&mine, read_app_log_fields, n, log) && !log->namespace)
			diag_error(c->diag, n->mark, "log: a namespace is wanted here");
	} else if (read_plain(c, "log", n, &said) && !str_eq(said, "journald")) {
		diag_error(c->diag, n->mark,
		    "log: journald or {namespace: NAME} is wanted here, not \"%.60s\"", said);
	}
}
