#include "base/outcome.h"

#include "base/buf.h"

#include <string.h>

/* rank: the larger one decides the exit code of a run. */
static const struct {
	const char *name;
	int code;
	int rank;
} table[OUTCOME_COUNT] = {
	[OUTCOME_OK] = { "ok", 0, 0 },
	[OUTCOME_CHANGED] = { "changed", 0, 1 },
	[OUTCOME_DIFFERS] = { "differs", 5, 2 },
	[OUTCOME_HELD] = { "held", 12, 3 },
	[OUTCOME_LOCKED] = { "locked", 9, 4 },
	[OUTCOME_STALE] = { "stale", 6, 5 },
	[OUTCOME_UNREACHABLE] = { "unreachable", 4, 6 },
	[OUTCOME_ROLLED_BACK] = { "rolled-back", 1, 7 },
	[OUTCOME_FAILED] = { "failed", 1, 8 },
	[OUTCOME_UNTRIED] = { "untried", 8, 9 },
	[OUTCOME_UNKNOWN] = { "unknown", 7, 10 },
	[OUTCOME_ROLLBACK_FAILED] = { "rollback-failed", 7, 11 },
	[OUTCOME_STORAGE] = { "storage", 10, 12 },
	[OUTCOME_REFUSED] = { "refused", 11, 13 },
	[OUTCOME_BUG] = { "bug", 70, 14 },
	[OUTCOME_USAGE] = { "usage", 2, 15 },
	[OUTCOME_INPUT] = { "input", 3, 16 },
	[OUTCOME_TIMEOUT] = { "timeout", 124, 17 },
	[OUTCOME_CANCELLED] = { "cancelled", 130, 18 },
};

const char *
outcome_name(enum outcome o)
{
	return table[o].name;
}

bool
outcome_parse(const char *name, enum outcome *ret)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (strcmp(table[i].name, name) == 0) {
			*ret = (enum outcome)i;
			return true;
		}
	}
	return false;
}

int
outcome_exit(enum outcome o)
{
	return table[o].code;
}

enum outcome
outcome_worse(enum outcome a, enum outcome b)
{
	return table[a].rank >= table[b].rank ? a : b;
}

void
outcome_tally(const size_t by[OUTCOME_COUNT], struct buf *to)
{
	const char *separator = "";

	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (by[i] == 0)
			continue;
		buf_addf(to, "%s%zu %s", separator, by[i], table[i].name);
		separator = ", ";
	}
	if (!*separator)
		buf_adds(to, "no host");
}

bool
outcome_is_good(enum outcome o)
{
	return o == OUTCOME_OK || o == OUTCOME_CHANGED;
}
