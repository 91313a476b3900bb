#include "cli/dispatch.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/option.h"
#include "cli/out.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
make_out(struct call *call)
{
	const struct globals *g = &call->globals;
	struct out_config config = {
		.json = g->json,
		.quiet = g->quiet,
		.verbose = g->verbose,
		.color = g->color,
		.progress = g->progress,
	};

	if (!call->out)
		call->out = out_new(&config);
}

static int
print_help(struct call *call)
{
	autobuf page = BUF_INIT(1 << 16);

	if (call->command)
		help_command(call->command, &page);
	else
		help_all(&page);
	out_text(call->out, buf_text(&page), page.len);
	return 0;
}

static int
without_verb(struct call *call)
{
	autobuf text = BUF_INIT(1024);

	if (call->console && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return call->console(call);
	help_short(&text);
	out_note(call->out, "%.*s", (int)(text.len - 1), buf_text(&text));
	return outcome_exit(OUTCOME_USAGE);
}

static int
check_and_run(struct call *call)
{
	const struct command *c = call->command;

	if (c->flags & COMMAND_NO_JSON && call->globals.json)
		return call_usage(call, "%s has nothing to say in JSON", c->name);
	if (!(c->flags & COMMAND_VARS) && call->globals.vars.count > 0 &&
	    !call->globals.vars.from_environment)
		return call_usage(
		    call, "%s takes no variables: -e is for plan, apply, lint and ui", c->name);
	if (!(c->flags & COMMAND_SETS) &&
	    (call->globals.sets.count || call->globals.offset || call->globals.as))
		return call_usage(call,
		    "%s takes no --set, --offset or --as: they are for plan, apply, diff, apps and "
		    "lint",
		    c->name);
	if (call->argc < c->min_args)
		return call_usage(
		    call, "%s needs more: drover %s %s", c->name, c->name, c->synopsis);
	if (c->max_args >= 0 && call->argc > c->max_args)
		return call_usage(call, "%s takes no '%s': drover %s %s", c->name,
		    call->argv[c->max_args], c->name, c->synopsis);
	return c->run(call);
}

/* The part behind the verb: argv[0] is its first word. */
static int
dispatch(struct call *call, int argc, char **argv)
{
	const struct command *c = call->command;
	struct option_scope scopes[] = { { c->options, call->options },
		{ globals_options, &call->globals } };
	struct option_parse p = { .scopes = scopes,
		.scope_count = countof(scopes),
		.stop_after = c->flags & COMMAND_STOP_OPT ? 2 : -1 };
	struct err err;
	int failed = option_parse(&p, argc, argv, &err);

	make_out(call);
	if (p.help)
		return print_help(call);
	if (failed < 0) {
		err_wrap(&err, "%s", c->name);
		return call_fail(call, &err);
	}
	if (p.version)
		return command_version.run(call);
	call->argc = p.operand_count;
	call->argv = p.operands;
	call->dashes = p.dashes;
	return check_and_run(call);
}

/* Everything before the verb and the verb itself. */
static int
begin(struct call *call, int argc, char **argv)
{
	struct option_scope globals = { globals_options, &call->globals };
	struct option_parse p = { .scopes = &globals, .scope_count = 1, .stop_after = 1 };
	struct err err;

	if (option_environment(&globals, &err) < 0 || option_parse(&p, argc, argv, &err) < 0) {
		make_out(call);
		return call_fail(call, &err);
	}
	if (p.help || p.version || p.operand_count == 0) {
		make_out(call);
		return p.help      ? print_help(call)
		       : p.version ? command_version.run(call)
				   : without_verb(call);
	}
	call->command = command_find(p.operands[0]);
	if (!call->command) {
		make_out(call);
		return call_no_verb(call, p.operands[0]);
	}
	call->options = xcalloc(1, call->command->options_size);
	return dispatch(call, p.operand_count - 1, p.operands + 1);
}

static void
end(struct call *call)
{
	struct option_scope globals = { globals_options, &call->globals };

	call_close(call);
	if (call->command && call->options) {
		struct option_scope own = { call->command->options, call->options };

		option_fini(&own);
	}
	option_fini(&globals);
	free(call->options);
}

/* A result that was lost on its way out outweighs what the hosts came to, but not a refusal, a
 * bug, a mistake in what was asked, or a signal. */
static int
with_lost_output(int code)
{
	int lost = outcome_exit(OUTCOME_STORAGE);

	return code == 2 || code == 3 || code > lost ? code == 12 ? lost : code : lost;
}

int
dispatch_main(int argc, char **argv, const struct dispatch_screens *screens)
{
	struct call call = { .console = screens->console,
		.keys = screens->keys,
		.terms = screens->terms,
		.play = screens->play };
	autofree char **line = xcalloc((size_t)argc + 1, sizeof(*line));
	autofree char **words = xcalloc((size_t)argc + 1, sizeof(*words));
	int code;

	memcpy(line, argv, (size_t)argc * sizeof(*line));
	memcpy(words, argv, (size_t)argc * sizeof(*words));
	call.line = line;
	signal(SIGPIPE, SIG_IGN);
	code = begin(&call, argc > 0 ? argc - 1 : 0, words + (argc > 0));
	end(&call);
	if (!out_free(call.out))
		code = with_lost_output(code);
	return code;
}
