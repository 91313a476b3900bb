/*
 * Keys by name: what ncurses reads, as "ctrl-r", "enter", "j", "page-down".
 *
 * Plain values; no state.
 */
#ifndef DROVER_TUI_KEY_H
#define DROVER_TUI_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_NAME 16

struct key {
	char name[KEY_NAME]; /* a printable character stands for itself, UTF-8; space is "space" */
	bool printable;
};

/* Keys that are no keys but events of the terminal. */
#define KEY_RESIZE_NAME "resize"
#define KEY_PASTE_NAME  "paste"

/* From wget_wch(): its return (OK or KEY_CODE_YES) and the code. false: not a key we know. */
bool key_decode(int how, unsigned code, struct key *ret);

/* True when the name is one of the alternatives of a binding "j|down". */
bool key_matches(const char *binding, const char *name);

/* How a binding is shown: its first alternative, "space" as "Space", "enter" as "Enter". */
const char *key_label(const char *binding, char *to, size_t size);

#endif
