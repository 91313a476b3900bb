/* What is typed of a path, carried on as far as the files there leave no choice. */
#ifndef DROVER_TUI_COMPLETE_H
#define DROVER_TUI_COMPLETE_H

#include <stddef.h>

struct buf;

/* input is changed in place, never beyond size; a directory ends in a slash. Only directories and names
 * that end in one of endings (ended by NULL; NULL: all) count. Where there is a choice its names go to
 * `choice`, with blanks between. Returns how many there are. */
size_t complete_path(char *input, size_t size, const char *const *endings, struct buf *choice);

#endif
