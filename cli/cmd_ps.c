#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "engine/herd.h"
#include "engine/probe.h"
#include "engine/status.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "playbooks/bidding.h"

#include <string.h>

#define ANSWER_MAX (4U << 20)

struct options {
	bool failed, owned;
	const char *name;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 0, "failed", AT(failed), .summary = "only what has failed" },
	{ OPTION_FLAG, 0, "owned", AT(owned),
	    .summary = "only units that were put there, of users too, and containers" },
	{ OPTION_TEXT, 0, "name", AT(name), "PATTERN", .summary = "only names that match" },
	{ .type = OPTION_END },
};

/* What each host of the set answered, by its place in the inventory. */
struct answers {
	struct status *status;
	bool *came;
};

static void
on_answer(
    void *user, struct herd_host *hh, const struct probe_answer *answer, const struct err *err)
{
	struct asking *a = user;
	struct answers *all = a->user;
	size_t i = herd_host_of(hh)->index;
	struct err verdict = *err;

	if (!asking_wants(a, hh))
		return;
	if (err->kind == OUTCOME_OK &&
	    status_parse(&all->status[i], answer->body, answer->len, NULL, &verdict) == 0)
		all->came[i] = true;
	asking_done(a, hh, &verdict);
}

static void
ask(struct asking *a, struct herd_host *hh)
{
	struct probe_spec spec = {
		.program = host_status_sh, .max = ANSWER_MAX, .done = on_answer, .user = a
	};

	probe_start(hh, &spec);
}

/* "shop-0.service", or "shop-0" of a container, as an instance of shop. */
static bool
is_instance(const char *name, const char *app)
{
	size_t n = strlen(app), digits;

	if (strncmp(name, app, n) != 0 || name[n] != '-')
		return false;
	digits = strspn(name + n + 1, "0123456789");
	return digits > 0 && (!name[n + 1 + digits] || str_eq(name + n + 1 + digits, ".service"));
}

static bool
has_app(const struct status *s, const char *app)
{
	for (size_t i = 0; i < s->unit_count; i++)
		if (s->units[i].owned && is_instance(s->units[i].name, app))
			return true;
	return false;
}

/* The second operand, read as start, stop and restart read it. */
static bool
is_named(const char *name, const char *user, const char *operand, bool app)
{
	size_t n = strlen(operand), whose = strlen(user);

	if (strchr(operand, '/'))
		return strncmp(operand, user, whose) == 0 && operand[whose] == '/' &&
		       str_eq(operand + whose + 1, name);
	if (bidding_names_unit(operand))
		return str_eq(name, operand);
	if (app)
		return is_instance(name, operand);
	return strncmp(name, operand, n) == 0 && (!name[n] || str_eq(name + n, ".service"));
}

static bool
wanted(const struct options *o, const char *name, bool failed, bool owned)
{
	return (!o->failed || failed) && (!o->owned || owned) &&
	       (!o->name || str_glob(o->name, name));
}

static void
print_host(struct call *call, const char *host, const struct status *s)
{
	const struct options *o = call->options;
	const char *operand = call->argc > 1 ? call->argv[1] : NULL;
	bool app = operand && has_app(s, operand);

	for (size_t i = 0; i < s->unit_count; i++) {
		const struct unit_status *u = &s->units[i];
		char since[8] = "";

		if (!wanted(o, u->name, str_eq(u->active, "failed"), u->owned) ||
		    (operand && !is_named(u->name, u->user, operand, app)))
			continue;
		if (u->since_s >= 0)
			clock_short(u->since_s * 1000, since, sizeof(since));
		out_row(call->out, (const char *const[]){ host, "unit", u->name, u->active, u->sub,
				       since[0] ? since : NULL, u->user[0] ? u->user : NULL });
	}
	for (size_t i = 0; i < s->container_count; i++) {
		const struct container_status *c = &s->containers[i];
		bool failed = !str_eq(c->state, "running") && !str_eq(c->state, "created");

		if (wanted(o, c->name, failed, true) &&
		    (!operand || is_named(c->name, c->user, operand, app)))
			out_row(
			    call->out, (const char *const[]){ host, "container", c->name, c->state,
					   c->status, NULL, c->user[0] ? c->user : NULL });
	}
}

static void
print(struct asking *a)
{
	static const char *const columns[] = { "host", "kind", "name", "state", "sub", "since",
		"user" };
	const struct answers *all = a->user;

	out_table(a->call->out, columns, countof(columns));
	for (size_t i = 0; i < a->set->count; i++) {
		size_t at = a->set->hosts[i]->index;

		if (all->came[at])
			print_host(a->call, a->set->hosts[i]->name, &all->status[at]);
	}
	out_table_end(a->call->out);
}

static int
run(struct call *call)
{
	autofree char *words = set_words(call, call->argc ? call->argv[0] : "@all", false);
	struct answers all;
	struct set set;
	struct asking a = { .call = call,
		.set = &set,
		.verb = "ps",
		.unrecorded = true,
		.ask = ask,
		.print = print,
		.user = &all };
	int code;

	if (call->argc > 1 && !bidding_name_ok(call->argv[1]))
		return call_usage(
		    call, "'%.100s' is no name of a unit, an app or an instance", call->argv[1]);
	if (!words || !call_set(call, words, &set))
		return call->exit;
	size_t count = inventory_count(call->inventory);
	all.status = xcalloc(count, sizeof(*all.status));
	all.came = xcalloc(count, sizeof(*all.came));
	for (size_t i = 0; i < count; i++)
		status_init(&all.status[i]);
	code = asking_run(&a);
	for (size_t i = 0; i < count; i++)
		status_fini(&all.status[i]);
	free(all.status);
	free(all.came);
	set_fini(&set);
	return code;
}

const struct command command_ps = {
	.name = "ps",
	.synopsis = "[SET [NAME]]",
	.summary = "list units and containers on hosts",
	.text =
	    "Services, sockets and timers that are not inactive, and every container; one exec a\n"
	    "host. NAME is an app (shop), one of its instances (shop-0) or a unit in full\n"
	    "(nginx.service), as start and stop read it.\n",
	.examples = "drover ps\teverything on every host\n"
		    "drover ps @web --owned\twhat was put there, not what came with the system\n"
		    "drover ps @web shop\tthe instances of an app\n"
		    "drover ps --failed\twhat has failed\n"
		    "drover ps db1 --name 'postgres*'\tby name\n",
	.options = options,
	.options_size = sizeof(struct options),
	.max_args = 2,
	.run = run,
};
