#include "tui/complete.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES_MAX 4096 /* of one directory that are looked at */

struct names {
	char **name;
	size_t count, cap;
};

static bool
counts(const char *dir, const char *name, const char *const *endings, bool *ret_dir)
{
	autofree char *path = xasprintf("%s%s", dir, name);
	struct stat st;

	*ret_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (*ret_dir || !endings)
		return true;
	for (; *endings; endings++) {
		if (str_ends(name, *endings))
			return true;
	}
	return false;
}

static void
look(struct names *n, const char *dir, const char *begin, const char *const *endings)
{
	DIR *d = opendir(*dir ? dir : ".");
	const struct dirent *e;

	for (e = d ? readdir(d) : NULL; e && n->count < NAMES_MAX; e = readdir(d)) {
		bool is_dir, hidden = e->d_name[0] == '.' && *begin != '.';

		if (hidden || str_eq(e->d_name, ".") || str_eq(e->d_name, "..") ||
		    !str_starts(e->d_name, begin) || !counts(dir, e->d_name, endings, &is_dir))
			continue;
		mem_grow(n->name, n->count, n->cap);
		n->name[n->count++] = xasprintf("%s%s", e->d_name, is_dir ? "/" : "");
	}
	if (d)
		closedir(d);
}

static int
by_name(const void *a, const void *b)
{
	return str_natural(*(const char *const *)a, *(const char *const *)b);
}

static size_t
shared(const struct names *n)
{
	size_t len = strlen(n->name[0]);

	for (size_t i = 1; i < n->count; i++) {
		size_t k = 0;

		while (k < len && n->name[i][k] == n->name[0][k])
			k++;
		len = k;
	}
	return len;
}

size_t
complete_path(char *input, size_t size, const char *const *endings, struct buf *choice)
{
	const char *slash = strrchr(input, '/');
	size_t stem = slash ? (size_t)(slash - input) + 1 : 0;
	autofree char *dir = xmemdup0(input, stem), *begin = xstrdup(input + stem);
	struct names n = { .count = 0 };

	look(&n, dir, begin, endings);
	if (n.count) {
		size_t len = shared(&n);

		qsort(n.name, n.count, sizeof(*n.name), by_name);
		if (stem + len + 1 < size)
			snprintf(input + stem, size - stem, "%.*s", (int)len, n.name[0]);
	}
	for (size_t i = 0; i < n.count; i++) {
		if (n.count > 1)
			buf_addf(choice, "%s%s", i ? "  " : "", n.name[i]);
		free(n.name[i]);
	}
	free(n.name);
	return n.count;
}
