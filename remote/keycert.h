/*
 * A user certificate: a public key that an authority signed, with what it is for.
 *
 * A plain value that owns its bytes. Nothing is verified here but the form and the
 * dates: the server judges it.
 */
#ifndef DROVER_REMOTE_KEYCERT_H
#define DROVER_REMOTE_KEYCERT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keycert {
	char type[64]; /* "ssh-ed25519-cert-v01@openssh.com" */
	uint8_t *blob; /* the certificate as it is offered; NULL: there is none */
	size_t blob_len;
	uint8_t *plain; /* the public key it was made for */
	size_t plain_len;
	char *text;           /* type, blank, base64; only from keycert_read() */
	uint64_t from, until; /* seconds of 1970 */
	struct err err;       /* why there is none; kind OK: the file is not there */
};

/* From its bytes. False when they are no certificate of a user. */
bool keycert_parse(struct keycert *c, const uint8_t *blob, size_t len);

/* From a file as ssh-keygen writes it. */
void keycert_read(const char *path, struct keycert *ret);
void keycert_fini(struct keycert *c);

/* NULL: its dates are right; else why not. */
const char *keycert_fault(const struct keycert *c, int64_t now_s);

#endif
