#include "tests/lib/rogue.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BANNER "SSH-2.0-rogue"
#define BLOCK  16
#define MAC    32

struct rogue {
	pid_t pid;
	int port;
};

struct rogue_conn {
	int fd;
	bool sealed;
	int reached;
	uint32_t sent, channel;
	EVP_CIPHER_CTX *in, *out;
	uint8_t mac_key[MAC];
	char client[256];
	uint8_t offered[4096], offer[1024]; /* KEXINIT payloads: theirs, ours */
	size_t offered_len, offer_len;
};

static EVP_PKEY *
host_key(void)
{
	uint8_t seed[32];

	memset(seed, 7, sizeof(seed));
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
}

void
rogue_begin(struct rogue_payload *p, uint8_t type)
{
	p->len = 0;
	rogue_byte(p, type);
}

void
rogue_byte(struct rogue_payload *p, uint8_t n)
{
	p->bytes[p->len++] = n;
}

void
rogue_number(struct rogue_payload *p, uint32_t n)
{
	uint32_t net = htonl(n);

	memcpy(p->bytes + p->len, &net, 4);
	p->len += 4;
}

void
rogue_text(struct rogue_payload *p, const void *s, size_t n)
{
	rogue_number(p, (uint32_t)n);
	memcpy(p->bytes + p->len, s, n);
	p->len += n;
}

void
rogue_send(struct rogue_conn *c, const struct rogue_payload *p)
{
	rogue_packet(c, p->bytes, p->len);
}

static void
key_blob(struct rogue_payload *p)
{
	uint8_t public[32];
	size_t n = sizeof(public);
	EVP_PKEY *key = host_key();

	EVP_PKEY_get_raw_public_key(key, public, &n);
	EVP_PKEY_free(key);
	p->len = 0;
	rogue_text(p, "ssh-ed25519", 11);
	rogue_text(p, public, n);
}

const char *
rogue_host_key(void)
{
	static char line[128];
	struct rogue_payload blob;
	uint8_t text[96];

	key_blob(&blob);
	EVP_EncodeBlock(text, blob.bytes, (int)blob.len);
	snprintf(line, sizeof(line), "ssh-ed25519 %s", (const char *)text);
	return line;
}

void
rogue_raw(struct rogue_conn *c, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t got = send(c->fd, at, n, MSG_NOSIGNAL);

		if (got <= 0)
			_exit(0); /* the client left: so does this connection's process */
		at += got;
		n -= (size_t)got;
	}
}

void
rogue_packet(struct rogue_conn *c, const void *payload, size_t n)
{
	uint8_t plain[71000] = { 0 }, wire[71000];
	size_t pad = BLOCK - (5 + n) % BLOCK, size;
	uint32_t net;
	unsigned mac_len = MAC;
	int len = 0;

	pad += pad < 4 ? BLOCK : 0;
	size = 5 + n + pad;
	net = htonl((uint32_t)(size - 4));
	/* The number of the packet goes before it where the MAC is made. */
	memcpy(plain + 4, &net, 4);
	plain[8] = (uint8_t)pad;
	memcpy(plain + 9, payload, n);
	net = htonl(c->sent++);
	memcpy(plain, &net, 4);
	if (!c->sealed) {
		rogue_raw(c, plain + 4, size);
		return;
	}
	EVP_EncryptUpdate(c->out, wire, &len, plain + 4, (int)size);
	HMAC(EVP_sha256(), c->mac_key, MAC, plain, size + 4, wire + size, &mac_len);
	rogue_raw(c, wire, size + MAC);
}

static void
read_all(struct rogue_conn *c, uint8_t *to, size_t n)
{
	while (n > 0) {
		ssize_t got = recv(c->fd, to, n, 0);

		if (got <= 0)
			_exit(0);
		to += got;
		n -= (size_t)got;
	}
}

static void
open_block(struct rogue_conn *c, uint8_t *p, size_t n)
{
	int len = 0;

	if (c->sealed && n)
		EVP_DecryptUpdate(c->in, p, &len, p, (int)n);
}

size_t
rogue_receive(struct rogue_conn *c, uint8_t *payload, size_t max)
{
	uint8_t packet[70000], mac[MAC];
	uint32_t net, size;

	read_all(c, packet, BLOCK);
	open_block(c, packet, BLOCK);
	memcpy(&net, packet, 4);
	size = ntohl(net) + 4;
	if (size > sizeof(packet) || size < BLOCK)
		_exit(1);
	read_all(c, packet + BLOCK, size - BLOCK);
	open_block(c, packet + BLOCK, size - BLOCK);
	if (c->sealed)
		read_all(c, mac, sizeof(mac));
	size_t n = size - 5 - packet[4];
	if (n > max)
		n = max;
	memcpy(payload, packet + 5, n);
	return n;
}

