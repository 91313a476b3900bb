/* A plan over many hosts in a few lines, equal steps folded. Pure. */
#ifndef DROVER_TUI_SUMMARY_H
#define DROVER_TUI_SUMMARY_H

#include <stddef.h>

struct plan;

/* "~ file /etc/motd   web[1-3]" a step and its hosts, at most max_lines of them, the last saying how
 * many more; the counts of each class come first. Entries of plans may be NULL. Caller frees. */
char *summary_of(const struct plan *const *plans, size_t count, size_t max_lines);

#endif
