#include "cli/converge.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/drive.h"
#include "cli/kept_plan.h"
#include "cli/out.h"
#include "cli/plan_view.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/apply.h"
#include "playbooks/bidding.h"
#include "playbooks/kept.h"
#include "playbooks/plan.h"
#include "playbooks/playbook.h"
#include "playbooks/undo.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>

struct converging {
	struct call *call;
	const struct converge *spec;
	struct playbook *playbook;
	struct arena *arena; /* of the kept plan */
	struct kept *kept;   /* NULL: a playbook was named */
	struct set set;
	struct apply *apply;
	struct drive *drive;
	struct loop_io *answer; /* standard input, while a question is open */
	struct loop_signal *pausing;
	bool differs, failed, paused;
	bool unknown; /* no host knows what a bidding names */
};

/* It has no playbook: what it does comes from the hosts, or from a person. */
static bool
is_asked(const struct converging *g)
{
	return g->spec->undo || g->spec->rollback || g->spec->bidding;
}

/* They would not be in the file. */
static bool
keeps_changes(struct converging *g)
{
	const struct globals *o = &g->call->globals;

	if ((!o->sets.count && !o->offset && !o->as) || (!g->kept && !g->spec->output))
		return true;
	call_usage(g->call,
	    "a kept plan does not keep --set, --offset and --as yet: say them in the "
	    "playbook, or apply without a kept plan");
	return false;
}

/* A plan has no values of variables: who gave them gives them again. */
static bool
same_vars(struct converging *g)
{
	struct call *c = g->call;
	autobuf names = BUF_INIT(1U << 20);

	if (kept_has_vars(g->kept, (const char *const *)c->globals.vars.item))
		return true;
	for (const char *const *v = g->kept->vars; v && *v; v++)
		buf_addf(&names, " -e %s=...", *v);
	call_usage(c, "%s is a plan made with variables: give the same again:%s", c->argv[0],
	    buf_text(&names));
	return false;
}

/* A kept plan stands for the playbook it was made from and what was chosen then. */
static bool
choose_kept(struct converging *g)
{
	struct call *c = g->call;
	bool good;

	g->arena = arena_new();
	if (is_asked(g))
		return true;
	g->kept = kept_plan_open(c, c->argv[0], g->arena, &good);
	if (!g->kept)
		return good;
	if (g->spec->drift) {
		call_usage(c, "%s is a plan: drift is told of a playbook", c->argv[0]);
		return false;
	}
	if (g->spec->tags || g->spec->skip_tags || g->spec->no_prune || g->spec->output ||
	    (c->globals.vars.count && !g->kept->vars)) {
		call_usage(
		    c, "%s is a plan: what was chosen for it (-e, --tags) holds", c->argv[0]);
		return false;
	}
	return same_vars(g);
}

static bool
load(struct converging *g)
{
	struct call *c = g->call;
	const struct kept *k = g->kept;
	struct diag diag;
	bool good;

	if (is_asked(g)) {
		g->playbook = playbook_none(g->spec->verb);
		if (g->spec->rollout)
			playbook_roll(g->playbook, g->spec->rollout);
		return true;
	}
	diag_init(&diag);
	const struct playbook_given given = call_given(c);
	g->playbook = playbook_load_given(k ? k->path : c->argv[0], &given, &diag);
	good = g->playbook && playbook_choose(g->playbook, k ? k->tags : g->spec->tags,
				  k ? k->skip_tags : g->spec->skip_tags, &diag);
	diag_sort(&diag);
	call_print_diag(c, &diag);
	if (!good)
		call_mistaken(c, &diag);
	diag_fini(&diag);
	bool changed = good && g->spec->before_digest && *g->spec->before_digest &&
		       !str_eq(g->spec->before_digest, playbook_digest(g->playbook));
	if (changed)
		out_note(c->out,
		    "%s is not what it was in %s (release %.12s): it is %.12s now, and that is "
		    "what "
		    "hosts get",
		    c->argv[0], g->spec->before, g->spec->before_digest,
		    playbook_digest(g->playbook));
	return good && (!k || kept_plan_fits(c, c->argv[0], k, g->playbook));
}

/* Keep of a what is in b too; both are in natural order of the same inventory. */
static void
intersect(struct set *a, const struct set *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++) {
		for (size_t k = 0; k < b->count; k++) {
			if (a->hosts[i] == b->hosts[k]) {
				a->hosts[n++] = a->hosts[i];
				break;
			}
		}
	}
	a->count = n;
}

/* The hosts that a kept plan is for. */
static const char *
kept_hosts(const struct converging *g)
{
	autofree const char **name = xcalloc(g->kept->host_count, sizeof(*name));

	for (size_t i = 0; i < g->kept->host_count; i++)
		name[i] = g->kept->host[i].name;
	autofree char *set = names_fold(name, g->kept->host_count);
	return arena_strdup(g->arena, set);
}

