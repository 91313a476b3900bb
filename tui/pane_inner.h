/* What the parts of a pane share: the emulated terminal, and its cells as ours. For tui/pane*.c alone. */
#ifndef DROVER_TUI_PANE_INNER_H
#define DROVER_TUI_PANE_INNER_H

#include "base/buf.h"
#include "tui/rinse.h"

#include <stdbool.h>
#include <stdint.h>
#include <vterm.h>

struct cell;
struct scrollback;

struct pane {
	VTerm *vt;
	VTermScreen *screen;
	void (*send)(void *user, const void *bytes, size_t len, bool answer);
	void *user;
	struct scrollback *lines;
	struct rinse rinse;
	int rows, cols;
	int cursor_row, cursor_col;
	bool cursor, alternate, mouse;
	bool feeding;       /* what comes out now is an answer */
	struct buf answers; /* as libvterm gave them */
	uint64_t changes, bells;
};

/* A row of libvterm's as it may be shown: each cell of the width that our table says. What stands right of a
 * wide character is no cell. */
void pane_take_row(const VTermScreenCell *from, int count, struct cell *to, int cols);
/* A cell of ours as libvterm's. */
void pane_give_cell(const struct cell *from, VTermScreenCell *to);

/* Bytes of somebody's typing. */
void pane_send(const struct pane *p, const void *bytes, size_t len);

#endif
