/*
 * A line of authorized_keys(5): options, type, key, comment.
 *
 * Pure; what is cut out points into the line.
 */
#ifndef DROVER_PLAYBOOKS_PUBKEY_H
#define DROVER_PLAYBOOKS_PUBKEY_H

#include <stdbool.h>
#include <stddef.h>

struct pubkey {
	const char *blob; /* in base64: what makes two lines the same key */
	size_t blob_len;
	const char *comment; /* "" when there is none */
};

/* False when no key can be found in it. */
bool pubkey_cut(const char *line, struct pubkey *ret);

bool pubkey_same(const struct pubkey *a, const struct pubkey *b);

/* NULL: one that sshd takes; else what is wrong: "its type is not that of its key". */
const char *pubkey_wrong(const char *line);

#endif