/* The next packet that is of that type. */
static size_t
await(struct rogue_conn *c, uint8_t type, uint8_t *payload, size_t max)
{
	size_t n;

	do
		n = rogue_receive(c, payload, max);
	while (payload[0] != type);
	return n;
}

static void
reach_banner(struct rogue_conn *c)
{
	size_t n = 0;

	rogue_raw(c, BANNER "\r\n", strlen(BANNER) + 2);
	while (n < sizeof(c->client) - 1) {
		read_all(c, (uint8_t *)c->client + n, 1);
		if (c->client[n] == '\n')
			break;
		n++;
	}
	c->client[n] = '\0';
	c->client[strcspn(c->client, "\r\n")] = '\0';
}

static void
reach_kexinit(struct rogue_conn *c)
{
	static const char *const lists[] = { "curve25519-sha256", "ssh-ed25519", "aes128-ctr",
		"aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "" };
	struct rogue_payload p;

	rogue_begin(&p, 20);
	RAND_bytes(p.bytes + p.len, 16);
	p.len += 16;
	for (size_t i = 0; i < countof(lists); i++)
		rogue_text(&p, lists[i], strlen(lists[i]));
	rogue_byte(&p, 0);
	rogue_number(&p, 0);
	memcpy(c->offer, p.bytes, p.len);
	c->offer_len = p.len;
	rogue_send(c, &p);
	c->offered_len = await(c, 20, c->offered, sizeof(c->offered));
}

/* A number as the protocol writes it: no sign, no leading zeros. */
static void
add_mpint(struct rogue_payload *p, const uint8_t *n, size_t len)
{
	while (len > 0 && *n == 0) {
		n++;
		len--;
	}
	rogue_number(p, (uint32_t)(len + (len && *n & 0x80)));
	if (len && *n & 0x80)
		rogue_byte(p, 0);
	memcpy(p->bytes + p->len, n, len);
	p->len += len;
}

static void
derive(const struct rogue_payload *secret, const uint8_t hash[32], char letter, uint8_t to[32])
{
	struct rogue_payload p = *secret;

	memcpy(p.bytes + p.len, hash, 32);
	p.len += 32;
	rogue_byte(&p, (uint8_t)letter);
	memcpy(p.bytes + p.len, hash, 32);
	p.len += 32;
	EVP_Digest(p.bytes, p.len, to, NULL, EVP_sha256(), NULL);
}

static EVP_CIPHER_CTX *
cipher(const struct rogue_payload *secret, const uint8_t hash[32], char iv, char key, bool out)
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	uint8_t ivs[32], keys[32];

	derive(secret, hash, iv, ivs);
	derive(secret, hash, key, keys);
	EVP_CipherInit_ex(x, EVP_aes_128_ctr(), NULL, keys, ivs, out);
	return x;
}

/* Our half of the exchange, and what both know then. */
static void
agree(const uint8_t theirs[32], uint8_t ours[32], uint8_t shared[32])
{
	size_t n = 32;
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, theirs, 32);
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(mine, NULL);

	EVP_PKEY_get_raw_public_key(mine, ours, &n);
	EVP_PKEY_derive_init(x);
	EVP_PKEY_derive_set_peer(x, peer);
	EVP_PKEY_derive(x, shared, &n);
	EVP_PKEY_CTX_free(x);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(peer);
}

static void
sign(const uint8_t hash[32], uint8_t signature[64])
{
	size_t n = 64;
	EVP_PKEY *key = host_key();
	EVP_MD_CTX *x = EVP_MD_CTX_new();

	EVP_DigestSignInit(x, NULL, NULL, NULL, key);
	EVP_DigestSign(x, signature, &n, hash, 32);
	EVP_MD_CTX_free(x);
	EVP_PKEY_free(key);
}

