/*
 * UTF-8: decode, measure in terminal columns, cut, and the one sanitiser.
 *
 * Pure; nothing is owned; the same in every locale. All text from hosts, files
 * and environments passes utf8_clean() once before it meets a terminal: what
 * comes out holds no control byte but TAB and LF, and nothing that a terminal
 * obeys, hides or turns round.
 */
#ifndef DROVER_BASE_UTF8_H
#define DROVER_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* The character at p, of at most n bytes: its length 1..4, or 0 when the bytes there are not
 * UTF-8 (overlong, surrogate, cut off, n 0). */
size_t utf8_decode(const char *p, size_t n, uint32_t *ret);

/* Append the character c as UTF-8. */
void utf8_encode(struct buf *b, uint32_t c);

/* All n bytes are UTF-8. */
bool utf8_valid(const char *p, size_t n);

/* The bytes of p that do not end inside a character that may still be completed: n, or up to 3
 * less. What is not UTF-8 for good counts as whole. */
size_t utf8_whole(const char *p, size_t n);

/* Columns of a character: 0 combining, 2 wide (CJK, emoji), else 1. Controls count 0. */
int utf8_width(uint32_t c);

/* Columns of n bytes; a byte that is not UTF-8 counts 1. */
int utf8_columns(const char *p, size_t n);

/* How many bytes of p fit into this many columns, combining marks kept with their base. Columns
 * used go to ret_columns unless it is NULL. */
size_t utf8_cut(const char *p, size_t n, int columns, int *ret_columns);

/* Append n bytes made safe to print: controls but TAB and LF as ^[ ^M ^?, C1 and invisible or
 * direction-changing characters as <U+202E>, bytes that are not UTF-8 as <9b>. */
void utf8_clean(struct buf *to, const char *p, size_t n);

/* The same for one line of a screen or table: TAB and LF too are shown, as ^I and ^J. */
void utf8_clean_line(struct buf *to, const char *p, size_t n);

/* The same for a text of some lines within another: the line ends at its end are left out, those
 * inside become `between`. */
void utf8_clean_lines(struct buf *to, const char *p, size_t n, const char *between);

#endif
