/*
 * The console in lines, for screen readers and terminals that cannot be drawn on.
 *
 * The same screens, actions and questions: a screen is read out as numbered lines,
 * what is typed is a number, a key's name or an action's, and what changes is said
 * in a line each. Nothing is drawn, moved over or taken back.
 */
#ifndef DROVER_TUI_LINEAR_H
#define DROVER_TUI_LINEAR_H

#include <stdbool.h>

struct console;
struct linear;

/* --linear was given, or a variable or the terminal's type says so. */
bool linear_wanted(bool option);

struct linear *linear_new(struct console *c);
void linear_free(struct linear *l);

/* The console has composed its screen: say what is new. */
void linear_say(struct linear *l);

/* Standard input has something. False: it has ended. */
bool linear_read(struct linear *l);

#endif
