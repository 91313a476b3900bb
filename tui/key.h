/*
 * Keys by name: "ctrl-r", "enter", "j", "page-down", and what else a terminal says.
 *
 * Plain values; no state.
 */
#ifndef DROVER_TUI_KEY_H
#define DROVER_TUI_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_NAME 28

struct key {
	char name[KEY_NAME]; /* a printable character stands for itself, UTF-8; space is "space" */
	bool printable;
	int row, col;     /* of the mouse: the cell, from 0 */
	const char *text; /* of a paste: what was pasted; NULL: it was too long. Until the next
			     key. */
	size_t len;
};

/* Keys that are no keys but events of the terminal. */
#define KEY_PASTE_NAME "paste"
/* The mouse, at row and col. A click comes when the button goes up where it went down; a second one
 * there within 400 ms is a double-click (after its click). A drag is a button that went up
 * elsewhere. */
#define KEY_CLICK_NAME      "click"
#define KEY_CLICK_2_NAME    "double-click"
#define KEY_DRAG_NAME       "drag"
#define KEY_WHEEL_UP_NAME   "wheel-up"
#define KEY_WHEEL_DOWN_NAME "wheel-down"
/* An answer of the terminal's about a mode: row is the mode, col its state. Never leaves tui/term. */
#define KEY_REPORT_NAME "report"

/* True when the name is one of the alternatives of a binding "j|down". */
bool key_matches(const char *binding, const char *name);

/* How a binding is shown: its first alternative, "space" as "Space", "enter" as "Enter". */
const char *key_label(const char *binding, char *to, size_t size);

#endif