static bool
choose_named(struct converging *g)
{
	const char *own = g->kept ? kept_hosts(g) : playbook_hosts(g->playbook);
	const char *limit = g->spec->limit;
	struct mark at = playbook_hosts_mark(g->playbook);
	struct call *c = g->call;
	struct set narrow;

	if (is_asked(g)) {
		g->set = *g->spec->set;
		*g->spec->set = (struct set){ .hosts = NULL };
		return true;
	}
	if (!own && !limit) {
		call_usage(c, "%s names no hosts: say them with --limit SET", c->argv[0]);
		return false;
	}
	if (!call_set(c, own ? own : limit, &g->set)) {
		if (own && c->exit == outcome_exit(OUTCOME_USAGE)) {
			if (g->kept)
				out_note(c->out, "%s:2:1: in the hosts of this plan", c->argv[0]);
			else
				out_note(
				    c->out, "%s:%d:%d: in these hosts", at.file, at.line, at.col);
			c->exit = outcome_exit(OUTCOME_INPUT);
		}
		return false;
	}
	if (!own || !limit)
		return true;
	if (!call_set(c, limit, &narrow))
		return false;
	intersect(&g->set, &narrow);
	set_fini(&narrow);
	if (g->set.count == 0)
		call_usage(c, "--limit %s leaves none of the playbook's hosts", limit);
	return g->set.count > 0;
}

static bool
choose_hosts(struct converging *g)
{
	if (!choose_named(g))
		return false;
	if (!g->spec->set || is_asked(g))
		return true;
	intersect(&g->set, g->spec->set);
	if (g->set.count)
		return true;
	out_note(g->call->out, "none of its hosts is owed %s", g->call->argv[0]);
	g->call->exit = 0;
	return false;
}

/* What must be settled before any host is contacted. */
static bool
may_change(struct converging *g)
{
	struct call *c = g->call;
	struct err err;

	if (!g->spec->change)
		return true;
	if (!g->spec->anywhere && !call_pets_named(c, &g->set, g->spec->verb))
		return false;
	if (c->globals.yes || (!c->globals.no_input && isatty(STDIN_FILENO)))
		return true;
	err_set(&err, OUTCOME_HELD, "held: nobody is here to confirm the plan; if it is meant: -y");
	call_fail(c, &err);
	return false;
}

static const char *
who(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw ? pw->pw_name : "?";
}

static void
describe(void *user, struct event *start)
{
	struct converging *g = user;

	event_set_text(start, FIELD_PLAYBOOK, playbook_path(g->playbook));
	if (g->spec->undo)
		event_set_text(start, FIELD_NAME, g->spec->undo->uuid);
	else if (!g->spec->rollback && !g->spec->bidding)
		event_set_text(start, FIELD_DIGEST, playbook_digest(g->playbook));
	if (playbook_partial(g->playbook))
		event_set_text(start, FIELD_CLASS, "partial");
	if (!g->spec->change)
		event_set_int(start, FIELD_DRY_RUN, true);
}

static void
close_question(struct converging *g)
{
	if (g->answer)
		loop_io_free(g->answer);
	g->answer = NULL;
}

static void
on_answer(void *user, unsigned events)
{
	struct converging *g = user;
	char line[64] = "";
	ssize_t got = read(STDIN_FILENO, line, sizeof(line) - 1);

	(void)events;
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	close_question(g);
	if (got > 0)
		line[strcspn(line, "\r\n")] = '\0';
	if (got > 0 && (str_eq(line, "y") || str_eq(line, "yes"))) {
		apply_go(g->apply);
		return;
	}
	out_note(g->call->out, "nothing was changed");
	apply_leave(g->apply, OUTCOME_HELD);
}

static void
ask(struct converging *g, size_t hosts)
{
	out_flush(g->call->out);
	out_note(g->call->out, "change %zu host%s as shown? [y/N]", hosts, hosts == 1 ? "" : "s");
	g->answer = loop_io_new(g->call->loop, STDIN_FILENO, on_answer, g);
	loop_io_want(g->answer, LOOP_READ);
}

static bool
save(struct converging *g, const struct apply *a)
{
	struct call *c = g->call;
	struct ledger *ledger = herd_ledger(c->herd);
	struct kept k = { .path = playbook_path(g->playbook),
		.digest = playbook_digest(g->playbook),
		.fleet = inventory_fleet(c->inventory),
		.seat = ledger ? ledger_seat(ledger) : "-",
		.who = who(),
		.no_prune = g->spec->no_prune,
		.vars = (const char *const *)c->globals.vars.item,
		.tags = g->spec->tags,
		.skip_tags = g->spec->skip_tags };

	return kept_plan_save(c, g->spec->output, &k, a);
}

