#include "tui/feed_run.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/console.h"
#include "tui/launch.h"
#include "tui/lend.h"
#include "tui/planned.h"
#include "tui/run_source.h"

struct run_feed {
	struct console *console;
	struct run_source source;
	char command[512];
};

static bool
paused(void *user)
{
	const struct run_feed *f = user;

	return launch_paused(f->console->launch);
}

static int
pause_run(void *user, bool on, struct err *err)
{
	const struct run_feed *f = user;

	return launch_pause(f->console->launch, on, err);
}

static size_t
find(const struct console *c, const char *name)
{
	size_t i = 0;

	while (i < c->scene.count && !str_eq(c->scene.hosts[i].name, name))
		i++;
	return i;
}

static int
retry(void *user, const char *const *hosts, size_t count, struct err *err)
{
	const struct run_feed *f = user;
	struct console *c = f->console;
	autofree size_t *at = xcalloc(count + 1, sizeof(*at));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		at[n] = find(c, hosts[i]);
		n += at[n] < c->scene.count;
	}
	if (launch_last_playbook(c->launch))
		return launch_plan_on(c->launch, launch_last_playbook(c->launch), at, n, err);
	if (!launch_last_command(c->launch))
		return err_set(err, OUTCOME_USAGE, "this run cannot be done again from here");
	autofree char *command = xstrdup(launch_last_command(c->launch));
	return launch_command(c->launch, at, n, command, launch_last_how(c->launch), err);
}

/* What drover does about a unit is systemctl's; a command's words are in the plan. */
static const char *
command(void *user, const char *step)
{
	static const char *const verbs[] = { "reload ", "restart " };
	struct run_feed *f = user;
	const struct planned *p = launch_planned(f->console->launch);

	for (size_t i = 0; p && p->state == PLANNED_APPLIED && i < p->steps; i++) {
		if (p->step[i].command && str_eq(p->step[i].id, step))
			return p->step[i].command;
	}
	for (size_t i = 0; i < countof(verbs); i++) {
		if (!str_starts(step, verbs[i]))
			continue;
		snprintf(f->command, sizeof(f->command), "systemctl %s", step);
		return f->command;
	}
	return NULL;
}

static void
page(void *user, const char *text)
{
	const struct run_feed *f = user;

	lend_text(f->console, text);
}

struct run_feed *
run_feed_new(struct console *c)
{
	struct run_feed *f = xcalloc(1, sizeof(*f));

	f->console = c;
	f->source = (struct run_source){ .user = f,
		.paused = paused,
		.pause = pause_run,
		.retry = retry,
		.command = command,
		.page = page };
	return f;
}

void
run_feed_free(struct run_feed *f)
{
	free(f);
}

const struct run_source *
run_feed_source(const struct run_feed *f)
{
	return &f->source;
}
