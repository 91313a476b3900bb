/*
 * The user's own program that makes a new machine for a host, run here, and what it says of that machine's keys.
 *
 * provision_keys() is pure. A line of what the program prints on standard output that is a public host key
 * ("ssh-ed25519 AAAA...", as in a .pub file, or with names before it, as ssh-keyscan and known_hosts have it)
 * is a key of the new machine; all else is for people.
 */
#ifndef DROVER_CLI_PROVISION_H
#define DROVER_CLI_PROVISION_H

#include <stddef.h>
#include <stdint.h>

struct call;
struct host;

#define PROVISION_KEYS 8

struct provision_key {
	uint8_t *blob; /* the heap's */
	size_t len;
};

/* How many keys were found, at most PROVISION_KEYS; each is to be freed. */
size_t provision_keys(const char *text, size_t len, struct provision_key ret[PROVISION_KEYS]);

/* Run it for the host and trust the keys it names, as one run of the ledger, in which the host is marked as
 * replacing: drained before it, provisioned after. Gives the exit code. */
int provision_run(struct call *c, const struct host *h);

#endif
