/* The tables of a playbook's keys, for the reader and for the manual. Constants. */
#ifndef DROVER_PLAYBOOKS_LOAD_H
#define DROVER_PLAYBOOKS_LOAD_H

#include "base/field.h"

extern const struct field load_fields[], load_rollout_fields[];

#endif
