/*
 * What changed between two texts, line by line.
 *
 * Pure. Myers' shortest edit script within a budget of work: where two texts
 * have almost nothing in common the middle is shown as replaced whole, which is
 * no less true. A diff applied to the old text always gives the new one.
 */
#ifndef DROVER_PLAYBOOKS_DIFF_H
#define DROVER_PLAYBOOKS_DIFF_H

#include <stddef.h>

struct buf;

struct diff_text {
	const char *text; /* NULL: there is no such file */
	size_t len;
};

/* Append a unified diff with 3 lines of context, without a header; nothing when the texts are
 * equal. A last line without a newline is marked as diff(1) does. Returns the lines appended. */
size_t diff_unified(struct diff_text from, struct diff_text to, struct buf *out);

#define DIFF_LINES 400 /* as much of one file as a plan shows */

/* The same with a/ and b/ headers made from name; caller frees, NULL when equal. At most max_lines lines
 * of it (0: all), with a last line saying how many more there are. */
char *diff_file(const char *name, struct diff_text from, struct diff_text to, int max_lines);

/* The same with another number of lines of context than 3. */
char *diff_file_about(
    const char *name, struct diff_text from, struct diff_text to, size_t context, int max_lines);

#endif
