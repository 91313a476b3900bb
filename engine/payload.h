/*
 * What is sent to many hosts: read as it goes, never held as a whole.
 *
 * What can be read at any place (a file, a tree) is read by every reader at its
 * own: they share the kernel's cache and nothing else, so that a slow host holds
 * nobody up, one that begins late finds everything, and no memory grows with
 * length or hosts. A stream can be read once: its readers share a ring of fixed
 * size, and the slowest of them decides how fast it is filled; whoever drops a
 * host that stands still lets the others go on. Reads of regular files happen
 * on the loop, digests of them on a thread.
 */
#ifndef DROVER_ENGINE_PAYLOAD_H
#define DROVER_ENGINE_PAYLOAD_H

#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct loop;
struct payload;
struct payload_reader;

/* Length bytes of a regular file from where fd stands. fd is borrowed and stays open. */
struct payload *payload_file(struct loop *loop, int fd, uint64_t length);

/* What fd gives until its end; fd is borrowed. Every reader must join before the first byte is
 * taken from it, which happens when `readers` have joined or left. */
struct payload *payload_stream(struct loop *loop, int fd, size_t readers, bool digest);

/* Bytes that are made when they are asked for. read_at() gives 1..n of them at a place before the
 * length, or -1 and why. */
struct payload_maker {
	ssize_t (*read_at)(void *user, uint64_t at, void *to, size_t n, struct err *err);
	void *user;
};
struct payload *payload_made(struct loop *loop, const struct payload_maker *maker, uint64_t length);

/* No digest that was asked for is told any more; readers must have left. */
void payload_free(struct payload *p);

/* False for a stream: its length is known at its end. */
bool payload_length(const struct payload *p, uint64_t *ret);

/* At the beginning. wake: after payload_peek() said that there is nothing yet. */
struct payload_reader *payload_join(struct payload *p, void (*wake)(void *user), void *user);
void payload_leave(struct payload_reader *r); /* may be NULL */

/* Not in a stream. */
void payload_seek(struct payload_reader *r, uint64_t at);

/* At most n bytes at the reader's place, lent until the next call for any reader: how many; 0: the
 * end; PAYLOAD_WAIT: wake() comes; -1: err says why. payload_took() moves on. */
#define PAYLOAD_WAIT (-2)
ssize_t payload_peek(struct payload_reader *r, size_t n, const char **ret, struct err *err);
void payload_took(struct payload_reader *r, size_t n);

/* A reader that will never take anything: a stream's others need not wait for it. */
void payload_absent(struct payload *p);

/* The digest of the first length bytes of a file, worked out once for all who ask for the same.
 * done() comes at once or from the loop, with NULL and why when the file cannot be read. */
void payload_digest(struct payload *p, uint64_t length,
    void (*done)(void *user, const char *hex, const struct err *err), void *user);
void payload_forget(struct payload *p, const void *user); /* nobody is to be told */

/* Of a stream, once payload_peek() said that it has ended: how long it was and its digest, "" if
 * none was wanted. */
const char *payload_stream_digest(const struct payload *p, uint64_t *ret_length);

#endif
