/*
 * The console: screens over a live herd, until the user leaves.
 *
 * Owns the terminal, the views and the polls; everything else is the call's.
 * One redraw pass at the end of a loop pass in which something changed.
 */
#ifndef DROVER_TUI_TUI_H
#define DROVER_TUI_TUI_H

struct call;
struct history_sides;
struct set;

/* Returns the exit code of DESIGN 5. */
int tui_main(struct call *call);

/* The verb keys: the effective keys of all screens, or of one. */
int tui_keys(struct call *call);

/* The screen Terms with a terminal on each of these hosts. */
int tui_terms(struct call *call, const struct set *set);

/* Recorded terminals side by side, until they end or somebody leaves. */
int tui_play(struct call *call, const struct history_sides *sides);

#endif
