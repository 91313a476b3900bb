#include "remote/crowd.h"

#include "base/mem.h"
#include "base/strmap.h"
#include "remote/gate.h"

/* sshd turns some away from the eleventh that is not logged in yet (MaxStartups 10:30:100). */
#define FIRST 8
#define MOST  64

struct crowd {
	char *door;
	struct gate gate;
};

struct crowds {
	struct crowd **list; /* gates do not move: passes point into them */
	size_t count, cap;
	struct strmap by_door;
};

struct crowds *
crowds_new(void)
{
	return xcalloc(1, sizeof(struct crowds));
}

void
crowds_free(struct crowds *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++) {
		free(all->list[i]->door);
		free(all->list[i]);
	}
	free(all->list);
	strmap_fini(&all->by_door);
	free(all);
}

struct crowd *
crowd_at(struct crowds *all, const char *door)
{
	size_t at;

	if (strmap_find(&all->by_door, door, &at))
		return all->list[at];
	struct crowd *c = xcalloc(1, sizeof(*c));
	c->door = xstrdup(door);
	gate_init(&c->gate, FIRST);
	gate_learn(&c->gate, 1, MOST);
	mem_grow(all->list, all->count, all->cap);
	strmap_add(&all->by_door, c->door, all->count, NULL);
	all->list[all->count++] = c;
	return c;
}

struct gate *
crowd_gate(struct crowd *c)
{
	return &c->gate;
}
