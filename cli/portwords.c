#include "cli/portwords.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

#define PARTS 4

struct part {
	const char *at;
	size_t len;
};

/* Cut at colons that do not stand in brackets; how many there are, 0: too many, or a bracket is open. */
static int
cut(const char *word, struct part *parts)
{
	int n = 0;

	for (const char *p = word;;) {
		struct part *part = &parts[n++];
		bool bracket = *p == '[';

		p += bracket;
		part->at = p;
		part->len = strcspn(p, bracket ? "]" : ":");
		p += part->len;
		if (bracket && *p++ != ']')
			return 0;
		if (*p == '\0')
			return n;
		if (*p++ != ':' || n == PARTS)
			return 0;
	}
}

/* 0 to 65535, or -1. */
static int
port_of(const struct part *part)
{
	int n = 0;

	for (size_t i = 0; i < part->len; i++) {
		if (part->at[i] < '0' || part->at[i] > '9' || i == 5)
			return -1;
		n = n * 10 + (part->at[i] - '0');
	}
	return part->len && n <= 65535 ? n : -1;
}

static bool
keep(const struct part *part, char *to, size_t size)
{
	if (part->len >= size)
		return false;
	memcpy(to, part->at, part->len);
	to[part->len] = '\0';
	return true;
}

/* As ssh(1): empty and * are all addresses, localhost is what stands there without any. */
static bool
keep_address(const struct part *part, struct portwords *to)
{
	if (!keep(part, to->address, sizeof(to->address)))
		return false;
	if (str_eq(to->address, "localhost"))
		to->address[0] = '\0';
	else if (!to->address[0])
		str_copy(to->address, sizeof(to->address), "*");
	return true;
}

int
portwords_parse(const char *word, enum portwords_kind kind, struct portwords *ret, struct err *err)
{
	bool proxy = kind == PORTWORDS_PROXY;
	struct part parts[PARTS];
	struct portwords got = { .port = 0 };
	int n = cut(word, parts), own = proxy ? 1 : 3, first = n - own;
	const char *form = proxy ? "[ADDRESS:]PORT" : "[ADDRESS:]PORT:HOST:PORT";

	if (strchr(word, '/'))
		return err_set(err, OUTCOME_USAGE,
		    "'%.200s': sockets of the file system are not forwarded, only ports: %s", word,
		    form);
	if (first < 0 || first > 1 || (first && !keep_address(&parts[0], &got)))
		return err_set(err, OUTCOME_USAGE, "'%.200s' is not %s", word, form);
	got.port = port_of(&parts[first]);
	if (!proxy) {
		got.to = port_of(&parts[first + 2]);
		if (!parts[first + 1].len || !keep(&parts[first + 1], got.host, sizeof(got.host)))
			return err_set(err, OUTCOME_USAGE, "'%.200s' names no host", word);
	}
	if (got.port < (kind == PORTWORDS_BACK ? 0 : 1) || (!proxy && got.to < 1))
		return err_set(err, OUTCOME_USAGE, "'%.200s': a port is a number from 1 to 65535%s",
		    word,
		    kind == PORTWORDS_BACK ? "; of the host also 0, for one of its choice" : "");
	*ret = got;
	return 0;
}
