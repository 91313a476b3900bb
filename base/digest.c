#include "base/digest.h"

#include "base/mem.h"

/* SHA-1 block by block exists only in the old interface. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static void
to_hex(const uint8_t raw[32], char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 32; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[64] = '\0';
}

struct digest *
digest_new(void)
{
	struct digest *d = xcalloc(1, sizeof(*d));

	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || !EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL))
		mem_abort("libcrypto has no SHA-256");
	return d;
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	EVP_DigestUpdate(d->ctx, p, n);
}

void
digest_end(struct digest *d, char hex[DIGEST_HEX])
{
	uint8_t raw[EVP_MAX_MD_SIZE];

	EVP_DigestFinal_ex(d->ctx, raw, NULL);
	EVP_MD_CTX_free(d->ctx);
	free(d);
	to_hex(raw, hex);
}

void
digest_raw(const void *p, size_t n, uint8_t raw[32])
{
	if (!EVP_Digest(p, n, raw, NULL, EVP_sha256(), NULL))
		mem_abort("libcrypto has no SHA-256");
}

void
digest_hex(const void *p, size_t n, char hex[DIGEST_HEX])
{
	uint8_t raw[32];

	digest_raw(p, n, raw);
	to_hex(raw, hex);
}

void
digest_hmac_sha1(const void *key, size_t nkey, const void *p, size_t n, uint8_t raw[20])
{
	unsigned len = 20;

	if (!HMAC(EVP_sha1(), key, (int)nkey, p, n, raw, &len))
		mem_abort("libcrypto has no HMAC-SHA1");
}

static void
save_state(const SHA_CTX *c, uint32_t to[5])
{
	const SHA_LONG h[5] = { c->h0, c->h1, c->h2, c->h3, c->h4 };

	memcpy(to, h, sizeof(h));
}

/* As after one block of 64 bytes. */
static void
load_state(SHA_CTX *c, const uint32_t from[5])
{
	SHA1_Init(c);
	c->h0 = from[0];
	c->h1 = from[1];
	c->h2 = from[2];
	c->h3 = from[3];
	c->h4 = from[4];
	c->Nl = 512;
}

void
digest_hmac_key(struct digest_hmac *h, const uint8_t *key, size_t nkey)
{
	uint8_t pad[2][64] = { { 0 } };
	SHA_CTX c;

	for (size_t i = 0; i < 64; i++) {
		uint8_t k = i < nkey ? key[i] : 0;

		pad[0][i] = k ^ 0x36;
		pad[1][i] = k ^ 0x5c;
	}
	for (int i = 0; i < 2; i++) {
		SHA1_Init(&c);
		SHA1_Transform(&c, pad[i]);
		save_state(&c, i ? h->outer : h->inner);
	}
}

void
digest_hmac_end(const struct digest_hmac *h, const void *p, size_t n, uint8_t raw[20])
{
	uint8_t inner[20];
	SHA_CTX c;

	load_state(&c, h->inner);
	SHA1_Update(&c, p, n);
	SHA1_Final(inner, &c);
	load_state(&c, h->outer);
	SHA1_Update(&c, inner, sizeof(inner));
	SHA1_Final(raw, &c);
}

char *
digest_base64(const void *p, size_t n)
{
	char *text = xcalloc(n / 3 * 4 + 5, 1);

	EVP_EncodeBlock((unsigned char *)text, p, (int)n);
	return text;
}

static int
sextet(char c)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(set, c) : NULL;

	return at ? (int)(at - set) : -1;
}

uint8_t *
digest_unbase64(const char *s, size_t n, size_t *ret_len)
{
	if (n % 4)
		return NULL;
	size_t pad = n && s[n - 1] == '=' ? 1 : 0;
	if (pad && s[n - 2] == '=')
		pad = 2;
	autofree uint8_t *out = xcalloc(n / 4 * 3 + 1, 1);
	size_t len = 0;
	for (size_t i = 0; i < n; i += 4) {
		uint32_t v = 0;

		for (size_t j = 0; j < 4; j++) {
			bool padding = i + j >= n - pad;
			int six = padding ? 0 : sextet(s[i + j]);

			if (six < 0)
				return NULL;
			v = v << 6 | (uint32_t)six;
		}
		for (int shift = 16; shift >= 0; shift -= 8)
			out[len++] = (uint8_t)(v >> shift);
	}
	*ret_len = len - pad;
	return take(out);
}

void
digest_random(void *to, size_t n)
{
	uint8_t *p = to;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0)
			mem_abort("the kernel gives no random bytes");
		p += got;
		n -= (size_t)got;
	}
}

void
digest_leave_thread(void)
{
	OPENSSL_thread_stop();
}
