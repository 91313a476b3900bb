#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "inventory/nodeset.h"
#include "inventory/set.h"
#include "inventory/source.h"

#include <string.h>

struct options {
	bool expand, fold, count;
	const char *separator;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 'e', "expand", AT(expand), .summary = "print every name" },
	{ OPTION_FLAG, 'f', "fold", AT(fold), .summary = "print the shortest set (the default)" },
	{ OPTION_FLAG, 'c', "count", AT(count), .summary = "print how many names there are" },
	{ OPTION_TEXT, 'S', "sep", AT(separator), "TEXT",
	    .summary = "what stands between expanded names, \\n and \\t too; a blank by default" },
	{ .type = OPTION_END },
};

/* Only what speaks of groups, globs and tests looks into an inventory. */
static bool
wants_inventory(const char *expr)
{
	return strpbrk(expr, "@*?=") != NULL;
}

/* False when there is an inventory and it is wrong; none at all is for names_eval() to say. */
static bool
open_inventory(struct call *call, const char *expr, const struct inventory **ret)
{
	struct err err;

	*ret = NULL;
	if (!wants_inventory(expr))
		return true;
	if (call->globals.inventory.count == 0) {
		autofree char *found = source_find(&err);

		if (!found)
			return true;
	}
	*ret = call_inventory(call);
	return *ret != NULL;
}

static void
write_separator(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (s[0] == '\\' && (s[1] == 'n' || s[1] == 't'))
			buf_addc(b, *++s == 'n' ? '\n' : '\t');
		else
			buf_addc(b, *s);
	}
}

static void
answer_json(struct call *call, const struct names *n, const char *fold)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_int(&w, "count", (int64_t)n->count);
	json_put_text(&w, "fold", fold);
	json_open_array(&w, "names");
	for (size_t i = 0; i < n->count; i++)
		json_put_text(&w, NULL, n->name[i]);
	json_close(&w);
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(call->out, buf_text(&b), b.len);
}

static void
answer(struct call *call, const struct names *n)
{
	const struct options *o = call->options;
	const char *separator = o->separator ? o->separator : " ";
	autobuf b = BUF_INIT(SIZE_MAX);

	if (o->count && !out_json(call->out)) {
		out_line(call->out, "%zu", n->count);
		return;
	}
	if (!o->expand || out_json(call->out)) {
		autofree char *fold = names_fold((const char *const *)n->name, n->count);

		if (out_json(call->out))
			answer_json(call, n, fold);
		else
			out_line(call->out, "%s", fold);
		return;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (i)
			write_separator(&b, separator);
		buf_adds(&b, n->name[i]);
	}
	buf_addc(&b, '\n');
	out_text(call->out, buf_text(&b), b.len);
}

static void
answer_error(struct call *call, const struct err *err)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	if (!out_json(call->out)) {
		utf8_clean_line(&b, err->text, strlen(err->text));
		out_line(call->out, "error: %s", buf_text(&b));
		return;
	}
	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	json_put_data(&w, "error", err->text, strlen(err->text));
	json_close(&w);
	buf_addc(&b, '\n');
	out_text(call->out, buf_text(&b), b.len);
}

/* A line in, a line out, at once: whoever asks may be waiting for it. */
static int
run_lines(struct call *call)
{
	autofree char *line = NULL;
	size_t cap = 0;

	out_uses_stdin(call->out);
	while (getline(&line, &cap, stdin) >= 0) {
		const struct inventory *inv;
		struct names n;
		struct err err = { 0 };

		line[strcspn(line, "\r\n")] = '\0';
		if (!open_inventory(call, line, &inv))
			return call->exit;
		if (names_eval(inv, line, &n, &err) == 0) {
			answer(call, &n);
			names_fini(&n);
		} else {
			answer_error(call, &err);
		}
		out_flush(call->out);
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return str_natural(a, b);
}

/* Move the names of one expression behind those of the others. */
static void
append(struct names *all, struct names *more)
{
	all->name = xrealloc(all->name, all->count + more->count + 1, sizeof(*all->name));
	memcpy(all->name + all->count, more->name, more->count * sizeof(*more->name));
	all->count += more->count;
	free(more->name);
}

static void
sort_unique(struct names *n)
{
	size_t kept = 0;

	nodeset_sort((void **)n->name, n->count, compare);
	for (size_t i = 0; i < n->count; i++) {
		if (kept && str_eq(n->name[i], n->name[kept - 1]))
			free(n->name[i]);
		else
			n->name[kept++] = n->name[i];
	}
	n->count = kept;
}

static int
run_words(struct call *call)
{
	struct names all = { 0 };
	int code = 0;

	for (int i = 0; i < call->argc && code == 0; i++) {
		const struct inventory *inv;
		struct names n;
		struct err err = { 0 };

		if (!open_inventory(call, call->argv[i], &inv))
			code = call->exit;
		else if (names_eval(inv, call->argv[i], &n, &err) < 0)
			code = call_fail(call, &err);
		else
			append(&all, &n);
	}
	if (code == 0) {
		sort_unique(&all);
		answer(call, &all);
	}
	names_fini(&all);
	return code;
}

static int
run(struct call *call)
{
	const struct options *o = call->options;

	if (o->expand + o->fold + o->count > 1)
		return call_usage(call, "one of --expand, --fold and --count");
	for (int i = 0; i < call->argc; i++) {
		if (str_eq(call->argv[i], "-") && call->argc > 1)
			return call_usage(call, "- stands alone: it reads expressions, one a line");
	}
	return str_eq(call->argv[0], "-") ? run_lines(call) : run_words(call);
}

const struct command command_nodes = {
	.name = "nodes",
	.synopsis = "EXPR...",
	.summary = "expand, fold or count sets of names",
	.text = "Plain names need no inventory and need not be in one; @groups, globs and "
		"key=value do\n"
		"look there. Several EXPR are joined. With - each line of standard input is an\n"
		"expression and gets one line as its answer: error: ... when it is refused.\n",
	.examples = "drover nodes --expand 'web[01-03]'\tweb01 web02 web03\n"
		    "drover nodes --fold web1 web2 db1\tdb1,web[1-2]\n"
		    "drover nodes --count '@all!@db'\thow many hosts are not in db\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
