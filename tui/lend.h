/* The person's own pager and editor, in the terminal: what cannot be done is told. */
#ifndef DROVER_TUI_LEND_H
#define DROVER_TUI_LEND_H

struct console;

/* $DROVER_PAGER, $PAGER or less on a text, cleaned of what a terminal would obey. */
void lend_text(struct console *c, const char *text);

/* $VISUAL, $EDITOR or vi on a file, at its line. */
void lend_file(struct console *c, const char *path, int line);

#endif
