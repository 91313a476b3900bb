#include "cli/drive.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "base/file.h"
#include "base/git.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/out.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <signal.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

struct drive {
	struct drive_spec spec;
	struct run *run;
	struct loop_signal *caught[countof(signals)];
	struct loop_timer *limit;
	struct event_sink sink;
	size_t running; /* hosts begun and not ended */
	int asked, largest;
	bool ended, synced;
	enum outcome extra;
	struct err sync_err;
};

static void
on_event(void *user, const struct event *e)
{
	struct drive *d = user;
	int64_t rc;

	if (e->kind == EVENT_HOST_START)
		d->running++;
	if (e->kind != EVENT_HOST_END)
		return;
	/* A host that was never begun took no time. */
	d->running -= event_has(e, FIELD_MS) && d->running > 0;
	rc = event_int(e, FIELD_RC, 0);
	if (rc > d->largest)
		d->largest = (int)rc;
}

static void
on_stop(void *user, int signum)
{
	struct drive *d = user;

	if (d->spec.stop && !d->ended)
		d->spec.stop(d->spec.user, signum);
}

static void
on_signal(void *user, int signum)
{
	struct drive *d = user;

	call_interrupt(d->spec.call);
	if (d->asked++ == 0 && !d->spec.endless)
		out_note(d->spec.call->out, "stopping: %zu host%s running, %s again kills",
		    d->running, d->running == 1 ? "" : "s",
		    signum == SIGINT ? "Ctrl-C" : "the signal");
	run_stop(d->run, signum);
}

static void
on_limit(void *user)
{
	struct drive *d = user;

	out_note(d->spec.call->out, "drover: the time limit of the run is over: %zu host%s cut",
	    d->running, d->running == 1 ? "" : "s");
	run_stop(d->run, 0);
	run_stop(d->run, 0);
}

/* Of which commit the files were that this run was made from. */
static void
describe_git(struct event *start, const char *key, const char *path)
{
	autofree char *state = path && file_exists(path) ? git_describe(path) : NULL;

	event_map_text(start, FIELD_GIT, key, state);
}

static int64_t
silence_of(void *user, const char *host)
{
	const struct call *c = user;
	const struct host *h = c->herd ? inventory_find(c->inventory, host) : NULL;

	return h ? herd_silence_ms(herd_of(c->herd, h)) : -1;
}

/* The word as it may be told: of a variable of the command line only its name. */
static const char *
told_word(struct arena *a, const struct call *c, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < c->globals.vars.count; i++) {
		const char *var = c->globals.vars.item[i];
		size_t n = strlen(var), name = strcspn(var, "=");

		if (n > name && n <= len && str_eq(word + len - n, var))
			return arena_printf(a, "%.*s=…", (int)(len - n + name), word);
	}
	return word;
}

static void
describe_start(const struct drive_spec *spec, struct event *start)
{
	struct call *c = spec->call;
	size_t words = 0;
	autofree const char **hosts = xcalloc(spec->set->count, sizeof(*hosts));

	while (c->line[words])
		words++;
	for (size_t i = 0; i < spec->set->count; i++)
		hosts[i] = spec->set->hosts[i]->name;
	event_set_text(start, FIELD_VERB, spec->verb);
	autofree const char **told = xcalloc(words + 1, sizeof(*told));
	struct arena *a = arena_new();
	for (size_t i = 0; i < words; i++)
		told[i] = told_word(a, c, c->line[i]);
	event_set_list(start, FIELD_ARGV, told, words);
	arena_free(a);
	event_set_text(start, FIELD_FLEET, inventory_fleet(c->inventory));
	event_set_list(start, FIELD_HOSTS, hosts, spec->set->count);
	const char *path = inventory_path(c->inventory);
	if (path)
		event_set_list(start, FIELD_INVENTORY, &path, 1);
	if (spec->describe)
		spec->describe(spec->user, start);
	describe_git(start, "inventory", path);
	describe_git(start, "playbook", event_text(start, FIELD_PLAYBOOK));
}

