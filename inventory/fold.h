/* Names to the shortest node set that means them: web[01-03,7],db1. Pure. */
#ifndef DROVER_INVENTORY_FOLD_H
#define DROVER_INVENTORY_FOLD_H

#include <stddef.h>

/* Fold names to the shortest node set: web[01-03,7],db1. Caller frees. */
char *names_fold(const char *const *name, size_t n);

#endif
