/*
 * Mistakes in a user's files, all at once: file:line:col, what, what was meant.
 *
 * Owns its texts (one line each: control bytes become spaces) and file names.
 * Keeps at most DIAG_MAX and counts the rest. A parser adds and goes on; whoever
 * called it prints them and exits 3.
 */
#ifndef DROVER_BASE_DIAG_H
#define DROVER_BASE_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#define DIAG_MAX 20

/* A place in a file: 1-based line and column (code points); line 0 = the file as a whole. */
struct mark {
	const char *file; /* borrowed; a diag list keeps a copy */
	int line, col;
};

struct diag_item {
	struct mark mark;
	bool warning;
	char *text;
};

struct diag {
	struct diag_item item[DIAG_MAX];
	int count;    /* kept */
	int errors;   /* seen, kept or not */
	int warnings; /* seen, kept or not */
};

void diag_init(struct diag *d);
void diag_fini(struct diag *d);

__attribute__((format(printf, 3, 4))) void diag_error(
    struct diag *d, struct mark at, const char *fmt, ...);
__attribute__((format(printf, 3, 4))) void diag_warn(
    struct diag *d, struct mark at, const char *fmt, ...);

/* One line each, in the order of file, line and column; the last says how many more there were. */
void diag_print(const struct diag *d, FILE *to);

/* The line of item i without its newline; caller frees. */
char *diag_line(const struct diag *d, int i);

/* Sort by file, line, column. */
void diag_sort(struct diag *d);

#endif
