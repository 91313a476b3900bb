/* The person's own pager and editor, in the terminal: what cannot be done is told. */
#ifndef DROVER_TUI_LEND_H
#define DROVER_TUI_LEND_H

#include <stdbool.h>

struct console;

/* $DROVER_PAGER, $PAGER or less on a text, cleaned of what a terminal would obey. */
void lend_text(struct console *c, const char *text);

/* A command of a shell with fd, which is closed, as its standard input. hold: Enter is asked for when it has
 * ended, so that what it wrote can be read. */
void lend_input(struct console *c, const char *command, int fd, bool hold);

/* $VISUAL, $EDITOR or vi on a file, at its line. */
void lend_file(struct console *c, const char *path, int line);

#endif
