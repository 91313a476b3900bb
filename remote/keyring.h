/*
 * The private keys of a worker, by the parent's numbers.
 *
 * Owns its keys; they are read only and shared by all sessions of the worker.
 */
#ifndef DROVER_REMOTE_KEYRING_H
#define DROVER_REMOTE_KEYRING_H

#include <stddef.h>
#include <stdint.h>

struct keyring;
struct message;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);

/* Take the key of a KEY message. One that libssh cannot read is kept as unusable. */
void keyring_add(struct keyring *k, const struct message *m);

/* A libssh key, borrowed, or NULL. *ret_name is what people call it. */
void *keyring_find(const struct keyring *k, uint32_t id, const char **ret_name);

#endif
