/* A file of a host that comes to the seat: what apply, resume and lint need to know of it. */
#ifndef DROVER_PLAYBOOKS_FETCH_H
#define DROVER_PLAYBOOKS_FETCH_H

#include "playbooks/seatfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diag;
struct desired;
struct follow_record;
struct fetch_claims;
struct landfall_item;
struct resource;

#define FETCH_MAX (64U << 20) /* of all that one act fetches */

struct fetch {
	const char *src;
	const char *base, *path; /* on the seat: below that directory */
	unsigned mode;           /* without what the umask takes */
	uint64_t max;
	bool mode_said, secret;
	bool later; /* it is not known yet where it goes */
	struct seatfile have;
	const char *wrong; /* why it cannot go there; NULL: it can */
};

/* Two files never come down at one place, be they of one host or of two. Keys and names are kept as
 * they are: they must last. */
struct fetch_claims *fetch_claims_new(void);
void fetch_claims_free(struct fetch_claims *c);
/* What this host fetches; may be told again. False when a mistake was told. */
bool fetch_claim(
    struct fetch_claims *c, const struct desired *d, const char *host, struct diag *diag);

/* How the ledger keeps where a step's file comes down ("0644 67108864 shown 4 /dir/file"), in a; NULL: r
 * fetches nothing. */
char *fetch_note(struct arena *a, const struct resource *r);
/* What is to come down by that note, when the host's record says that it is ready. Texts lie in a. False:
 * nothing does. A record that makes no sense gives an item that never comes down. */
bool fetch_item(
    struct arena *a, const char *note, const struct follow_record *r, struct landfall_item *ret);

#endif
