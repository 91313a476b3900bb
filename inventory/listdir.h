/* The names in a directory in the order of their bytes. Owns them. */
#ifndef DROVER_INVENTORY_LISTDIR_H
#define DROVER_INVENTORY_LISTDIR_H

#include <stddef.h>

struct err;

#define LISTDIR_MAX 100000

struct listdir {
	char **name;
	size_t count, cap;
};

/* But . and ..; kind INPUT when it cannot be read or holds more than LISTDIR_MAX. */
int listdir_read(struct listdir *d, const char *path, struct err *err);
void listdir_fini(struct listdir *d);

#endif