struct drive *
drive_new(const struct drive_spec *spec)
{
	struct call *c = spec->call;
	struct drive *d = xcalloc(1, sizeof(*d));
	struct err err;
	autoevent start = { .count = 0 };
	struct run_spec run = { .loop = c->loop,
		.ledger = spec->unrecorded ? NULL : c->ledger,
		.start = &start,
		.host_count = spec->set->count };

	d->spec = *spec;
	event_init(&start, EVENT_RUN_START);
	describe_start(spec, &start);
	d->run = spec->adopt ? run_adopt(&run, spec->adopt, &err) : run_new(&run, &err);
	if (!d->run) {
		call_fail(c, &err);
		free(d);
		return NULL;
	}
	d->sink = (struct event_sink){ on_event, d };
	run_add_sink(d->run, &d->sink);
	run_on_stop(d->run, on_stop, d);
	if (!spec->silent) {
		out_follow(c->out, c->loop, d->run, spec->fold);
		out_ask_silence(c->out, silence_of, c);
	}
	for (size_t i = 0; i < countof(signals); i++)
		d->caught[i] = loop_signal_new(c->loop, signals[i], on_signal, d);
	if (c->globals.timeout_ms > 0) {
		d->limit = loop_timer_new(c->loop, on_limit, d);
		loop_timer_start(d->limit, c->globals.timeout_ms);
	}
	return d;
}

struct run *
drive_run(struct drive *d)
{
	return d->run;
}

void
drive_end(struct drive *d, enum outcome extra)
{
	d->ended = true;
	d->extra = extra;
	loop_stop(d->spec.call->loop);
}

static void
on_synced(void *user, const struct err *err)
{
	struct drive *d = user;

	d->synced = true;
	if (err)
		d->sync_err = *err;
	loop_stop(d->spec.call->loop);
}

/* Wait until all that was said is on disk; OUTCOME_OK or why it is not. */
static enum outcome
sync_all(struct drive *d)
{
	d->synced = false;
	d->sync_err.kind = OUTCOME_OK;
	run_sync(d->run, on_synced, d);
	while (!d->synced)
		loop_run(d->spec.call->loop);
	return d->sync_err.kind;
}

static void
count_traffic(struct drive *d, struct herd_counters *n)
{
	herd_counters(d->spec.call->herd, n);
	run_counter(d->run, "hosts", (int64_t)n->hosts);
	run_counter(d->run, "logins", (int64_t)n->logins);
	run_counter(d->run, "execs", (int64_t)n->execs);
	run_counter(d->run, "bytes_in", (int64_t)n->bytes_in);
	run_counter(d->run, "bytes_out", (int64_t)n->bytes_out);
	if (n->retries)
		run_counter(d->run, "retries", (int64_t)n->retries);
}

static void
print_traffic(struct out *o, const struct herd_counters *n)
{
	double hosts = n->hosts ? (double)n->hosts : 1.0;

	out_note(o,
	    "counters: logins %llu, execs %llu, bytes in %llu, bytes out %llu, "
	    "round trips a host %.2f",
	    (unsigned long long)n->logins, (unsigned long long)n->execs,
	    (unsigned long long)n->bytes_in, (unsigned long long)n->bytes_out,
	    (double)n->execs / hosts);
	if (n->retries)
		out_note(o, "counters: begun again after a lost link %llu",
		    (unsigned long long)n->retries);
	if (*n->guards)
		out_note(o, "workers: held by %s", n->guards);
}

static void
drive_free(struct drive *d)
{
	run_remove_sink(d->run, d);
	for (size_t i = 0; i < countof(signals); i++)
		loop_signal_free(d->caught[i]);
	loop_timer_free(d->limit);
	run_free(d->run);
	free(d);
}

int
drive_wait(struct drive *d, int *ret_largest)
{
	struct call *c = d->spec.call;
	struct herd_counters traffic;
	enum outcome storage;
	int code;

	while (!d->ended)
		loop_run(c->loop);
	storage = sync_all(d);
	count_traffic(d, &traffic);
	code = run_finish(d->run, outcome_worse(d->extra, storage));
	if (storage == OUTCOME_OK && sync_all(d) != OUTCOME_OK) {
		storage = d->sync_err.kind;
		code = code > 128 ? code : outcome_exit(storage);
	}
	out_unfollow(c->out);
	if (storage != OUTCOME_OK)
		call_fail(c, &d->sync_err);
	if (c->globals.verbose >= 2)
		print_traffic(c->out, &traffic);
	if (ret_largest)
		*ret_largest = d->largest;
	drive_free(d);
	return code;
}
