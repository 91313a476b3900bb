/*
 * A key to offer to a server: a value whose parts belong to the store of keys, and live as long.
 */
#ifndef DROVER_REMOTE_KEY_H
#define DROVER_REMOTE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key {
	const char *path; /* the file, or "agent: COMMENT" */
	const char *type; /* "ssh-ed25519" */
	const uint8_t
	    *blob; /* what is offered, as in RFC 4253 6.6: a public key or a certificate */
	size_t blob_len;
	/* For ssh_pki_import_privkey_base64(); NULL: the agent signs. */
	const char *private_text;
	size_t private_len;
	const char *secret;      /* its passphrase, where libssh cannot write it without; NULL */
	const char *certificate; /* "TYPE BASE64", to offer a private_text with; NULL */
	const uint8_t *plain;    /* of a certificate the key it is made for; NULL */
	size_t plain_len;
	bool by_plain; /* the agent holds only that one, which signs just as well */
};

#endif
