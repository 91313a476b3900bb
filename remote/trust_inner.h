/* What the parts of trust share: its files, and the names of a subject. For remote/trust*.c alone. */
#ifndef DROVER_REMOTE_TRUST_INNER_H
#define DROVER_REMOTE_TRUST_INNER_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known;
struct known_line;
struct ownkeys;
struct trust_subject;

#define TRUST_CANDIDATES 4

struct trust {
	struct ownkeys *own;
	struct known **file; /* ours first, then the inventory's, then ssh_config's */
	size_t count, cap;
	size_t common; /* the first so many speak for every host */
	struct diag diag;
};

/* A name to look under. */
struct trust_candidate {
	char *text;
	bool decides; /* other keys under this name mean that the key changed */
};

struct trust_candidates {
	struct trust_candidate list[TRUST_CANDIDATES];
	size_t count;
};

/* As OpenSSH: the alias alone, else the host with its port, else the host's key on the usual port if
 * it happens to be the same one. What the inventory calls it comes behind. */
struct trust_candidates trust_candidates(const struct trust_subject *s);
void trust_candidates_fini(struct trust_candidates *c);
#define autocandidates __attribute__((cleanup(trust_candidates_fini))) struct trust_candidates

/* The files that speak for a subject, each as it is now. */
struct trust_sources {
	struct known *file[32];
	size_t count;
};
struct trust_sources trust_sources(struct trust *t, const struct trust_subject *s);

/* Read a file again if it has changed; its bad lines are told once, when it is read first. */
void trust_load(struct trust *t, struct known *k, bool first);

struct trust_finding {
	const struct known_line *line;
	const char *file;
};

/* The line, of any file, that takes this key back. */
bool trust_find_revoked(struct trust *t, const void *blob, size_t len, struct trust_finding *ret);

/* The type a blob says it is of; false when it says none. */
bool trust_blob_type(const uint8_t *blob, size_t len, char *to, size_t size);

#endif
