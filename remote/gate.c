#include "remote/gate.h"

void
gate_init(struct gate *g, int max)
{
	*g = (struct gate){ .max = max };
	g->waiting.next = g->waiting.prev = &g->waiting;
}

static void
unlink_pass(struct gate_pass *p)
{
	p->prev->next = p->next;
	p->next->prev = p->prev;
}

/* Not re-entered: whoever leaves from inside enter() is seen by the loop that runs already. */
static void
deal(struct gate *g)
{
	if (g->dealing)
		return;
	g->dealing = true;
	while (g->in < g->max && g->waiting.next != &g->waiting) {
		struct gate_pass *p = g->waiting.next;

		unlink_pass(p);
		p->place = GATE_IN;
		g->in++;
		p->enter(p->user);
	}
	g->dealing = false;
}

void
gate_wait(struct gate *g, struct gate_pass *p, void (*enter)(void *user), void *user)
{
	gate_leave(g, p);
	p->enter = enter;
	p->user = user;
	p->place = GATE_WAITING;
	p->prev = g->waiting.prev;
	p->next = &g->waiting;
	p->prev->next = p;
	g->waiting.prev = p;
	deal(g);
}

void
gate_leave(struct gate *g, struct gate_pass *p)
{
	if (p->place == GATE_WAITING)
		unlink_pass(p);
	if (p->place == GATE_IN)
		g->in--;
	p->place = GATE_OUT;
	deal(g);
}