/* A bidding for what no host has is no success. */
static bool
nobody_knows(const struct converging *g, const struct apply *a)
{
	size_t planned = 0, steps = 0;

	for (size_t i = 0; g->spec->bidding && g->spec->bidding->name && i < apply_count(a); i++) {
		const struct plan *p = apply_plan(a, i);

		planned += p != NULL;
		steps += p ? p->count : 0;
	}
	return planned > 0 && steps == 0;
}

/* Where no hosts were named, the pets that it would change are known now. */
static bool
pets_may(struct converging *g, const struct apply *a)
{
	struct set changing = { .hosts = xcalloc(g->set.count + 1, sizeof(*changing.hosts)) };
	bool may;

	for (size_t i = 0; g->spec->anywhere && i < apply_count(a); i++) {
		const struct plan *p = apply_plan(a, i);

		if (p && plan_changes(p))
			changing.hosts[changing.count++] = g->set.hosts[i];
	}
	may = !g->spec->change || call_pets_named(g->call, &changing, g->spec->verb);
	set_fini(&changing);
	return may;
}

static void
on_planned(void *user, struct apply *a)
{
	struct converging *g = user;
	struct call *c = g->call;
	size_t hosts = apply_changing(a);

	g->differs = hosts > 0;
	if (!out_json(c->out))
		plan_view_print(a, c->out,
		    &(struct plan_look){ .diffs = !g->spec->diff || !str_eq(g->spec->diff, "none"),
			.skipped = c->globals.verbose > 0,
			.drift = g->spec->drift });
	out_flush(c->out);
	if (g->spec->output && !save(g, a))
		g->failed = true;
	g->unknown = nobody_knows(g, a);
	if (!pets_may(g, a))
		apply_leave(a, OUTCOME_HELD);
	else if (!g->spec->change)
		apply_leave(a, OUTCOME_OK);
	else if (hosts == 0 || c->globals.yes)
		apply_go(a);
	else
		ask(g, hosts);
}

static void
on_done(void *user)
{
	struct converging *g = user;

	close_question(g);
	drive_end(g->drive, g->failed                          ? OUTCOME_STORAGE
			    : g->unknown                       ? OUTCOME_FAILED
			    : g->spec->exit_code && g->differs ? OUTCOME_DIFFERS
							       : OUTCOME_OK);
}

static bool
prepare(struct converging *g)
{
	struct call *c = g->call;
	autofree struct herd_host **hosts = xcalloc(g->set.count, sizeof(struct herd_host *));
	struct apply_config config = {
		.herd = c->herd,
		.playbook = g->playbook,
		.undo = g->spec->undo,
		.rollback = g->spec->rollback,
		.bidding = g->spec->bidding,
		.hosts = hosts,
		.count = g->set.count,
		.parallel = (int)c->globals.parallel,
		.who = who(),
		.kept = g->kept,
		.no_prune = g->kept ? g->kept->no_prune : g->spec->no_prune,
		.drift = g->spec->drift,
		.cordoned_too = g->spec->cordoned_too,
		.planned = on_planned,
		.done = on_done,
		.user = g,
	};
	struct diag diag;

	for (size_t i = 0; i < g->set.count; i++)
		hosts[i] = herd_of(c->herd, g->set.hosts[i]);
	diag_init(&diag);
	g->apply = apply_new(&config, &diag);
	diag_sort(&diag);
	call_print_diag(c, &diag);
	if (!g->apply)
		call_mistaken(c, &diag);
	diag_fini(&diag);
	return g->apply != NULL;
}

static void
on_pause(void *user, int signum)
{
	struct converging *g = user;

	(void)signum;
	g->paused = !g->paused;
	apply_pause(g->apply, g->paused);
}

static int
carry_out(struct converging *g)
{
	struct call *c = g->call;
	struct drive_spec drive = {
		.call = c, .set = &g->set, .verb = g->spec->verb, .describe = describe, .user = g
	};
	int code;

	out_uses_stdin(c->out);
	g->drive = drive_new(&drive);
	if (!g->drive)
		return c->exit;
	if (g->spec->change)
		g->pausing = loop_signal_new(c->loop, SIGUSR2, on_pause, g);
	apply_start(g->apply, drive_run(g->drive));
	code = drive_wait(g->drive, NULL);
	if (g->pausing)
		loop_signal_free(g->pausing);
	return code;
}

int
converge(struct call *c, const struct converge *spec)
{
	struct converging g = { .call = c, .spec = spec };
	int code;

	code = choose_kept(&g) && keeps_changes(&g) && load(&g) && choose_hosts(&g) &&
		       may_change(&g) && call_herd(c) && prepare(&g)
		   ? carry_out(&g)
		   : c->exit;
	apply_free(g.apply);
	set_fini(&g.set);
	playbook_free(g.playbook);
	arena_free(g.arena);
	return code;
}
