#include "playbooks/pubkey.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>
#include <string.h>

static const char *const types[] = { "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
	"sk-ecdsa-sha2-nistp256@openssh.com" };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The end of a word, in which quotes may hold blanks. NULL: a quote stays open. */
static const char *
word_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !is_blank(*p)); p++) {
		if (*p == '\\' && p[1] == '"')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	return quoted ? NULL : p;
}

static const char *
type_at(const char *p, size_t n)
{
	for (size_t i = 0; i < countof(types); i++) {
		if (strlen(types[i]) == n && memcmp(types[i], p, n) == 0)
			return types[i];
	}
	return NULL;
}

/* Where the type stands: first, or behind the options. NULL: nowhere. */
static const char *
find_type(const char *line, const char **ret_type)
{
	const char *p = str_skip_blanks(line);

	for (int i = 0; i < 2 && p; i++) {
		const char *end = word_end(p);

		if (!end)
			return NULL;
		*ret_type = type_at(p, (size_t)(end - p));
		if (*ret_type)
			return p;
		p = str_skip_blanks(end);
	}
	return NULL;
}

bool
pubkey_cut(const char *line, struct pubkey *ret)
{
	const char *type, *p = find_type(line, &type);

	if (!p)
		return false;
	p = str_skip_blanks(p + strlen(type));
	ret->blob = p;
	ret->blob_len = strcspn(p, " \t");
	ret->comment = str_skip_blanks(p + ret->blob_len);
	return ret->blob_len > 0;
}

bool
pubkey_same(const struct pubkey *a, const struct pubkey *b)
{
	return a->blob_len == b->blob_len && memcmp(a->blob, b->blob, a->blob_len) == 0;
}

/* A blob begins with its type: four bytes of length, then the text. */
static bool
blob_is(const uint8_t *p, size_t n, const char *type)
{
	size_t len = strlen(type);

	return n > 4 + len && p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] == len &&
	       memcmp(p + 4, type, len) == 0;
}

const char *
pubkey_wrong(const char *line)
{
	const char *type;
	struct pubkey k;
	size_t n;

	for (const char *p = line; *p; p++) {
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return "a key is one line without control characters";
	}
	if (strlen(line) > 16384)
		return "a key longer than 16 KiB";
	if (strstr(line, "PRIVATE KEY"))
		return "a private key, which belongs nowhere but where it was made";
	if (str_starts(str_skip_blanks(line), "ssh-dss "))
		return "sshd no longer takes keys of the type ssh-dss";
	if (!find_type(line, &type))
		return "[OPTIONS] TYPE KEY [COMMENT] is wanted here, as in a .pub file";
	if (!pubkey_cut(line, &k))
		return "the key behind its type is missing";
	autofree uint8_t *raw = digest_unbase64(k.blob, k.blob_len, &n);
	if (!raw)
		return "the key is cut short or damaged: it is not base64";
	return blob_is(raw, n, type) ? NULL : "the key is not of the type that it says";
}
