#include "remote/gate.h"

#define SHORT_MS 500  /* what a login may take whatever the others took */
#define LONG_MS  2000 /* from here on it may be the crowd that makes it long */

void
gate_init(struct gate *g, int max)
{
	*g = (struct gate){ .max = max, .floor = max, .top = max };
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

void
gate_learn(struct gate *g, int floor, int top)
{
	g->floor = floor;
	g->top = top;
}

static void
set_width(struct gate *g, int max)
{
	g->max = max < g->floor ? g->floor : max > g->top ? g->top : max;
	g->well = g->dropped = 0;
	g->sum_ms = 0;
	deal(g);
}

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A round is as many as the gate is wide. */
void
gate_well(struct gate *g, int64_t ms)
{
	g->sum_ms += larger(ms, 0);
	if (++g->well < g->max)
		return;
	int64_t mean = g->sum_ms / g->well;
	if (g->best_ms == 0 || mean < g->best_ms)
		g->best_ms = larger(mean, 1);
	if (mean > larger(LONG_MS, 3 * g->best_ms))
		set_width(g, g->max - g->max / 4);
	else if (g->dropped == 0 && mean <= larger(SHORT_MS, 2 * g->best_ms))
		set_width(g, g->max + g->max / 16 + 1);
	else
		set_width(g, g->max);
}

/* Once a round: they all tell of the same moment. It was too many: never so many again. */
void
gate_dropped(struct gate *g)
{
	if (g->dropped++ > 0)
		return;
	g->top = g->max > g->floor ? g->max - 1 : g->floor;
	set_width(g, g->max / 2);
	g->dropped = 1;
}
