/*
 * Numbers that look random and come again from the same seed.
 */
#ifndef DROVER_TESTS_LIB_CHANCE_H
#define DROVER_TESTS_LIB_CHANCE_H

#include "playbooks/rollout.h"

#include <stdint.h>

/* The next one; a seed is never 0. */
uint64_t chance(uint64_t *seed);

/* Nothing said, a number or a share, from 0 to 109. */
struct count_or_percent chance_count(uint64_t *seed);

#endif
