/* What reading an earlier run and asking its hosts share. For playbooks/resume*.c alone. */
#ifndef DROVER_PLAYBOOKS_RESUME_INNER_H
#define DROVER_PLAYBOOKS_RESUME_INNER_H

#include "base/strmap.h"
#include "base/uuid.h"
#include "playbooks/follow.h"
#include "playbooks/landfall.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct comeback;
struct errand;
struct herd_host;
struct resume;
struct resume_config;
struct work;

/* A step as the plan told it; `told`: its end is in the ledger already; `done`: and was a good one. */
struct resume_step {
	char *id, *name, *note; /* note: where the file comes down that it fetches, or NULL */
	bool told, done;
};

struct resume_asked {
	struct resume *resume;
	char *name;
	bool sent, ended, over;
	bool back;            /* the host says that it takes back what was done */
	enum outcome outcome; /* when ended */
	struct resume_step *step;
	size_t steps, step_cap;
	/* while it is asked */
	struct herd_host *hh;
	struct follow *follow;
	struct errand *errand;
	char *command;
	int64_t began_ms, step_ms;
	bool reboots; /* the step in hand is a reboot: the host may be down */
	int64_t reboot_until;
	struct comeback *comeback;
	/* what it fetched, to be got once more */
	struct landfall_item *item;
	size_t items, item_cap;
	struct landfall *landfall;
	struct follow_result verdict;
};

struct resume {
	char uuid[UUID_TEXT];
	const struct resume_config *config; /* once it has started */
	struct resume_asked *host;
	size_t count, cap;
	struct strmap by_name;
	struct resume_asked **open; /* those to be asked */
	size_t open_count, next, running, ended;
	bool filling;
	int stops;
	struct work *work;
	struct arena *arena;
};

/* The step of this id is a reboot. */
bool resume_is_reboot(const char *id);

#endif
