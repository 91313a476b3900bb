#include "playbooks/comeback.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "engine/herd.h"
#include "engine/retry.h"

#define TRY_MS 1000

struct comeback {
	struct herd_host *hh;
	struct loop_timer *timer;
	int64_t until;
	void (*done)(void *user, const struct err *err);
	void *user;
};

static void
on_session(void *user, struct session *s, const struct err *err)
{
	struct comeback *c = user;

	if (s) {
		c->done(c->user, NULL);
		return;
	}
	if (!retry_may(err) || loop_now_ms(herd_loop(herd_host_herd(c->hh))) >= c->until) {
		struct err why = *err;

		c->done(c->user, &why);
		return;
	}
	loop_timer_start(c->timer, TRY_MS);
}

static void
on_timer(void *user)
{
	struct comeback *c = user;

	/* What is left of the old session is of no use, even where nobody has noticed yet. */
	herd_disconnect(c->hh);
	herd_session(c->hh, on_session, c);
}

struct comeback *
comeback_new(struct herd_host *hh, int64_t limit_ms,
    void (*done)(void *user, const struct err *err), void *user)
{
	struct comeback *c = xcalloc(1, sizeof(*c));
	struct loop *loop = herd_loop(herd_host_herd(hh));

	c->hh = hh;
	c->until = loop_now_ms(loop) + limit_ms;
	c->done = done;
	c->user = user;
	c->timer = loop_timer_new(loop, on_timer, c);
	loop_timer_start(c->timer, TRY_MS);
	return c;
}

void
comeback_free(struct comeback *c)
{
	if (!c)
		return;
	herd_forget(c->hh, c);
	loop_timer_free(c->timer);
	free(c);
}
