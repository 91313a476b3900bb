/*
 * An SSH server that can be made to do anything, for tests.
 *
 * It speaks the protocol itself (curve25519, ed25519, aes128-ctr, hmac-sha2-256)
 * so that a test may send any byte and any message at any stage. Each runs in a
 * process of its own, on a port of 127.0.0.1, and serves one connection after
 * the other until it is stopped; it dies with the test.
 */
#ifndef DROVER_TESTS_LIB_ROGUE_H
#define DROVER_TESTS_LIB_ROGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rogue;      /* a server, seen from the test */
struct rogue_conn; /* a connection, seen from the server */

/* serve() talks as it likes and returns: the connection is closed then. */
struct rogue *rogue_start(void (*serve)(struct rogue_conn *c));
void rogue_stop(struct rogue *r);
int rogue_port(const struct rogue *r);

/* The host key of all of them: "ssh-ed25519 AAAA...". */
const char *rogue_host_key(void);

/* Correctly up to and with a stage. The process leaves when the client does. */
enum rogue_stage {
	ROGUE_BANNER,  /* both said who they are */
	ROGUE_KEXINIT, /* and what they offer */
	ROGUE_KEYS,    /* encrypted from here on */
	ROGUE_LOGIN,   /* whoever it is */
	ROGUE_CHANNEL, /* the client's channel is open; ours has the number 7 */
	ROGUE_COMMAND  /* and its command is running */
};
void rogue_reach(struct rogue_conn *c, enum rogue_stage stage);
uint32_t rogue_channel(const struct rogue_conn *c); /* the client's number */

/* Bytes as they are, and a packet with the payload; sealed once there are keys. */
void rogue_raw(struct rogue_conn *c, const void *p, size_t n);
void rogue_packet(struct rogue_conn *c, const void *payload, size_t n);

/* Payloads, field by field. */
struct rogue_payload {
	uint8_t bytes[70000];
	size_t len;
};
void rogue_begin(struct rogue_payload *p, uint8_t type);
void rogue_number(struct rogue_payload *p, uint32_t n);
void rogue_byte(struct rogue_payload *p, uint8_t n);
void rogue_text(struct rogue_payload *p, const void *s, size_t n); /* with its length before it */
void rogue_send(struct rogue_conn *c, const struct rogue_payload *p);

/* The answer to a key exchange, with a signature that fits or does not. */
void rogue_keys_signed_wrongly(struct rogue_conn *c);

/* One packet of the client; its payload's length. */
size_t rogue_receive(struct rogue_conn *c, uint8_t *payload, size_t max);

/* Read until the client says a word of that type. */
void rogue_await(struct rogue_conn *c, uint8_t type);

/* Read, and say nothing, until the client leaves. */
void rogue_mute(struct rogue_conn *c);

/* The same once the client has seen the end of what was said. */
void rogue_part(struct rogue_conn *c);

/* A pause between bytes of a server that is slow on purpose. */
void rogue_pause(int ms);

#endif
