/*
 * Values as Python writes them, in Ansible's INI files: 5, 'a b', True, [1, {'a': None}].
 *
 * Pure. What is no literal stays the text it is.
 */
#ifndef DROVER_INVENTORY_LITERAL_H
#define DROVER_INVENTORY_LITERAL_H

#include <stdbool.h>

struct buf;

/* False, and nothing is appended, when s is no literal. A scalar is appended as its text (True as
 * true, None as nothing, floats as they are written); lists, tuples, sets and dicts as JSON. */
bool literal_read(const char *s, struct buf *to, bool *ret_json);

#endif
