#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/apps_view.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/known_playbook.h"
#include "cli/out.h"
#include "cli/sightings.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/playbook.h"
#include "playbooks/roster.h"
#include "playbooks/wanted.h"

struct options {
	const char *limit;
	bool instances, containers, exit_code;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_TEXT, 'l', "limit", AT(limit), "SET", .summary = "only these hosts" },
	{ OPTION_FLAG, 0, "instances", AT(instances), .summary = "a row for each replica" },
	{ OPTION_FLAG, 0, "containers", AT(containers),
	    .summary = "also containers that drover did not make" },
	{ OPTION_FLAG, 0, "exit-code", AT(exit_code),
	    .summary = "exit 5 when something is not as it is wanted" },
	{ .type = OPTION_END },
};

/* What the hosts of the set are asked, and what each answered. */
struct work {
	struct call *call;
	struct set *set;
	const char *only; /* the playbook that was named: nothing else is shown */
	struct playbook *playbook;
	struct wanted *wanted;
	struct sightings seen;
	char alias[32];
};

static void
ask(struct asking *a, struct herd_host *hh)
{
	struct work *w = a->user;
	autofree char *units = wanted_names(w->wanted, herd_host_of(hh)->name);

	sightings_ask(&w->seen, a, hh, units);
}

static const char *
alias_of(void *user, const char *run)
{
	struct work *w = user;
	struct ledger *l = herd_ledger(w->call->herd);
	struct ledger_row row;
	struct err err;

	if (!l || !ledger_find_run(l, run, &row, &err) || !row.alias)
		return NULL;
	str_copy(w->alias, sizeof(w->alias), row.alias);
	return w->alias;
}

static void
print(struct asking *a)
{
	struct work *w = a->user;
	const struct options *o = a->call->options;
	autofree struct roster_host *host = xcalloc(w->set->count + 1, sizeof(*host));
	struct apps_look look = {
		.instances = o->instances, .containers = o->containers, .alias = alias_of, .user = w
	};

	for (size_t i = 0; i < w->set->count; i++) {
		size_t at = w->set->hosts[i]->index;

		host[i] = (struct roster_host){ .name = w->set->hosts[i]->name,
			.sight = w->seen.came[at] ? &w->seen.item[at] : NULL,
			.why = outcome_name(w->seen.err[at].kind) };
	}
	struct roster *r = roster_new(&(struct roster_input){
	    .host = host, .count = w->set->count, .wanted = w->wanted, .only = w->only });
	apps_view_print(r, &look, a->call->out);
	if (o->exit_code && roster_differs(r))
		a->extra = OUTCOME_DIFFERS;
	roster_free(r);
}

static bool
load(struct work *w)
{
	struct call *c = w->call;
	const char *path = known_playbook(c);
	struct diag diag;

	if (!path)
		return true;
	diag_init(&diag);
	const struct playbook_given given = call_given(c);
	w->playbook = playbook_load_given(path, &given, &diag);
	diag_sort(&diag);
	call_print_diag(c, &diag);
	if (!w->playbook)
		call_mistaken(c, &diag);
	diag_fini(&diag);
	if (w->playbook && c->argc)
		w->only = playbook_name(w->playbook);
	return w->playbook != NULL;
}

static const char *
fact_of(void *user, const struct host *h, const char *key)
{
	return herd_fact(herd_of(user, h), key);
}

/* The hosts the playbook is for; false when they are wrong: exit 3, as for any mistake in a file. */
static bool
own_hosts(struct work *w, const char *expr, struct set *ret)
{
	struct call *c = w->call;
	struct mark at = playbook_hosts_mark(w->playbook);

	if (call_set(c, expr, ret))
		return true;
	if (c->exit == outcome_exit(OUTCOME_USAGE)) {
		out_note(c->out, "%s:%d:%d: in these hosts", known_playbook(c), at.line, at.col);
		c->exit = outcome_exit(OUTCOME_INPUT);
	}
	return false;
}

