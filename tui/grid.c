#include "tui/grid.h"

#include <limits.h>

static int
at_least_one(int n)
{
	return n < 1 ? 1 : n;
}

/* How well so many across would do: what the smallest pane has of a screen of 80x24, in both directions. */
static long
worth(int height, int width, int down, int across)
{
	long rows = height / down - 1, cols = (width + 1) / across - 1;

	rows = rows < 24 ? rows : 24;
	cols = cols < 80 ? cols : 80;
	return rows * cols;
}

void
grid_make(int height, int width, size_t count, struct grid *ret)
{
	int most_down = at_least_one(height / (GRID_LEAST_ROWS + 1));
	int most_across = at_least_one((width + 1) / (GRID_LEAST_COLS + 1));
	size_t room = (size_t)most_down * (size_t)most_across;
	size_t here = count < room ? count : room;
	long best = LONG_MIN;

	*ret = (struct grid){ .height = at_least_one(height), .width = at_least_one(width) };
	here = here ? here : 1;
	for (int across = 1; across <= most_across && (size_t)across <= here; across++) {
		int down = (int)((here + (size_t)across - 1) / (size_t)across);

		if (down > most_down || worth(height, width, down, across) < best)
			continue;
		best = worth(height, width, down, across);
		ret->down = down;
		ret->across = across;
	}
	ret->per_page = (size_t)ret->down * (size_t)ret->across;
	ret->pages = count ? (count + ret->per_page - 1) / ret->per_page : 1;
}

/* All of one size: what is equal is to look equal. What is left over stays blank. */
void
grid_place(const struct grid *g, size_t slot, struct grid_box *ret)
{
	int r = (int)(slot / (size_t)g->across), c = (int)(slot % (size_t)g->across);
	int height = g->height / g->down, width = (g->width + 1) / g->across;

	*ret = (struct grid_box){ .row = height * r + 1,
		.col = width * c,
		.rows = at_least_one(height - 1),
		.cols = at_least_one(width - 1) };
}