static void
reach_keys(struct rogue_conn *c, bool wrongly)
{
	uint8_t init[256], ours[32], shared[32], hash[32], signature[64];
	struct rogue_payload blob, secret = { .len = 0 }, h = { .len = 0 }, s = { .len = 0 }, p;

	await(c, 30, init, sizeof(init));
	agree(init + 5, ours, shared);
	add_mpint(&secret, shared, sizeof(shared));
	key_blob(&blob);
	rogue_text(&h, c->client, strlen(c->client));
	rogue_text(&h, BANNER, strlen(BANNER));
	rogue_text(&h, c->offered, c->offered_len);
	rogue_text(&h, c->offer, c->offer_len);
	rogue_text(&h, blob.bytes, blob.len);
	rogue_text(&h, init + 5, 32);
	rogue_text(&h, ours, sizeof(ours));
	memcpy(h.bytes + h.len, secret.bytes, secret.len);
	EVP_Digest(h.bytes, h.len + secret.len, hash, NULL, EVP_sha256(), NULL);
	sign(hash, signature);
	signature[5] ^= wrongly;
	rogue_text(&s, "ssh-ed25519", 11);
	rogue_text(&s, signature, sizeof(signature));
	rogue_begin(&p, 31);
	rogue_text(&p, blob.bytes, blob.len);
	rogue_text(&p, ours, sizeof(ours));
	rogue_text(&p, s.bytes, s.len);
	rogue_send(c, &p);
	rogue_packet(c, "\x15", 1);
	await(c, 21, init, sizeof(init));
	c->in = cipher(&secret, hash, 'A', 'C', false);
	c->out = cipher(&secret, hash, 'B', 'D', true);
	derive(&secret, hash, 'F', c->mac_key);
	c->sealed = true;
}

void
rogue_keys_signed_wrongly(struct rogue_conn *c)
{
	rogue_reach(c, ROGUE_KEXINIT);
	reach_keys(c, true);
}

static void
reach_login(struct rogue_conn *c)
{
	uint8_t got[4096];
	struct rogue_payload p;

	await(c, 5, got, sizeof(got));
	rogue_begin(&p, 6);
	rogue_text(&p, "ssh-userauth", 12);
	rogue_send(c, &p);
	await(c, 50, got, sizeof(got));
	rogue_packet(c, "\x34", 1);
}

static void
reach_channel(struct rogue_conn *c)
{
	uint8_t got[4096];
	uint32_t net;
	struct rogue_payload p;

	await(c, 90, got, sizeof(got));
	memcpy(&net, got + 1 + 4 + 7, 4); /* behind the type and "session" */
	c->channel = ntohl(net);
	rogue_begin(&p, 91);
	rogue_number(&p, c->channel);
	rogue_number(&p, 7);
	rogue_number(&p, 1 << 20);
	rogue_number(&p, 32768);
	rogue_send(c, &p);
}

static void
reach_command(struct rogue_conn *c)
{
	uint8_t got[65536];
	struct rogue_payload p;

	await(c, 98, got, sizeof(got));
	rogue_begin(&p, 99);
	rogue_number(&p, c->channel);
	rogue_send(c, &p);
}

void
rogue_reach(struct rogue_conn *c, enum rogue_stage stage)
{
	while (c->reached <= (int)stage) {
		switch ((enum rogue_stage)c->reached++) {
		case ROGUE_BANNER:
			reach_banner(c);
			break;
		case ROGUE_KEXINIT:
			reach_kexinit(c);
			break;
		case ROGUE_KEYS:
			reach_keys(c, false);
			break;
		case ROGUE_LOGIN:
			reach_login(c);
			break;
		case ROGUE_CHANNEL:
			reach_channel(c);
			break;
		case ROGUE_COMMAND:
			reach_command(c);
			break;
		}
	}
}

uint32_t
rogue_channel(const struct rogue_conn *c)
{
	return c->channel;
}

void
rogue_await(struct rogue_conn *c, uint8_t type)
{
	uint8_t payload[4096];

	await(c, type, payload, sizeof(payload));
}

void
rogue_mute(struct rogue_conn *c)
{
	uint8_t byte;

	for (;;)
		read_all(c, &byte, 1);
}

void
rogue_part(struct rogue_conn *c)
{
	shutdown(c->fd, SHUT_WR);
	rogue_mute(c);
}

void
rogue_pause(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* Each connection has a process, so that its end is everything's end. */
static void
serve_all(int listener, void (*serve)(struct rogue_conn *c))
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		struct rogue_conn c = { .fd = accept(listener, NULL, NULL) };

		if (c.fd < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(&c);
			_exit(0);
		}
		close(c.fd);
	}
}

struct rogue *
rogue_start(void (*serve)(struct rogue_conn *c))
{
	struct rogue *r = xcalloc(1, sizeof(*r));
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		mem_abort("no port for a server");
	r->port = ntohs(at.sin_port);
	r->pid = fork();
	if (r->pid < 0)
		mem_abort("no process for a server");
	if (r->pid == 0)
		serve_all(fd, serve);
	return r;
}

void
rogue_stop(struct rogue *r)
{
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	free(r);
}

int
rogue_port(const struct rogue *r)
{
	return r->port;
}
