/*
 * The private keys of a worker, by the parent's numbers.
 *
 * Owns its keys; they are read only and shared by all sessions of the worker. One
 * that comes encrypted is opened on the worker's other thread, which takes a second.
 */
#ifndef DROVER_REMOTE_KEYRING_H
#define DROVER_REMOTE_KEYRING_H

#include <stddef.h>
#include <stdint.h>

struct keyring;
struct message;
struct work;

/* opened() is told when a key that find() called LOADING no longer is. The lane is freed first. */
struct keyring *keyring_new(struct work *lane, void (*opened)(void *user), void *user);
void keyring_free(struct keyring *k);

/* Take the key of a KEY message, with its certificate. One that libssh cannot read is kept as
 * unusable. */
void keyring_add(struct keyring *k, const struct message *m);

enum keyring_state { KEYRING_READY, KEYRING_LOADING, KEYRING_BAD };

/* READY: *ret is a libssh key, borrowed. */
enum keyring_state keyring_find(const struct keyring *k, uint32_t id, void **ret);

#endif
