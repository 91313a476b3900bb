#include "cli/prompt.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/call.h"
#include "cli/fan.h"
#include "cli/local_command.h"
#include "cli/out.h"
#include "cli/prompt_input.h"
#include "cli/prompt_line.h"
#include "cli/prompt_place.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SHOWN_COLUMNS 40 /* of the set and the place in a prompt, each */

struct prompt {
	struct call *call;
	const struct prompt_spec *spec;
	struct prompt_input *input;
	struct set set; /* owned */
	struct prompt_place place, before;
	bool fold;
	int worst, largest, signum;
};

static void
set_copy(const struct set *from, struct set *to)
{
	*to =
	    (struct set){ .hosts = xcalloc(from->count, sizeof(*to->hosts)), .count = from->count };
	memcpy(to->hosts, from->hosts, from->count * sizeof(*to->hosts));
}

static bool
set_has(const struct set *s, const struct host *h)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->hosts[i] == h)
			return true;
	return false;
}

static int
by_index(const void *a, const void *b)
{
	const struct host *const *x = a, *const *y = b;

	return (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

/* base with more, or without it; of base and more each. */
static void
set_join(const struct set *base, const struct set *more, bool add, struct set *ret)
{
	*ret = (struct set){ .hosts = xcalloc(base->count + more->count, sizeof(*ret->hosts)) };
	for (size_t i = 0; i < base->count; i++)
		if (add || !set_has(more, base->hosts[i]))
			ret->hosts[ret->count++] = base->hosts[i];
	for (size_t i = 0; add && i < more->count; i++)
		if (!set_has(base, more->hosts[i]))
			ret->hosts[ret->count++] = more->hosts[i];
	if (ret->count)
		qsort(ret->hosts, ret->count, sizeof(*ret->hosts), by_index);
}

/* @db is the group where there is one, as everywhere; else the set behind the @. Caller frees. */
static char *
expression_of(const struct prompt *p, const struct prompt_prefix *prefix)
{
	size_t n = strcspn(prefix->set, ",!&^");
	autofree char *first = xmemdup0(prefix->set, n);

	if (prefix->change == PROMPT_ONLY &&
	    (inventory_find_group(p->call->inventory, first) || str_eq(first, "*")))
		return xasprintf("@%s", prefix->set);
	return xstrdup(prefix->set);
}

static bool
set_change(struct prompt *p, struct set *set, const struct prompt_prefix *prefix)
{
	autofree char *expression = expression_of(p, prefix);
	struct set other, joined;

	p->call->exit = 0;
	if (!call_set(p->call, expression, &other))
		return false;
	if (prefix->change == PROMPT_ONLY) {
		set_fini(set);
		*set = other;
		return true;
	}
	set_join(set, &other, prefix->change == PROMPT_MORE, &joined);
	set_fini(&other);
	if (joined.count == 0) {
		set_fini(&joined);
		call_usage(p->call, "-%s leaves no host", prefix->set);
		return false;
	}
	set_fini(set);
	*set = joined;
	return true;
}

/* The hosts that a line means, in *ret; false: said why not. */
static bool
hosts_of(struct prompt *p, const struct prompt_line *line, struct set *ret)
{
	set_copy(&p->set, ret);
	for (size_t i = 0; i < line->count; i++) {
		if (!set_change(p, ret, &line->prefix[i])) {
			set_fini(ret);
			return false;
		}
	}
	return true;
}

static void
add_cut(struct buf *to, const char *text, int columns)
{
	autobuf clean = BUF_INIT(SIZE_MAX);

	utf8_clean_line(&clean, text, strlen(text));
	size_t n = utf8_cut(buf_text(&clean), clean.len, columns, NULL);
	buf_add(to, buf_text(&clean), n);
	if (n < clean.len)
		buf_adds(to, "...");
}

/* "PROD web[1-20] (20) /srv" */
static void
add_state(const struct prompt *p, struct buf *to, int columns)
{
	const struct environment *e = inventory_environment(p->call->inventory);
	autofree const char **names = xcalloc(p->set.count, sizeof(*names));
	autobuf place = BUF_INIT(SIZE_MAX);

	for (size_t i = 0; i < p->set.count; i++)
		names[i] = p->set.hosts[i]->name;
	autofree char *folded = names_fold(names, p->set.count);
	if (e->name) {
		add_cut(to, e->name, columns);
		buf_addc(to, ' ');
	}
	add_cut(to, folded, columns);
	if (p->set.count > 1)
		buf_addf(to, " (%zu)", p->set.count);
	prompt_place_show(&p->place, &place);
	if (place.len) {
		buf_addc(to, ' ');
		add_cut(to, buf_text(&place), columns);
	}
}

static void
tell_who(const struct prompt *p)
{
	autobuf line = BUF_INIT(SIZE_MAX);

	add_state(p, &line, INT16_MAX);
	out_note(p->call->out, "%s; %s", buf_text(&line),
	    p->fold ? "equal outputs once" : "output as it comes");
}

/* Of two exit codes the one that decides, as for hosts. */
static int
worse(int a, int b)
{
	enum outcome x = OUTCOME_OK, y = OUTCOME_OK;

	if (a == b || b == 0)
		return a;
	if (a == 0 || b > 128)
		return b;
	for (int i = OUTCOME_COUNT - 1; i >= 0; i--) {
		x = outcome_exit((enum outcome)i) == a ? (enum outcome)i : x;
		y = outcome_exit((enum outcome)i) == b ? (enum outcome)i : y;
	}
	return outcome_worse(x, y) == x ? a : b;
}

static void
note_mistake(struct prompt *p)
{
	p->worst = worse(p->worst, p->call->exit ? p->call->exit : outcome_exit(OUTCOME_USAGE));
	p->call->exit = 0;
}

/* The command on the hosts, from the place. */
static void
run_there(struct prompt *p, const struct set *set, const struct prompt_place *place,
    const char *command, struct fan_result *ret)
{
	autobuf whole = BUF_INIT(SIZE_MAX);
	struct fan_spec fan = { .call = p->call,
		.set = set,
		.who = p->spec->become ? ERRAND_BECOME : ERRAND_LOGIN,
		.timeout_ms = p->spec->timeout_ms,
		.fold = p->fold,
		.typed = true };

	prompt_place_before(place, &whole);
	buf_adds(&whole, command);
	fan.command = buf_text(&whole);
	p->call->exit = 0;
	fan_run(&fan, ret);
	p->worst = worse(p->worst, ret->code);
	p->largest = ret->largest > p->largest ? ret->largest : p->largest;
	/* Who sits here goes on; a script is at its end. */
	if (ret->signum && (ret->signum != SIGINT || !prompt_input_is_terminal(p->input)))
		p->signum = ret->signum;
}

static void
run_command(struct prompt *p, const struct prompt_line *line)
{
	struct fan_result result;
	struct set set;

	if (!hosts_of(p, line, &set)) {
		note_mistake(p);
		return;
	}
	run_there(p, &set, &p->place, line->command, &result);
	set_fini(&set);
}

/* It is gone to on every host now, so that a host where it is missing says so now. */
static void
change_place(struct prompt *p, const struct prompt_line *line)
{
	struct fan_result result;
	struct prompt_place next;

	if (line->count > 0) {
		call_usage(p->call,
		    "cd is for all hosts of the prompt: set them first, by @, + or - alone");
		note_mistake(p);
		return;
	}
	if (str_eq(line->command, "-")) {
		prompt_place_copy(&p->before, &next);
	} else if (!prompt_place_go(&p->place, line->command, &next)) {
		call_usage(p->call,
		    "more than %d cd that each go on from the last: say the whole path",
		    PROMPT_STEPS);
		note_mistake(p);
		return;
	}
	if (next.count > 0) {
		run_there(p, &p->set, &next, ":", &result);
		/* Nobody is there. */
		if (result.good == 0) {
			prompt_place_fini(&next);
			return;
		}
	}
	prompt_place_fini(&p->before);
	p->before = p->place;
	p->place = next;
}

static void
keep_hosts(struct prompt *p, const struct prompt_line *line)
{
	struct set set;

	if (!hosts_of(p, line, &set)) {
		note_mistake(p);
		return;
	}
	set_fini(&p->set);
	p->set = set;
	if (!prompt_input_is_terminal(p->input))
		return;
	tell_who(p);
}

static void
run_here(struct prompt *p, const char *command)
{
	struct err err;
	int status;

	out_flush(p->call->out);
	status =
	    local_command_run(p->call->loop, command, prompt_input_is_terminal(p->input), &err);
	if (status < 0)
		call_fail(p->call, &err);
	else if (WIFSIGNALED(status))
		out_note(p->call->out, "drover: ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		out_note(p->call->out, "drover: ended with status %d", WEXITSTATUS(status));
	if (status != 0)
		p->worst = worse(p->worst, outcome_exit(OUTCOME_FAILED));
	p->call->exit = 0;
}

/* False: it was the last. */
static bool
obey(struct prompt *p, const struct prompt_line *line)
{
	switch (line->kind) {
	case PROMPT_NOTHING:
		break;
	case PROMPT_COMMAND:
		run_command(p, line);
		break;
	case PROMPT_PLACE:
		change_place(p, line);
		break;
	case PROMPT_HOSTS:
		keep_hosts(p, line);
		break;
	case PROMPT_WHO:
		tell_who(p);
		break;
	case PROMPT_FOLD:
		p->fold = !p->fold;
		out_note(p->call->out, "%s", p->fold ? "equal outputs once" : "output as it comes");
		break;
	case PROMPT_LOCAL:
		run_here(p, line->command);
		break;
	case PROMPT_LEAVE:
		return false;
	}
	return p->signum == 0;
}

static bool
next_line(struct prompt *p)
{
	autobuf shown = BUF_INIT(4096);
	struct prompt_line line;

	add_state(p, &shown, SHOWN_COLUMNS);
	buf_adds(&shown, "> ");
	autofree char *text = prompt_input_next(p->input, buf_text(&shown), &p->signum);
	if (!text)
		return false;
	const char *wrong = prompt_line_read(text, &line);
	if (wrong) {
		call_usage(p->call, "%s", wrong);
		note_mistake(p);
		return true;
	}
	bool more = obey(p, &line);
	prompt_line_fini(&line);
	return more;
}

/* Whoever sat at it has seen how each command ended; a script has only the exit code. */
static int
code_of(const struct prompt *p)
{
	bool seen = prompt_input_is_terminal(p->input);

	if (p->signum)
		return 128 + p->signum;
	if (p->spec->largest)
		return p->worst < 2 && p->largest > 0 ? p->largest : p->worst;
	if (prompt_input_failed(p->input))
		return worse(p->worst, outcome_exit(OUTCOME_INPUT));
	return seen ? 0 : p->worst;
}

int
prompt_run(struct call *call, const struct set *set, const struct prompt_spec *spec)
{
	struct prompt p = { .call = call, .spec = spec, .fold = spec->fold };
	int code;

	set_copy(set, &p.set);
	p.input = prompt_input_new(call);
	if (prompt_input_is_terminal(p.input))
		out_note(call->out,
		    "each line is a command for the hosts; ? tells which, @SET others, "
		    "= folds, !CMD is for here, Ctrl-D leaves");
	while (next_line(&p))
		;
	code = code_of(&p);
	prompt_input_free(p.input);
	prompt_place_fini(&p.place);
	prompt_place_fini(&p.before);
	set_fini(&p.set);
	return code;
}
