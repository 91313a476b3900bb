#include "remote/keycert.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define FILE_MAX ((size_t)64 << 10)
#define BLOB_MAX ((size_t)10 << 10) /* what a worker's message holds, with base64 on top */
#define USER     1                  /* of PROTOCOL.certkeys; 2 is a host's */

/* How many strings of a certificate make its public key; PROTOCOL.certkeys. */
static const struct {
	const char *type, *plain;
	int parts;
} types[] = {
	{ "ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 1 },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", 2 },
	{ "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", 2 },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", 2 },
	{ "ssh-rsa-cert-v01@openssh.com", "ssh-rsa", 2 },
	{ "sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", 2 },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", 3 },
};

struct cursor {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static uint64_t
take_number(struct cursor *c, size_t size)
{
	uint64_t v = 0;

	if (c->left < size) {
		c->bad = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		v = v << 8 | c->p[i];
	c->p += size;
	c->left -= size;
	return v;
}

static const uint8_t *
take_string(struct cursor *c, size_t *ret_len)
{
	size_t n = (size_t)take_number(c, 4);
	const uint8_t *at = c->p;

	if (c->bad || n > c->left) {
		c->bad = true;
		*ret_len = 0;
		return at;
	}
	c->p += n;
	c->left -= n;
	*ret_len = n;
	return at;
}

static void
set_plain(struct keycert *c, const char *type, const uint8_t *parts, size_t len)
{
	size_t n = strlen(type);
	const uint8_t head[4] = { 0, 0, 0, (uint8_t)n };

	c->plain_len = sizeof(head) + n + len;
	c->plain = xcalloc(c->plain_len, 1);
	memcpy(c->plain, head, sizeof(head));
	memcpy(c->plain + sizeof(head), type, n);
	memcpy(c->plain + sizeof(head) + n, parts, len);
}

bool
keycert_parse(struct keycert *c, const uint8_t *blob, size_t len)
{
	struct cursor at = { .p = blob, .left = len };
	size_t n, t = 0, skipped;
	const char *type = (const char *)take_string(&at, &n);

	*c = (struct keycert){ .blob = NULL };
	while (t < countof(types) &&
	       !(strlen(types[t].type) == n && memcmp(types[t].type, type, n) == 0))
		t++;
	if (at.bad || t == countof(types) || len > BLOB_MAX)
		return false;
	take_string(&at, &skipped); /* the nonce */
	const uint8_t *parts = at.p;
	for (int i = 0; i < types[t].parts; i++)
		take_string(&at, &skipped);
	size_t parts_len = (size_t)(at.p - parts);
	take_number(&at, 8); /* the serial */
	uint64_t kind = take_number(&at, 4);
	take_string(&at, &skipped); /* the key's identity */
	take_string(&at, &skipped); /* principals */
	c->from = take_number(&at, 8);
	c->until = take_number(&at, 8);
	if (at.bad || kind != USER)
		return false;
	str_copy(c->type, sizeof(c->type), types[t].type);
	set_plain(c, types[t].plain, parts, parts_len);
	c->blob = (uint8_t *)xmemdup0(blob, len);
	c->blob_len = len;
	return true;
}

void
keycert_read(const char *path, struct keycert *ret)
{
	size_t len = 0;
	struct err err = { .kind = OUTCOME_OK };

	*ret = (struct keycert){ .blob = NULL };
	if (!file_exists(path))
		return;
	autofree char *text = file_read(path, FILE_MAX, NULL, &err);
	if (!text) {
		ret->err = err;
		return;
	}
	size_t n = strcspn(text, " \t\n");
	const char *key = text + n + strspn(text + n, " \t");
	size_t key_len = strcspn(key, " \t\r\n");
	autofree uint8_t *blob = digest_unbase64(key, key_len, &len);
	if (!blob || !keycert_parse(ret, blob, len)) {
		err_set(&ret->err, OUTCOME_INPUT, "%s: not the certificate of a user", path);
		return;
	}
	ret->text = xasprintf("%s %.*s", ret->type, (int)key_len, key);
}

void
keycert_fini(struct keycert *c)
{
	free(c->blob);
	free(c->plain);
	free(c->text);
	*c = (struct keycert){ .blob = NULL };
}

const char *
keycert_fault(const struct keycert *c, int64_t now_s)
{
	if ((uint64_t)now_s < c->from)
		return "the certificate is not valid yet";
	return (uint64_t)now_s >= c->until ? "the certificate has expired" : NULL;
}
