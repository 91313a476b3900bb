#include "remote/suite.h"

#include "base/buf.h"
#include "base/str.h"

#include <string.h>

#define ELLIPTIC "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
#define SIGNING  "ssh-ed25519," ELLIPTIC ",rsa-sha2-512,rsa-sha2-256"
#define TOKENS   "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com"
#define CERTIFIED                                                                                  \
	"ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,"               \
	"ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,"       \
	"rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"                     \
	"sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com"

/* more: what is good enough when a user wants it, and no better than what stands in usual. */
static const struct {
	const char *usual, *more;
} suites[SUITE_COUNT] = {
	[SUITE_KEX] = { "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
			"ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256,"
			"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512",
	    "diffie-hellman-group-exchange-sha256" },
	[SUITE_CIPHERS] = { "aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
			    "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
	    "aes192-ctr" },
	[SUITE_MACS] = { "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
			 "hmac-sha2-256,hmac-sha2-512",
	    "" },
	[SUITE_HOST_KEYS] = { SIGNING, "" },
	[SUITE_USER_KEYS] = { SIGNING "," TOKENS "," CERTIFIED, "" },
};

/* The length of the first name of a list; what follows its comma is the rest. */
static size_t
name_length(const char *list)
{
	return strcspn(list, ",");
}

static const char *
rest_of(const char *list)
{
	size_t n = name_length(list);

	return list + n + (list[n] == ',');
}

static const char *
find_name(const char *list, const char *name, size_t n)
{
	for (; *list; list = rest_of(list)) {
		if (name_length(list) == n && strncmp(list, name, n) == 0)
			return list;
	}
	return NULL;
}

static void
add_name(struct buf *to, size_t from, const char *name, size_t n)
{
	if (to->len > from)
		buf_addc(to, ',');
	buf_add(to, name, n);
}

const char *
suite_usual(enum suite_kind kind)
{
	return suites[kind].usual;
}

static bool
is_allowed(enum suite_kind kind, const char *name, size_t n)
{
	return find_name(suites[kind].usual, name, n) || find_name(suites[kind].more, name, n);
}

void
suite_pick(enum suite_kind kind, const char *wanted, struct buf *to)
{
	size_t from = to->len;

	for (; *wanted; wanted = rest_of(wanted)) {
		size_t n = name_length(wanted);

		if (is_allowed(kind, wanted, n))
			add_name(to, from, wanted, n);
	}
}

void
suite_weak(enum suite_kind kind, const char *wanted, const char *ssh_usual, struct buf *to)
{
	size_t from = to->len;

	for (; *wanted; wanted = rest_of(wanted)) {
		size_t n = name_length(wanted);

		if (!is_allowed(kind, wanted, n) && !find_name(ssh_usual, wanted, n))
			add_name(to, from, wanted, n);
	}
}

bool
suite_is_part(const char *part, const char *whole)
{
	for (; *part; part = rest_of(part)) {
		const char *at = find_name(whole, part, name_length(part));

		if (!at)
			return false;
		whole = rest_of(at);
	}
	return true;
}

bool
suite_meets(const char *a, const char *b)
{
	for (; *a; a = rest_of(a)) {
		if (find_name(b, a, name_length(a)))
			return true;
	}
	return false;
}

void
suite_sealed(const char *ciphers, struct buf *to)
{
	static const char sealed[] =
	    "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com";
	size_t from = to->len;

	for (; *ciphers; ciphers = rest_of(ciphers)) {
		if (find_name(sealed, ciphers, name_length(ciphers)))
			add_name(to, from, ciphers, name_length(ciphers));
	}
}

void
suite_prefer(const char *list, const char *first, struct buf *to)
{
	size_t from = to->len;

	for (const char *p = first; *p; p = rest_of(p)) {
		if (find_name(list, p, name_length(p)))
			add_name(to, from, p, name_length(p));
	}
	for (; *list; list = rest_of(list)) {
		if (!find_name(first, list, name_length(list)))
			add_name(to, from, list, name_length(list));
	}
}
