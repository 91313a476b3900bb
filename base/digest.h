/* SHA-256, HMAC-SHA1 and base64, by libcrypto. Plain values; nothing is owned. */
#ifndef DROVER_BASE_DIGEST_H
#define DROVER_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX 65 /* 64 hexadecimal digits and a NUL */

struct digest; /* a SHA-256 in progress */

struct digest *digest_new(void);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_end(struct digest *d, char hex[DIGEST_HEX]); /* frees d */

/* SHA-256 of n bytes: as hexadecimal, or as 32 raw bytes. */
void digest_hex(const void *p, size_t n, char hex[DIGEST_HEX]);
void digest_raw(const void *p, size_t n, uint8_t raw[32]);

/* HMAC-SHA1, for hashed known_hosts names: sshd(8), "|1|salt|hash". */
void digest_hmac_sha1(const void *key, size_t nkey, const void *p, size_t n, uint8_t raw[20]);

/* The same with the key's share of the work done once: for one key and many texts, or the reverse. */
struct digest_hmac {
	uint32_t inner[5], outer[5];
};
void digest_hmac_key(struct digest_hmac *h, const uint8_t *key, size_t nkey); /* nkey <= 64 */
void digest_hmac_end(const struct digest_hmac *h, const void *p, size_t n, uint8_t raw[20]);

/* Base64 with padding; caller frees. */
char *digest_base64(const void *p, size_t n);

/* The reverse; caller frees. NULL when s[0..n) is not base64. */
uint8_t *digest_unbase64(const char *s, size_t n, size_t *ret_len);

/* A thread that may have used libcrypto ends: what it keeps for that thread goes. */
void digest_leave_thread(void);

/* n random bytes from the kernel. */
void digest_random(void *to, size_t n);

#endif
