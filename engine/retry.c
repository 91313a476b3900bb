#include "engine/retry.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "engine/herd.h"

#define LOOK_MS 50 /* a worker tells of the commands first, then of the session */

struct retry {
	struct herd_job job;
	struct herd_host *hh;
	struct retry_spec spec;
	struct loop_timer *timer;
};

bool
retry_may(const struct err *err)
{
	return err->kind == OUTCOME_UNKNOWN || err->kind == OUTCOME_UNREACHABLE;
}

static void
drop(struct herd_job *job)
{
	struct retry *r = container_of(job, struct retry, job);

	loop_timer_free(r->timer);
	free(r);
}

static void
on_timer(void *user)
{
	struct retry *r = user;
	struct herd_host *hh = r->hh;
	const struct retry_spec spec = r->spec;
	bool again = herd_session_number(hh) != spec.session;

	herd_remove_job(&r->job);
	drop(&r->job);
	if (again)
		herd_count_retry(hh);
	spec.tell(spec.user, hh, again);
	herd_release(hh);
}

void
retry_ask(struct herd_host *hh, const struct retry_spec *spec)
{
	struct retry *r = xcalloc(1, sizeof(*r));

	r->hh = hh;
	r->spec = *spec;
	r->job.drop = drop;
	herd_hold(hh);
	herd_add_job(herd_host_herd(hh), &r->job);
	r->timer = loop_timer_new(herd_loop(herd_host_herd(hh)), on_timer, r);
	loop_timer_start(r->timer, LOOK_MS);
}
