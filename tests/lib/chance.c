#include "tests/lib/chance.h"

/* xorshift64 (Marsaglia 2003). */
uint64_t
chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

struct count_or_percent
chance_count(uint64_t *seed)
{
	return (struct count_or_percent){ .n = (int64_t)(chance(seed) % 110),
		.percent = chance(seed) % 2,
		.said = chance(seed) % 3 > 0 };
}
