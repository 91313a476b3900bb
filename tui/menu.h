/*
 * What there is to choose from: the help page, the actions for the thing under the cursor, what can be
 * copied of it.
 *
 * Pure: made from a view and the keymap of its scene, which is there. Items of actions and screens have
 * their struct keymap_row as `what`, those to be copied their text as `value`. Caller frees.
 */
#ifndef DROVER_TUI_MENU_H
#define DROVER_TUI_MENU_H

#include "tui/picker.h"
#include "tui/view.h"

struct picker *menu_help(const struct view *v);
struct picker *menu_actions(const struct view *v);

/* address(user, host) gives where a host is, borrowed, or NULL. */
struct picker *menu_copy(
    const struct view *v, const char *(*address)(void *user, const char *host), void *user);

#endif
