#include "tui/feed_plan.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tui/console.h"
#include "tui/launch.h"
#include "tui/lend.h"
#include "tui/plan_source.h"
#include "tui/planned.h"

#include <string.h>

struct plan_feed {
	struct console *console;
	struct plan_source source;
	int holders;
	bool looking;
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

static int
keep(void *user, const char *path, struct err *err)
{
	const struct plan_feed *f = user;
	autofree char *beside = xasprintf("%s.txt", path), *text = planned_text(look(user));

	if (launch_keep(f->console->launch, path, err) < 0)
		return -1;
	return file_replace(beside, text, strlen(text), 0600, err);
}

static void
edit(void *user, const char *path, int line)
{
	const struct plan_feed *f = user;

	lend_file(f->console, path, line);
}

void
plan_feed_told(struct plan_feed *f)
{
	const struct planned *p = look(f);
	bool looking = p && p->state == PLANNED_LOOKING;

	if (f->looking && p && p->state == PLANNED_WAITS && !f->holders)
		console_flash(f->console, false, "the plan of %s is ready: 5", p->playbook);
	f->looking = looking;
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
		.apply = apply,
		.keep = keep,
		.edit = edit };
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
