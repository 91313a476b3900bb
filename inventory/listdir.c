#include "inventory/listdir.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <string.h>

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
listdir_read(struct listdir *d, const char *path, struct err *err)
{
	DIR *dir = opendir(path);

	*d = (struct listdir){ 0 };
	if (!dir) {
		err_errno(err, "%s", path);
		err->kind = OUTCOME_INPUT;
		return -1;
	}
	for (struct dirent *e = readdir(dir); e && d->count <= LISTDIR_MAX; e = readdir(dir)) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		mem_grow(d->name, d->count, d->cap);
		d->name[d->count++] = xstrdup(e->d_name);
	}
	closedir(dir);
	if (d->count > LISTDIR_MAX) {
		listdir_fini(d);
		return err_set(err, OUTCOME_INPUT, "%s: more than %d files", path, LISTDIR_MAX);
	}
	if (d->count)
		qsort(d->name, d->count, sizeof(*d->name), compare);
	return 0;
}

void
listdir_fini(struct listdir *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->name[i]);
	free(d->name);
	*d = (struct listdir){ 0 };
}
