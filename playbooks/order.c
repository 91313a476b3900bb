#include "playbooks/order.h"

#include "base/mem.h"

#include <string.h>

/* One more than the highest level of those that host h waits for; 0: it waits for nobody. */
static unsigned
level_of(const struct order_app *app, size_t apps, const bool *mine, const unsigned *after)
{
	unsigned level = 0;

	for (size_t a = 0; a < apps; a++) {
		for (size_t i = 0; mine[a] && i < app[a].need_count; i++) {
			size_t need = app[a].need[i];

			if (!mine[need] && after[need] > level)
				level = after[need];
		}
	}
	return level;
}

/* For each app the level behind all hosts that have it; 0: no host has it. */
static void
find_after(size_t apps, const bool *has, size_t hosts, const unsigned *level, unsigned *after)
{
	memset(after, 0, apps * sizeof(*after));
	for (size_t h = 0; h < hosts; h++)
		for (size_t a = 0; a < apps; a++)
			if (has[h * apps + a] && level[h] + 1 > after[a])
				after[a] = level[h] + 1;
}

bool
order_hosts(const struct order_app *app, size_t apps, const bool *has, size_t hosts, unsigned *ret)
{
	autofree unsigned *after = xcalloc(apps + 1, sizeof(*after));
	bool moved = true;

	memset(ret, 0, hosts * sizeof(*ret));
	/* Each round settles a level at least, and there is none above the number of hosts. */
	for (size_t round = 0; moved && round <= hosts; round++) {
		moved = false;
		find_after(apps, has, hosts, ret, after);
		for (size_t h = 0; h < hosts; h++) {
			unsigned level = level_of(app, apps, has + h * apps, after);

			moved = moved || level != ret[h];
			ret[h] = level;
		}
	}
	if (moved)
		memset(ret, 0, hosts * sizeof(*ret));
	return !moved;
}
