/* A host, a unit, an outcome at a glance: a word, a glyph, a style and a note. Pure. */
#ifndef DROVER_TUI_GLANCE_H
#define DROVER_TUI_GLANCE_H

#include "base/outcome.h"
#include "tui/canvas.h"
#include "tui/view.h"

enum glance {
	GLANCE_OK,
	GLANCE_WAIT, /* not asked yet */
	GLANCE_WARN,
	GLANCE_STALE, /* what is known is too old to be believed */
	GLANCE_UNREACHABLE,
	GLANCE_FAIL,
	GLANCE_COUNT
};

/* Older than this and a value is not believed any more (ux: stale data rule). */
#define GLANCE_STALE_MS 60000

enum glance glance_of(const struct scene_host *h);
/* "ok", "FAIL", "warn", "unreach", "stale", "wait" */
const char *glance_word(enum glance g);
const char *glance_glyph(enum glance g, bool ascii); /* one column */
enum style glance_style(enum glance g);

/* Three of its polls are overdue, or it does not answer: what is shown of it was true once. */
bool glance_old(const struct scene_host *h);

/* Why it is not ok, in a few words; "" when it is. */
void glance_note(const struct scene_host *h, char *to, size_t size);

/* The glyph and style of a systemd active state or a container state. */
const char *glance_unit_glyph(const char *active, bool ascii);
enum style glance_unit_style(const char *active);

/* The glyph and style of how a host or a run ended, the same on every screen. */
const char *glance_outcome_glyph(enum outcome o, bool ascii);
enum style glance_outcome_style(enum outcome o);

#endif
