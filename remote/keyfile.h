/*
 * One identity file: what is in it, read on a thread.
 *
 * A plain value that owns its texts; secrets are wiped when it is freed.
 */
#ifndef DROVER_REMOTE_KEYFILE_H
#define DROVER_REMOTE_KEYFILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum keyfile_state {
	KEYFILE_READY,   /* private_text can sign */
	KEYFILE_LOCKED,  /* encrypted, and the passphrase was not given, or wrong */
	KEYFILE_PUBLIC,  /* only the public half is here: the agent must hold the other */
	KEYFILE_MISSING, /* neither the file nor FILE.pub */
	KEYFILE_BAD      /* err says why */
};

struct keyfile {
	enum keyfile_state state;
	char type[64];
	uint8_t *blob; /* NULL: not known (an encrypted PEM file without its .pub) */
	size_t blob_len;
	char *private_text; /* without a passphrase, unless there is a secret */
	size_t private_len;
	char *secret; /* the passphrase, where libssh cannot write the key without it */
	struct err err;
};

/* Read path; blocks for about a second when it is encrypted and secret is given (may be NULL). */
void keyfile_read(const char *path, const char *secret, struct keyfile *ret);
void keyfile_fini(struct keyfile *k);

/* Overwrite, then free; NULL is nothing. */
void keyfile_wipe(char *secret, size_t len);

#endif
