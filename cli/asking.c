#include "cli/asking.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/drive.h"
#include "engine/herd.h"
#include "engine/sweep.h"
#include "inventory/set.h"

struct asking_state {
	struct asking *a;
	struct drive *drive;
};

static void
on_begin(void *user, struct herd_host *hh)
{
	struct asking_state *s = user;

	s->a->ask(s->a, hh);
}

static void
on_cut(void *user, struct herd_host *hh)
{
	struct asking_state *s = user;

	s->a->cut(s->a, hh);
}

static void
on_done(void *user)
{
	struct asking_state *s = user;

	if (s->a->print)
		s->a->print(s->a);
	drive_end(s->drive, s->a->extra);
}

static void
on_stop(void *user, int signum)
{
	struct asking_state *s = user;

	(void)signum;
	if (s->a->sweep)
		sweep_stop(s->a->sweep);
}

int
asking_run(struct asking *a)
{
	struct asking_state s = { .a = a };
	struct drive_spec drive = { .call = a->call,
		.set = a->set,
		.verb = a->verb,
		.unrecorded = a->unrecorded,
		.stop = on_stop,
		.user = &s };
	autofree struct herd_host **hosts = xcalloc(a->set->count, sizeof(struct herd_host *));
	struct sweep_spec sweep = { .hosts = hosts,
		.count = a->set->count,
		.parallel = a->parallel ? a->parallel : (int)a->call->globals.parallel,
		.begin = on_begin,
		.cut = a->cut ? on_cut : NULL,
		.done = on_done,
		.user = &s };
	int code;

	if (!call_herd(a->call))
		return a->call->exit;
	for (size_t i = 0; i < a->set->count; i++)
		hosts[i] = herd_of(a->call->herd, a->set->hosts[i]);
	s.drive = drive_new(&drive);
	if (!s.drive)
		return a->call->exit;
	sweep.herd = a->call->herd;
	sweep.run = a->run = drive_run(s.drive);
	a->sweep = sweep_start(&sweep);
	code = drive_wait(s.drive, NULL);
	/* Answers of hosts that were cut may still be on their way: nobody is to be told. */
	herd_free(take(a->call->herd));
	sweep_free(a->sweep);
	return code;
}

bool
asking_wants(const struct asking *a, const struct herd_host *hh)
{
	return sweep_wants(a->sweep, hh);
}

void
asking_done(struct asking *a, struct herd_host *hh, const struct err *err)
{
	sweep_host_done(a->sweep, hh, err);
}