static bool
want(struct work *w, const struct set *hosts)
{
	struct call *c = w->call;
	struct diag diag;

	diag_init(&diag);
	w->wanted = wanted_new(&(struct wanted_spec){ .playbook = w->playbook,
				   .hosts = hosts->hosts,
				   .count = hosts->count,
				   .fact = fact_of,
				   .user = c->herd },
	    &diag);
	diag_sort(&diag);
	if (!w->wanted) {
		call_print_diag(c, &diag);
		c->exit = outcome_exit(OUTCOME_INPUT);
	}
	diag_fini(&diag);
	return w->wanted != NULL;
}

static bool
has_host(const struct set *s, const struct host *h)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->hosts[i] == h)
			return true;
	return false;
}

/* Who is asked: the hosts of the playbook that was named, or all, of which --limit leaves some. */
static bool
choose(struct work *w)
{
	struct call *c = w->call;
	const struct options *o = c->options;
	const char *expr = w->playbook ? playbook_hosts(w->playbook) : NULL;
	struct set own = { 0 };
	size_t n = 0;
	bool good = true;

	if (w->only && !expr && !o->limit) {
		call_usage(c, "%s names no hosts: say them with --limit SET", c->argv[0]);
		return false;
	}
	if (!call_set(c, o->limit ? o->limit : "@all", w->set))
		return false;
	if (expr)
		good = own_hosts(w, expr, &own) && want(w, &own);
	else if (w->only)
		good = want(w, w->set);
	for (size_t i = 0; good && expr && w->only && i < w->set->count; i++)
		if (has_host(&own, w->set->hosts[i]))
			w->set->hosts[n++] = w->set->hosts[i];
	if (good && expr && w->only)
		w->set->count = n;
	set_fini(&own);
	if (good && w->set->count == 0)
		call_usage(c, "--limit %s leaves none of the playbook's hosts", o->limit);
	return good && w->set->count > 0;
}

static int
ask_all(struct work *w)
{
	struct asking a = { .call = w->call,
		.set = w->set,
		.verb = "apps",
		.unrecorded = true,
		.ask = ask,
		.print = print,
		.user = w };
	int code;

	sightings_init(&w->seen, inventory_count(w->call->inventory), false);
	code = asking_run(&a);
	sightings_fini(&w->seen);
	return code;
}

static int
run(struct call *call)
{
	struct set set = { 0 };
	struct work w = { .call = call, .set = &set };
	int code;

	code = load(&w) && call_herd(call) && choose(&w) ? ask_all(&w) : call->exit;
	set_fini(&set);
	wanted_free(w.wanted);
	playbook_free(w.playbook);
	return code;
}

const struct command command_apps = {
	.name = "apps",
	.synopsis = "[PLAYBOOK]",
	.summary = "list what is wanted to run against what is found",
	.text =
	    "Wanted is what the playbook says, and what drover put on each host (its manifest "
	    "there\n"
	    "tells). Found is what one exec a host sees: units, their files' digests, containers "
	    "and\n"
	    "the images they run. Nothing is applied. WANT and HAVE count over all hosts; a ? "
	    "behind\n"
	    "HAVE means that some host could not be looked at. Without PLAYBOOK it is\n"
	    "$DROVER_PLAYBOOK, else ./playbook.yaml, and what other playbooks put there is listed\n"
	    "too; without any, the manifests alone say what is wanted.\n",
	.examples =
	    "drover apps\teverything drover put on the hosts\n"
	    "drover apps site.yaml\tthis playbook's alone\n"
	    "drover apps --instances -l web1\ta row for each replica\n"
	    "drover apps --exit-code --json site.yaml\tfor programs: 5 when something differs\n",
	.options = options,
	.options_size = sizeof(struct options),
	.max_args = 1,
	.flags = COMMAND_VARS | COMMAND_SETS,
	.run = run,
};
