/*
 * One hostile text in every field of what the screens Plan, Apps and History are made of.
 *
 * Borrows the text; owns the rest. Its sources answer with it whatever is asked.
 */
#ifndef DROVER_TESTS_LIB_SPOILED_H
#define DROVER_TESTS_LIB_SPOILED_H

#include "playbooks/roster.h"
#include "tests/lib/past.h"
#include "tui/apps_source.h"
#include "tui/palette.h"
#include "tui/plan_source.h"

struct planned;

struct spoiled {
	const char *text;
	size_t places; /* fields that have it */
	struct plan_source plan;
	struct planned *planned;
	struct apps_source apps;
	struct roster roster;
	struct roster_app app[2];
	struct roster_instance instance[2];
	struct roster_foreign foreign;
	struct past past; /* its newest two runs */
	struct palette_source palette;
};

void spoiled_up(struct spoiled *s, const char *text, int64_t now_ms);
void spoiled_down(struct spoiled *s);

#endif
