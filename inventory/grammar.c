#include "inventory/grammar.h"

#include "base/digest.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static bool
host_char(unsigned char c)
{
	return (unsigned)((c | 0x20) - 'a') < 26 || (c >= '0' && c <= '9') || c == '.' ||
	       c == '_' || c == ':' || c == '-';
}

/* Not strspn(): it builds its table anew for each of a hundred thousand names. */
const char *
grammar_host(const char *s)
{
	size_t n = 0;

	while (host_char((unsigned char)s[n]))
		n++;
	if (s[n] || n < 1 || n > 253 || *s == '-')
		return "a host name of letters, digits and . _ : - (at most 253, not - first)";
	return NULL;
}

const char *
grammar_address(const char *s)
{
	const char *zone = strchr(s, '%');

	if (!zone)
		return grammar_host(s) ? "a host name or an IP address" : NULL;
	if (zone == s || !zone[1] || !memchr(s, ':', (size_t)(zone - s)) ||
	    strspn(s, DIGITS "abcdefABCDEF:.") != (size_t)(zone - s) ||
	    strspn(zone + 1, LETTERS DIGITS "._-") != strlen(zone + 1))
		return "a host name or an IP address";
	return NULL;
}

const char *
grammar_user(const char *s)
{
	size_t n = strlen(s);

	if (n < 1 || n > 64 || strchr(".-+@\\", *s) || strspn(s, LETTERS DIGITS "._-+@\\") != n)
		return "a user name of letters, digits and . _ - + @ \\ (at most 64)";
	return NULL;
}

const char *
grammar_group(const char *s)
{
	size_t n = strlen(s);

	if (n < 1 || n > 64 || strchr(".-", *s) || strspn(s, LETTERS DIGITS "._-") != n)
		return "a name of letters, digits and . _ - (at most 64)";
	return NULL;
}

const char *
grammar_jump(const char *s)
{
	if (!*s || *s == '-' || strspn(s, LETTERS DIGITS "._:@,[]%-") != strlen(s))
		return "[user@]host[:port], joined by commas";
	return NULL;
}

const char *
grammar_path(const char *s)
{
	return *s && !strchr(s, '\n') ? NULL : "a path";
}

const char *
grammar_command(const char *s)
{
	return *s && strlen(s) <= 4096 && !strchr(s, '\n') ? NULL : "a command in one line";
}

const char *
grammar_host_key(const char *s)
{
	static const char wanted[] = "a host key (\"ssh-ed25519 AAAA...\", a line of a .pub file)";
	size_t type = strspn(s, LETTERS DIGITS "-@."), blob, len;

	if (!type || s[type] != ' ')
		return wanted;
	const char *b64 = s + type + 1;
	blob = strcspn(b64, " ");
	autofree uint8_t *raw = digest_unbase64(b64, blob, &len);
	/* The blob begins with its own type: a cut or mixed-up key is caught here. */
	if (!raw || len < 4 + type || raw[0] || raw[1] || raw[2] || raw[3] != type ||
	    memcmp(raw + 4, s, type) != 0)
		return wanted;
	return NULL;
}
