#include "playbooks/limits.h"

#include "base/buf.h"
#include "base/mem.h"
#include "playbooks/ability.h"
#include "playbooks/notes.h"

void
limits_put_unit(const struct app_limits *l, struct buf *to)
{
	if (l->cpu_percent)
		buf_addf(to, "CPUQuota=%lld%%\n", (long long)l->cpu_percent);
	if (l->memory)
		buf_addf(to, "MemoryMax=%lld\n", (long long)l->memory);
	if (l->tasks)
		buf_addf(to, "TasksMax=%lld\n", (long long)l->tasks);
	if (l->io)
		buf_addf(to, "IOWeight=%lld\n", (long long)l->io);
	if (l->nofile)
		buf_addf(to, "LimitNOFILE=%lld\n", (long long)l->nofile);
}

/* Where podman may raise limits it does, and the option holds the payload to what was said. Where it may not,
 * that option makes it fail, and what the unit says stays. */
void
limits_put_options(const struct app_limits *l, const struct ability *can, struct buf *to)
{
	if (l->nofile && (can->raises || !can->known))
		buf_addf(to, " \\\n  --ulimit=nofile=%lld:%lld", (long long)l->nofile,
		    (long long)l->nofile);
}

void
limits_note(
    const struct app_limits *l, const struct ability *can, const char *who, struct notes *ret)
{
	const struct {
		const char *name;
		bool lacks;
	} each[] = {
		{ "cpu", l->cpu_percent && !can->cpu },
		{ "memory", l->memory && !can->memory },
		{ "tasks", l->tasks && !can->tasks },
		{ "io", l->io && !can->io },
	};
	autobuf names = BUF_INIT(100);

	if (!can->known)
		return;
	for (size_t i = 0; i < countof(each); i++)
		if (each[i].lacks)
			buf_addf(&names, "%s%s", names.len ? ", " : "", each[i].name);
	if (names.len)
		notes_add(ret,
		    "not enforced: limits of %s: %s (the host has no control group controller for "
		    "that)",
		    who, buf_text(&names));
	if (l->io && can->io && !can->weights)
		notes_add(ret,
		    "not enforced: limits of %s: io (no disk of the host shares by weight)", who);
}
