#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/fan.h"
#include "cli/out.h"
#include "cli/prompt.h"
#include "cli/set_words.h"
#include "inventory/set.h"

#include <errno.h>
#include <string.h>

#define INPUT_MAX (64U << 20)

struct options {
	bool fold, largest, argv, diff, become, stream, prompt;
	const char *input;
	int64_t host_timeout_ms;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 'I', "interactive", AT(prompt),
	    .summary = "a prompt: each line is a command" },
	{ OPTION_FLAG, 'b', "fold", AT(fold), .summary = "show equal outputs once, at the end" },
	{ OPTION_FLAG, 0, "stream", AT(stream),
	    .summary = "show output as it comes (the default)" },
	{ OPTION_FLAG, 'S', "largest", AT(largest),
	    .summary = "exit with the largest status of the hosts' commands" },
	{ OPTION_FLAG, 0, "argv", AT(argv),
	    .summary = "quote each word, so that no shell there reads it" },
	{ OPTION_TEXT, 0, "stdin", AT(input), "FILE",
	    .summary = "the same standard input for every host; - for ours" },
	{ OPTION_DURATION, 0, "host-timeout", AT(host_timeout_ms), "DUR",
	    .summary = "for one host's command; it is cut and unknown after that" },
	{ OPTION_FLAG, 0, "diff", AT(diff),
	    .summary = "compare hosts with each other (not built yet)" },
	{ OPTION_FLAG, 'B', "become", AT(become),
	    .summary = "as root, or the inventory's become_user, by its become (sudo)" },
	{ .type = OPTION_END },
};

/* A B C: joined with blanks for the login shell, as ssh does; --argv quotes each. */
static char *
command_of(const struct call *call, const struct options *o)
{
	struct buf b = BUF_INIT(SIZE_MAX);

	for (int i = 1; i < call->argc; i++) {
		if (i > 1)
			buf_addc(&b, ' ');
		if (o->argv)
			str_shell_quote(&b, call->argv[i]);
		else
			buf_adds(&b, call->argv[i]);
	}
	return buf_detach(&b, &(size_t){ 0 });
}

static bool
read_input(struct call *call, const char *path, struct buf *input)
{
	struct err err;
	size_t n = 0;

	if (!path)
		return true;
	if (!str_eq(path, "-")) {
		autofree char *text = file_read(path, INPUT_MAX, &n, &err);

		if (!text) {
			call_fail(call, &err);
			return false;
		}
		buf_add(input, text, n);
		return true;
	}
	out_uses_stdin(call->out);
	for (;;) {
		char piece[65536];
		ssize_t got = read(STDIN_FILENO, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_errno(&err, "standard input");
			err.kind = OUTCOME_INPUT;
			call_fail(call, &err);
			return false;
		}
		if (got == 0)
			return true;
		if (!buf_add(input, piece, (size_t)got)) {
			call_usage(call, "standard input is larger than %u MiB", INPUT_MAX >> 20);
			return false;
		}
	}
}

static int
run_on(struct call *call, const struct set *set, const char *command, const struct buf *input)
{
	const struct options *o = call->options;
	const struct fan_spec spec = { .call = call,
		.set = set,
		.command = command,
		.input = input->data,
		.input_len = input->len,
		.who = o->become ? ERRAND_BECOME : ERRAND_LOGIN,
		.timeout_ms = o->host_timeout_ms,
		.fold = o->fold };
	struct fan_result result;

	fan_run(&spec, &result);
	return o->largest && result.code < 2 && result.largest > 0 ? result.largest : result.code;
}

/* Each line is a command. */
static int
run_prompt(struct call *call)
{
	const struct options *o = call->options;
	const struct prompt_spec spec = { .fold = o->fold,
		.become = o->become,
		.largest = o->largest,
		.timeout_ms = o->host_timeout_ms };
	struct set set;
	int code;

	if (call->argc > 1)
		return call_usage(call, "with -I commands are typed: drover run -I SET");
	if (o->argv || o->input)
		return call_usage(call, "%s has no use with -I", o->argv ? "--argv" : "--stdin");
	autofree char *words = set_words(call, call->argv[0], true);
	if (!words || !call_set(call, words, &set))
		return call->exit;
	code = call_herd(call) ? prompt_run(call, &set, &spec) : call->exit;
	set_fini(&set);
	return code;
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	autofree char *command = command_of(call, o);
	autobuf input = BUF_INIT(INPUT_MAX);
	autofree char *words = NULL;
	struct set set;
	int code;

	if (o->diff)
		return call_usage(call, "run --diff is not built yet; -b folds equal outputs");
	if (o->prompt)
		return run_prompt(call);
	if (call->argc < 2 || command[strspn(command, " \t\n")] == '\0')
		return call_usage(call, "run needs a command: drover run SET -- CMD...");
	words = set_words(call, call->argv[0], o->input && str_eq(o->input, "-"));
	if (!words || !call_set(call, words, &set))
		return call->exit;
	code = !read_input(call, o->input, &input) || !call_herd(call)
		   ? call->exit
		   : run_on(call, &set, command, &input);
	set_fini(&set);
	return code;
}

const struct command command_run = {
	.name = "run",
	.synopsis = "SET [--] CMD... | -I SET",
	.summary = "run a command on hosts",
	.text =
	    "The words of CMD are joined with blanks and read by the login shell of each host, as\n"
	    "ssh does; --argv quotes each word instead. A SET of - is read from standard input, a\n"
	    "line at a time. Output comes as \"host: line\", errors on standard error; -b shows\n"
	    "equal outputs once. The run is recorded: drover history show last.\n"
	    "\n"
	    "With -I each line of standard input is a command for the hosts of SET, at a prompt "
	    "where it\n"
	    "is a terminal. @WEB CMD, -WEB CMD and +WEB CMD change the hosts for one line, alone "
	    "for all\n"
	    "that follow; ? tells them. cd is remembered, = turns -b on and off, !CMD runs here, "
	    "quit or\n"
	    "Ctrl-D leaves. Ctrl-C cuts the command that runs. Each command is a run in the "
	    "ledger; there\n"
	    "is one login a host for all of them.\n"
	    "\n"
	    "The first Ctrl-C starts no more hosts and lets the running end; the second cuts "
	    "them,\n"
	    "and they are unknown.\n",
	.examples = "drover run @web -- uptime\ton every host of a group\n"
		    "drover run -b 'web[1-20]' -- uname -r\tequal outputs once\n"
		    "drover run --argv db1 -- touch 'a file'\tno shell reads the words\n"
		    "drover run -I @web\ta prompt: each line is a command\n"
		    "drover run --stdin list.txt @web -- sort -u\tthe same input for all\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = -1,
	.flags = COMMAND_STOP_OPT,
	.run = run,
};
