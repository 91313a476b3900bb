/*
 * What a person asks of apps and units beside any playbook: that they start, stop, or start anew.
 *
 * Pure. A name with a suffix of systemd's (nginx.service) is that unit, USER/UNIT one of a user's own. A name without one is an app that
 * the host's manifest knows, all its instances; if there is none, an instance of one (shop-0 is
 * shop-0.service). So shop-2 is the app of that name where there is one, and shop-2.service always the unit.
 */
#ifndef DROVER_PLAYBOOKS_BIDDING_H
#define DROVER_PLAYBOOKS_BIDDING_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct found;
struct observation;
struct resource;
struct wanted;

enum bidding_verb { BIDDING_START, BIDDING_STOP, BIDDING_RESTART };

struct bidding {
	enum bidding_verb verb;
	const char *name; /* NULL: all apps there are, the last one that was put there first */
	bool at_once;     /* no instance waits for the one before it to be well */
	const struct wanted *wanted; /* how instances are proved well; NULL: nobody says */
};

const char *bidding_word(enum bidding_verb v); /* "start", "stop", "restart" */

/* It is one of the three forms. */
bool bidding_name_ok(const char *name);
/* It is a unit, whatever a host knows. */
bool bidding_names_unit(const char *name);

/* What is wanted of that host, instances in their natural order; seen is not looked at where a unit is
 * named. None: *ret_note says what the host knows instead. All of it lives in a. */
const struct resource *const *bidding_wanted(struct arena *a, const struct bidding *bidding,
    const char *host, const struct observation *seen, size_t *ret_count, const char **ret_note);

/* The same, once they were looked at: with the drain that the host keeps of each app, its health check where none is
 * known here, and what their plan must say. */
const struct resource *const *bidding_learn(struct arena *a, const struct bidding *bidding,
    const struct resource *const *wanted, const struct found *found, size_t count);

/* The journal's word for it in place of a release, "restart of shop"; and the verb of such a word, or NULL. */
const char *bidding_release(struct arena *a, const struct bidding *bidding);
const char *bidding_verb_of(const char *release);

#endif
