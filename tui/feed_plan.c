#include "tui/feed_plan.h"

#include "base/err.h"
#include "base/mem.h"
#include "tui/console.h"
#include "tui/launch.h"
#include "tui/plan_source.h"
#include "tui/planned.h"

struct plan_feed {
	struct console *console;
	struct plan_source source;
	int holders;
};

static const struct planned *
look(void *user)
{
	const struct plan_feed *f = user;

	return launch_planned(f->console->launch);
}

static void
hold(void *user, bool on)
{
	struct plan_feed *f = user;
	const struct planned *p = look(f);

	f->holders += on ? 1 : -1;
	if (f->holders || !p || p->state != PLANNED_WAITS)
		return;
	launch_answer(f->console->launch, false);
	console_flash(f->console, false, "the plan was left: nothing was changed");
}

static int
plan(void *user, const char *path, bool drift, struct err *err)
{
	const struct plan_feed *f = user;

	return launch_plan(f->console->launch, path, drift, err);
}

static int
leave_host(void *user, size_t host, bool out, struct err *err)
{
	const struct plan_feed *f = user;

	return launch_leave_host(f->console->launch, host, out, err);
}

static int
leave_step(void *user, size_t step, bool out, struct err *err)
{
	const struct plan_feed *f = user;

	return launch_leave_step(f->console->launch, step, out, err);
}

static void
apply(void *user)
{
	const struct plan_feed *f = user;

	launch_answer(f->console->launch, true);
}

struct plan_feed *
plan_feed_new(struct console *c)
{
	struct plan_feed *f = xcalloc(1, sizeof(*f));

	f->console = c;
	f->source = (struct plan_source){ .user = f,
		.look = look,
		.hold = hold,
		.plan = plan,
		.leave_host = leave_host,
		.leave_step = leave_step,
		.apply = apply };
	return f;
}

void
plan_feed_free(struct plan_feed *f)
{
	free(f);
}

const struct plan_source *
plan_feed_source(const struct plan_feed *f)
{
	return &f->source;
}
