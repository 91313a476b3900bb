/*
 * The hosts that a command line of drover's own would change, as far as that can be told before it runs.
 *
 * Reads the inventory and the ledger of the call; changes nothing.
 */
#ifndef DROVER_TUI_VERB_HOSTS_H
#define DROVER_TUI_VERB_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct palette_words;

struct verb_hosts {
	size_t *host; /* indexes of the scene; NULL: it cannot be told */
	size_t count;
	char
	    *pets; /* "db1,nas": those that it changes only if it is given their names, and was not;
		     * NULL: none */
};

void verb_hosts(struct call *call, const struct palette_words *w, struct verb_hosts *ret);
void verb_hosts_fini(struct verb_hosts *h);

#endif
