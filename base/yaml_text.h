/*
 * What may stand in a YAML file before it is parsed: UTF-8 without characters that
 * act on a terminal or hide in a line. Pure.
 */
#ifndef DROVER_BASE_YAML_TEXT_H
#define DROVER_BASE_YAML_TEXT_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Controls but TAB and LF, DEL, C1, U+2028-9. Bidirectional marks are told by the second. */
bool yaml_text_is_control(uint32_t c);
bool yaml_text_is_bidi(uint32_t c);

/* False when something may not stand in a file at all, by line and column, to diag. */
bool yaml_text_check(const char *file, const char *text, size_t len, struct diag *diag);

/* False when a scalar holds something it may not: told to diag as U+XXXX. */
bool yaml_text_check_scalar(
    struct mark at, const char *text, size_t len, bool block, struct diag *diag);

/* JSON writes what lies beyond U+FFFF as two escapes, which are no YAML: the text with the character
 * itself in their place, or NULL when it holds none. Caller frees; *len becomes its length. */
char *yaml_text_join_pairs(const char *text, size_t *len);

/* The blanks before the lines of a text that | begins in the first line of these: those of the first
 * line that holds more. 0 when the author says them himself, as |2. */
int yaml_text_indent(const char *text, size_t len);

#endif
