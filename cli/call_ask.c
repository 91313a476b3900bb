#include "cli/ask.h"
#include "cli/call.h"
#include "cli/out.h"

static void
on_busy(void *user, bool busy)
{
	struct call *c = user;

	out_hold(c->out, busy);
}

bool
call_can_ask(struct call *c)
{
	struct ask_config config = { .busy = on_busy, .user = c };

	if (c->console_ask)
		return true;
	if (c->globals.no_input)
		return false;
	if (!c->ask) {
		config.loop = call_loop(c);
		c->ask = config.loop ? ask_new(&config) : NULL;
	}
	return c->ask != NULL;
}

uint32_t
call_ask(struct call *c, const struct question *q)
{
	if (!call_can_ask(c))
		return 0;
	return c->console_ask ? c->console_ask(c, q) : ask_put(c->ask, q);
}

void
call_unask(struct call *c, uint32_t id)
{
	if (c->console_unask)
		c->console_unask(c, id);
	else if (c->ask)
		ask_withdraw(c->ask, id);
}

void
call_interrupt(struct call *c)
{
	if (c->ask)
		ask_interrupt(c->ask);
}

uint32_t
call_ask_secret(struct call *c, const char *prompt,
    void (*answer)(void *user, const char *subject, const char *line), void *user,
    const char *subject)
{
	return call_ask(
	    c, &(struct question){
		   .prompt = prompt, .subject = subject, .answer = answer, .user = user });
}
