/*
 * What is round every screen: identity bar, tabs, flash line, hint bar.
 *
 * Pure: paints a scene and a view's table on a canvas. The hint bar and the
 * help page are made from the action tables and cannot disagree with the keys.
 */
#ifndef DROVER_TUI_FRAME_H
#define DROVER_TUI_FRAME_H

#include "tui/view.h"

struct canvas;

#define FRAME_TOP    2 /* identity bar, tabs */
#define FRAME_BOTTOM 2 /* flash, hints */

struct frame {
	const struct view *view;
	const struct view_class *const *tabs; /* ended by NULL */
	const struct action *global;          /* ended by a NULL key */
	const char *flash;                    /* NULL: none */
	bool flash_bad;
};

void frame_paint(const struct frame *f, struct canvas *c);

/* NULL when the action may run now, else why not. */
const char *frame_lacks(const struct view *v, const struct action *a);

#endif
