/* What the acts of this seat made of one file, as its ledger tells. */
#ifndef DROVER_CLI_HISTORY_KNOWN_H
#define DROVER_CLI_HISTORY_KNOWN_H

#include <stddef.h>
#include <stdint.h>

struct ledger;

struct known_version {
	char *run, *who, *playbook; /* playbook may be NULL */
	char was[65], digest[65];   /* "-": nothing stood there */
	int64_t time_ms;
};

/* The oldest first; each ended in a change on that host that was not taken back by the act itself. Caller frees
 * it by history_known_free(). */
struct known_version *history_known(
    struct ledger *l, const char *fleet, const char *host, const char *path, size_t *ret_count);
void history_known_free(struct known_version *v, size_t count);

#endif
