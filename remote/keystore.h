/*
 * The key and certificate files of all hosts, each read once.
 *
 * Owned by the store of keys. Files are read and opened on threads of their own;
 * what was not there, or of no use, is looked at again when it is asked for.
 */
#ifndef DROVER_REMOTE_KEYSTORE_H
#define DROVER_REMOTE_KEYSTORE_H

#include "remote/key.h"
#include "remote/keycert.h"
#include "remote/keyfile.h"

struct err;
struct keystore;
struct loop;

struct keystore_file {
	struct keystore_file *next;
	struct key key; /* given out */
	char *path;
	struct keyfile content;
	bool loading;
	bool asked;   /* the passphrase was asked for and has not come: keys.c's, like these */
	uint32_t id;  /* of that question */
	bool refused; /* it will not come */
	int attempts;
	int64_t read_ms;
};

struct keystore_cert {
	struct keystore_cert *next;
	char *path;
	struct keycert content;
	bool loading;
	int64_t read_ms;
};

/* changed() after each file that was read, from the loop. */
struct keystore *keystore_new(
    struct loop *loop, void (*changed)(void *user), void *user, struct err *err);
void keystore_free(struct keystore *k); /* wipes */

struct keystore_file *keystore_files(struct keystore *k); /* all of them, by next */

/* A file as it is known; loading when it is not known yet. */
struct keystore_file *keystore_file(struct keystore *k, const char *path);
struct keystore_cert *keystore_cert(struct keystore *k, const char *path);

/* Read it again, with its passphrase. */
void keystore_open(struct keystore *k, struct keystore_file *f, const char *secret);

/* The certificate with the key it is made for: of a file that is READY, or NULL: of the agent. */
const struct key *keystore_pair(
    struct keystore *k, const struct keystore_cert *c, const struct keystore_file *f);

#endif
