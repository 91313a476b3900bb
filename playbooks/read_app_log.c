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

#define LOG_MAX  ((int64_t)10 << 20)
#define LOG_KEEP 5

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

static void
parse_file(const struct field_context *c, const struct yaml_node *n, void *to)
{
	place_read_path(c, "file", n, &((struct log_decl *)to)->file);
}

const struct field read_app_log_fields[] = {
	{ .name = "namespace",
	    .form = FORM_TEXT,
	    .offset = offsetof(struct log_decl, namespace),
	    .grammar = is_namespace,
	    .doc = "the journal of this name, apart from the host's own, with limits of its own "
		   "(LogNamespace= of systemd)" },
	{ .name = "file",
	    .form = FORM_CALL,
	    .parse = parse_file,
	    .doc = "a file of the host, in a directory that is root's alone; %n in it is the "
		   "replica's number" },
	{ .name = "max",
	    .form = FORM_SIZE,
	    .offset = offsetof(struct log_decl, max),
	    .min = (int64_t)64 << 10,
	    .max = (int64_t)1 << 40,
	    .doc = "how large the file gets, 64K to 1T, 10M by default; the next line begins "
		   "another" },
	{ .name = "keep",
	    .form = FORM_INT,
	    .offset = offsetof(struct log_decl, keep),
	    .min = 0,
	    .max = 100,
	    .doc = "how many older files stay, 0 to 100, 5 by default: FILE.1, the newest of "
		   "them, to FILE.KEEP" },
	{ 0 },
};

/* What stands beside each other that cannot. */
static void
check(const struct field_context *c, const struct yaml_node *n, const struct log_decl *log)
{
	bool file = log->file.text != NULL;

	if (!file && !log->namespace)
		diag_error(c->diag, n->mark, "log: a namespace or a file is wanted here");
	else if (file && log->namespace)
		diag_error(c->diag, n->mark, "log: a namespace or a file is wanted here, not both");
	else if (!file && (log->max != LOG_MAX || log->keep != LOG_KEEP))
		diag_error(c->diag, n->mark, "log: max and keep are of a file");
}

void
read_app_log(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct log_decl *log = &((struct app_decl *)to)->log;
	struct field_context mine = *c;
	const char *said = NULL;

	*log = (struct log_decl){ .max = LOG_MAX, .keep = LOG_KEEP, .mark = n->mark };
	mine.what = "log";
	if (n->kind == YAML_MAP) {
		if (field_read(&mine, read_app_log_fields, n, log))
			check(c, n, log);
	} else if (read_plain(c, "log", n, &said) && !str_eq(said, "journald")) {
		diag_error(c->diag, n->mark,
		    "log: journald, {namespace: NAME} or {file: PATH} is wanted here, not "
		    "\"%.60s\"",
		    said);
	}
}
