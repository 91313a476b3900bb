/* The table of a playbook's keys, for the reader and for the manual. A constant. */
#ifndef DROVER_PLAYBOOKS_LOAD_H
#define DROVER_PLAYBOOKS_LOAD_H

#include "base/field.h"

extern const struct field load_fields[];

#endif
