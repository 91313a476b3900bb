#include "remote/keyfile.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <libssh/libssh.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)64 << 10)

static const char armour[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char armour_end[] = "-----END OPENSSH PRIVATE KEY-----";

void
keyfile_wipe(char *secret, size_t len)
{
	if (secret)
		explicit_bzero(secret, len);
	free(secret);
}

void
keyfile_fini(struct keyfile *k)
{
	free(k->blob);
	keyfile_wipe(k->private_text, k->private_len);
	keyfile_wipe(k->secret, k->secret ? strlen(k->secret) : 0);
	*k = (struct keyfile){ .state = KEYFILE_MISSING };
}

static uint32_t
number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The string at offset *at of p[0..len). */
static bool
take_string(const uint8_t *p, size_t len, size_t *at, const uint8_t **ret, size_t *ret_len)
{
	if (*at > len || len - *at < 4 || number(p + *at) > len - *at - 4)
		return false;
	*ret_len = number(p + *at);
	*ret = p + *at + 4;
	*at += 4 + *ret_len;
	return true;
}

static bool
set_blob(struct keyfile *k, const uint8_t *blob, size_t len)
{
	size_t at = 0, n = 0;
	const uint8_t *type = NULL;

	if (!take_string(blob, len, &at, &type, &n) || n == 0 || n >= sizeof(k->type))
		return false;
	memcpy(k->type, type, n);
	k->type[n] = '\0';
	free(k->blob);
	k->blob = (uint8_t *)xmemdup0(blob, len);
	k->blob_len = len;
	return true;
}

/* "ssh-ed25519 AAAA... comment" */
static bool
read_public(struct keyfile *k, const char *text)
{
	const char *key = text + strcspn(text, " \t\n");
	size_t len = 0;

	key += strspn(key, " \t");
	autofree uint8_t *blob = digest_unbase64(key, strcspn(key, " \t\r\n"), &len);
	return blob && len && set_blob(k, blob, len) && str_starts(text, k->type);
}

/* The part of OpenSSH's own format that is never encrypted: cipher, KDF, public key. */
static bool
read_envelope(struct keyfile *k, const char *text, bool *ret_encrypted)
{
	static const char magic[] = "openssh-key-v1";
	const char *from = strstr(text, armour), *to = strstr(text, armour_end);
	size_t n = 0, len = 0, at = sizeof(magic), part;
	const uint8_t *cipher, *skipped, *blob;

	if (!from || !to || to < from)
		return false;
	autofree char *packed = xcalloc((size_t)(to - from) + 1, 1);
	for (from += strlen(armour); from < to; from++) {
		if (!strchr(" \t\r\n", *from))
			packed[n++] = *from;
	}
	uint8_t *raw = digest_unbase64(packed, n, &len);
	bool good = raw && len > sizeof(magic) && memcmp(raw, magic, sizeof(magic)) == 0 &&
		    take_string(raw, len, &at, &cipher, &n);
	if (good)
		*ret_encrypted = !(n == 4 && memcmp(cipher, "none", 4) == 0);
	good = good && take_string(raw, len, &at, &skipped, &part) &&
	       take_string(raw, len, &at, &skipped, &part) && len - at > 4;
	at += 4; /* the number of keys */
	good = good && take_string(raw, len, &at, &blob, &part) && set_blob(k, blob, part);
	explicit_bzero(packed, strlen(packed));
	keyfile_wipe((char *)raw, raw ? len : 0);
	return good;
}

/* What ssh-keygen wrote beside it. */
static bool
read_sibling(struct keyfile *k, const char *path)
{
	autofree char *name = xasprintf("%s.pub", path);
	struct err err;
	autofree char *text = file_read(name, FILE_MAX, NULL, &err);

	return text && read_public(k, text);
}

/* As ssh does: a key others may read is as good as theirs. */
static bool
is_private(struct keyfile *k, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_uid == getuid() && (st.st_mode & 077)) {
		k->state = KEYFILE_BAD;
		err_set(&k->err, OUTCOME_REFUSED,
		    "%s: others may read this private key (mode %04o, wanted 0600)", path,
		    (unsigned)st.st_mode & 07777);
		return false;
	}
	return true;
}

static void
bad(struct keyfile *k, const char *path, const char *why)
{
	k->state = KEYFILE_BAD;
	err_set(&k->err, OUTCOME_INPUT, "%s: %s", path, why);
}

static bool
blob_from_key(struct keyfile *k, ssh_key key)
{
	char *text = NULL;
	size_t len = 0;

	if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
		return false;
	autofree uint8_t *blob = digest_unbase64(text, strlen(text), &len);
	ssh_string_free_char(text);
	return blob && set_blob(k, blob, len);
}

/* What needs no passphrase goes on as it is; the rest is written anew without one. libssh 0.10 cannot
 * write an RSA key that it read from OpenSSH's own format: that one keeps its passphrase by it. */
static void
text_from_key(struct keyfile *k, ssh_key key, const char *plain, const char *secret)
{
	char *text = NULL;

	if (secret && ssh_pki_export_privkey_base64(key, NULL, NULL, NULL, &text) == SSH_OK) {
		k->private_len = strlen(text);
		k->private_text = xmemdup0(text, k->private_len);
		explicit_bzero(text, k->private_len);
		ssh_string_free_char(text);
		return;
	}
	k->private_len = strlen(plain);
	k->private_text = xmemdup0(plain, k->private_len);
	k->secret = secret ? xstrdup(secret) : NULL;
}

static void
read_private(struct keyfile *k, const char *path, const char *text, const char *secret)
{
	bool encrypted = strstr(text, "ENCRYPTED") != NULL;
	bool envelope = read_envelope(k, text, &encrypted);
	ssh_key key = NULL;

	if (!envelope && encrypted)
		read_sibling(k, path);
	if (str_starts(k->type, "sk-")) {
		k->state = KEYFILE_PUBLIC;
		return;
	}
	if (encrypted && !secret) {
		k->state = KEYFILE_LOCKED;
		return;
	}
	int rc = ssh_pki_import_privkey_base64(text, encrypted ? secret : NULL, NULL, NULL, &key);
	if (rc != SSH_OK && encrypted) {
		k->state = KEYFILE_LOCKED;
	} else if (rc != SSH_OK) {
		bad(k, path, "not a private key that can be read");
	} else if (!blob_from_key(k, key)) {
		bad(k, path, "a private key of a kind that is not supported");
	} else {
		text_from_key(k, key, text, encrypted ? secret : NULL);
		k->state = KEYFILE_READY;
	}
	ssh_key_free(key);
}

void
keyfile_read(const char *path, const char *secret, struct keyfile *ret)
{
	size_t len = 0;
	struct stat st;

	*ret = (struct keyfile){ .state = KEYFILE_MISSING };
	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		if (read_sibling(ret, path))
			ret->state = KEYFILE_PUBLIC;
		return;
	}
	char *text = file_read(path, FILE_MAX, &len, &ret->err);
	if (!text) {
		ret->state = KEYFILE_BAD;
		return;
	}
	if (!strstr(text, "PRIVATE KEY") && read_public(ret, text))
		ret->state = KEYFILE_PUBLIC;
	else if (is_private(ret, path))
		read_private(ret, path, text, secret);
	keyfile_wipe(text, len);
}
