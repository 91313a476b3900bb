/*
 * What patch(1) would do with a diff of ours: the oracle of its tests.
 *
 * Aborts when the diff says of the old text what is not true. Texts hold no NUL.
 */
#ifndef DROVER_TESTS_LIB_PATCH_H
#define DROVER_TESTS_LIB_PATCH_H

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Reads "-a,b" or "+a": the first line and how many. */
static void
patch_range(const char **p, long *first, long *count)
{
	char *end;

	*first = strtol(*p + 1, &end, 10);
	*count = *end == ',' ? strtol(end + 1, &end, 10) : 1;
	*p = *end ? end + 1 : end;
}

static const char *
patch_line(const char *p)
{
	const char *end = strchr(p, '\n');

	if (!end)
		mem_abort("the diff tells of a line that is not there");
	return end + 1;
}

static void
patch_apply(const char *from, const char *diff, struct buf *to)
{
	const char *at = from;
	long line = 1, old, old_count, new, new_count;

	while (*diff) {
		if (strncmp(diff, "@@ ", 3) != 0)
			mem_abort("a hunk without a head");
		diff += 3;
		patch_range(&diff, &old, &old_count);
		patch_range(&diff, &new, &new_count);
		diff = patch_line(diff);
		for (; line < old + (old_count == 0); line++) {
			const char *next = patch_line(at);

			buf_add(to, at, (size_t)(next - at));
			at = next;
		}
		while (old_count > 0 || new_count > 0) {
			const char *end = patch_line(diff);
			bool bare = strncmp(end, "\\ No", 4) == 0;
			size_t n = (size_t)(end - diff) - 1 - bare;

			old_count -= *diff != '+';
			new_count -= *diff != '-';
			if (*diff != '+') {
				if (strncmp(at, diff + 1, n) != 0)
					mem_abort("the diff is wrong about the old text");
				at += n;
				line++;
			}
			if (*diff != '-')
				buf_add(to, diff + 1, n);
			diff = bare ? patch_line(end) : end;
		}
	}
	buf_adds(to, at);
}

#endif
