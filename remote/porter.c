#include "remote/porter.h"

#include "base/loop.h"
#include "base/mem.h"
#include "remote/message.h"
#include "remote/porter_inner.h"

static void
carry(struct carrier *c, const struct message *m, int fd)
{
	struct porter *p = container_of(c, struct porter, carrier);
	struct porter_task *t = p->tasks;
	bool begins = m->type == MESSAGE_EXEC || m->type == MESSAGE_FORWARD;

	if (begins)
		porter_begin(p, m, fd);
	if (fd >= 0)
		close(fd);
	if (begins)
		return;
	while (t && t->id != m->channel)
		t = t->next;
	if (t) /* else it ended meanwhile */
		porter_task_tell(t, m);
}

/* Credit bounds what waits here. */
static bool
is_full(const struct carrier *c)
{
	(void)c;
	return false;
}

struct porter *
porter_new(const struct porter_config *config)
{
	static const struct carrier_kind kind = { .send = carry, .full = is_full };
	struct porter *p = xcalloc(1, sizeof(*p));

	p->carrier.kind = &kind;
	p->config = xcalloc(1, sizeof(*p->config));
	*p->config = *config;
	return p;
}

static void
release(void *user)
{
	struct porter *p = user;

	free(p->config);
	free(p);
}

void
porter_free(struct porter *p)
{
	if (!p)
		return;
	while (p->tasks)
		porter_task_drop(p->tasks, !p->tasks->ended);
	loop_soon(p->config->loop, release, p);
}

struct carrier *
porter_carrier(struct porter *p)
{
	return &p->carrier;
}
