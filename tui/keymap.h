/*
 * Which key does what: every action of every screen with the keys it has now.
 *
 * Owns its rows; the action tables are borrowed for its life. Made from the tables, changed by a preset
 * and by the user's keys.conf, then read only. Whatever shows a key or looks for one asks here.
 */
#ifndef DROVER_TUI_KEYMAP_H
#define DROVER_TUI_KEYMAP_H

#include "base/diag.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct keymap;

/* Whose key it is; a screen's own come first, then moves, then screens, then those of all screens. */
enum keymap_kind { KEYMAP_VIEW, KEYMAP_MOVE, KEYMAP_SCREEN, KEYMAP_GLOBAL };

struct keymap_row {
	enum keymap_kind kind;
	const char *screen;             /* "fleet"; "*" for all */
	const struct view_class *class; /* VIEW: whose it is; SCREEN: which it opens */
	const struct action *action;    /* MOVE and SCREEN have no run() */
	char *keys;                     /* "j|down"; "" when it has none */
	bool user;                      /* from keys.conf */
	bool all;                       /* there for every screen */
	struct mark at;                 /* there */
};

/* The keys that move in lists and texts; the last of each is what views know them by. */
extern const struct action keymap_moves[];

/* Classes ended by NULL, global by a NULL key. The map has the default keys. */
struct keymap *keymap_new(const struct view_class *const *classes, const struct action *global);
void keymap_free(struct keymap *m);

/* "default", "k9s" or "vim", over what the map has. False: there is none of that name. */
bool keymap_preset(struct keymap *m, const char *name);
extern const char *const keymap_presets[]; /* ended by NULL */

/* Give an action these keys ("r|f5", "" for none), as keys.conf says at that place. Screen "*": on every screen that has it. Blanks in a
 * name may be dashes. Returns how many rows there are of it. */
size_t keymap_set(struct keymap *m, const char *screen, const char *action, const char *keys,
    const struct mark *at);

/* Two actions that want one key on one screen, where keys.conf brought it about. all: also where the
 * tables themselves do. Added to d; returns how many. */
size_t keymap_clashes(const struct keymap *m, bool all, struct diag *d);

/* A file's text: lines "SCREEN ACTION = KEY...", "preset = NAME", # comments. Mistakes go to d; what is
 * right takes effect. preset, unless NULL, stands instead of the file's. */
void keymap_read(struct keymap *m, const char *file, const char *text, size_t len,
    const char *preset, struct diag *d);

/* The user's file, if there is one, and all its mistakes and clashes. -1: err is kind INPUT; d has what
 * is to be printed when the file could be read. */
int keymap_load(struct keymap *m, const char *preset, struct diag *d, struct err *err);

/* The keys of an action as they are now, or those of its table: it is not in the map, or m is NULL. */
const char *keymap_keys(const struct keymap *m, const struct action *a);

const struct keymap_row *keymap_rows(const struct keymap *m, size_t *ret_count);

/* The row of this kind that a key belongs to on a screen of this class; NULL: none. */
const struct keymap_row *keymap_find(
    const struct keymap *m, const struct view_class *class, enum keymap_kind kind, const char *key);

/* What a view is to be told when this key is pressed: its own name, or that of the move it has become.
 * NULL: the key was a move's and is not any more. */
const char *keymap_move(const struct keymap *m, const char *key);

/* The binding "j|down" as people read it: "j Down". */
const char *keymap_label(const char *keys, char *to, size_t size);

#endif
