#include "cli/help.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/option.h"

#include <string.h>

static void
add_options(struct buf *to, const struct option *table)
{
	for (const struct option *o = table; o && o->type != OPTION_END; o++) {
		autobuf usage = BUF_INIT(200);

		if (!o->summary)
			continue;
		option_usage(o, &usage);
		if (usage.len > 26)
			buf_addf(to, "  %s\n  %26s  %s\n", buf_text(&usage), "", o->summary);
		else
			buf_addf(to, "  %-26s  %s\n", buf_text(&usage), o->summary);
	}
}

/* Lines "drover ...\tdoes this" in two columns. */
static void
add_examples(struct buf *to, const char *examples)
{
	size_t widest = 0;

	for (const char *l = examples; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		size_t n = strcspn(l, "\t\n");

		widest = n > widest ? n : widest;
	}
	for (const char *l = examples; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		size_t whole = strcspn(l, "\n"), n = strcspn(l, "\t\n");

		buf_addf(to, "  %-*.*s", n < whole ? (int)widest : (int)n, (int)n, l);
		if (n < whole)
			buf_addf(to, "  %.*s", (int)(whole - n - 1), l + n + 1);
		buf_addc(to, '\n');
	}
}

void
help_short(struct buf *to)
{
	buf_adds(to, "usage: drover [options] VERB ...\n"
		     "On a terminal, drover alone opens the console.\n"
		     "drover help lists the verbs; drover help VERB explains one.\n");
}

void
help_all(struct buf *to)
{
	buf_adds(to, "drover runs, watches and changes a small herd of Linux hosts over ssh.\n\n");
	add_examples(to, "drover\topen the console\n"
			 "drover hosts\tthe inventory\n"
			 "drover run @web -- uptime\ta command on a group\n"
			 "drover help VERB\texamples and options of one verb\n");
	buf_adds(to, "\nVerbs:\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			buf_addf(to, "  %-12s  %s\n", commands[i]->name, commands[i]->summary);
	}
	buf_adds(to, "\nOptions of every verb, before it or after:\n");
	add_options(to, globals_options);
	buf_adds(to, "  -h, --help                  examples, then options\n"
		     "  -V, --version               the version\n");
}

void
help_command(const struct command *c, struct buf *to)
{
	if (c->examples) {
		add_examples(to, c->examples);
		buf_addc(to, '\n');
	}
	buf_addf(to, "usage: drover %s%s%s\n%s\n", c->name, *c->synopsis ? " " : "", c->synopsis,
	    c->summary);
	if (c->text)
		buf_addf(to, "\n%s%s", c->text, str_ends(c->text, "\n") ? "" : "\n");
	if (c->options && c->options->type != OPTION_END) {
		buf_adds(to, "\nOptions:\n");
		add_options(to, c->options);
	}
	buf_adds(to, "\ndrover help lists the options of every verb.\n");
}

const char *
help_nearest_verb(const char *name)
{
	const char *names[64];
	size_t n = 0;

	for (size_t i = 0; commands[i] && n < countof(names) - 1; i++) {
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			names[n++] = commands[i]->name;
	}
	names[n] = NULL;
	for (size_t i = 0; i < n && strlen(name) > 1; i++) {
		if (str_starts(names[i], name))
			return names[i];
	}
	return str_nearest(name, names);
}
